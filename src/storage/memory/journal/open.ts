import { mkdirSync } from 'node:fs';
import { RacewayError } from '../../../domain/errors.ts';
import { withPackage } from '../../../packages/optional-package.ts';
import type { Journal } from './journal.ts';

/** The embedded store. It is not installed with Raceway: only those who keep what is in memory need it. */
const packageName = 'classic-level';

/**
 * Opens the journal of a directory, which no other server may work with.
 *
 * @throws {RacewayError} with a sentence for the operator
 */
export async function openJournal(directory: string): Promise<Journal> {
  const { openLevelJournal } = await withPackage(
    'storage.memory.directory',
    packageName,
    () => import('./level-journal.ts'),
  );
  try {
    // Trace data is for its owner alone.
    mkdirSync(directory, { recursive: true, mode: 0o700 });
  } catch (cause) {
    const message = `storage.memory.directory, ${directory}, cannot be made: ${(cause as Error).message}`;
    throw new RacewayError('bad_request', message, { cause });
  }
  return openLevelJournal(directory);
}

import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { RacewayError } from '../../domain/errors.ts';
import { evidenceLevels } from '../../domain/findings/finding.ts';
import { type BaselineFile, readBaselineFile } from '../../report/baseline-file.ts';
import type { Context } from '../context.ts';
import type { OptionName, OptionValues } from '../option.ts';

/** Options of all commands that fail a build for races. */
export const gateOptions = [
  'fail-on',
  'exit-code',
  'baseline',
  'update-baseline',
  'junit',
  'sarif',
  'markdown',
] as const satisfies readonly OptionName[];

/** When a build fails, and what is written of it. */
export interface GateSettings {
  readonly failOn: string;
  readonly exitCode: number;
  /** Known races; empty without a file. */
  readonly baseline: BaselineFile;
  /** Where the baseline is written anew; null: it is not. */
  readonly newBaselineFile: string | null;
  readonly reportFiles: Readonly<Record<'junit' | 'sarif' | 'markdown', string | null>>;
}

/** Shells and other programs have uses of their own for those above. */
const exitCodeMax = 125;
const findingsExitCode = 3;

/** @throws {RacewayError} when an option does not fit, or the baseline cannot be read */
export function gateSettings(values: OptionValues, { cwd }: Context): GateSettings {
  const failOn = (values['fail-on'] ?? 'E2').toUpperCase();
  if (!evidenceLevels.some((level) => level === failOn)) {
    throw wrong(`--fail-on must be one of ${evidenceLevels.join(', ')}`);
  }
  const exitCode = Number(values['exit-code'] ?? findingsExitCode);
  if (!Number.isInteger(exitCode) || exitCode < 0 || exitCode > exitCodeMax) {
    throw wrong(`--exit-code must be a whole number from 0 to ${exitCodeMax}`);
  }
  const { baseline, junit = null, sarif = null, markdown = null } = values;
  const isUpdated = values['update-baseline'] === true;
  if (isUpdated && baseline === undefined) {
    throw wrong('--update-baseline needs the file to write: --baseline FILE');
  }
  const path = (name: string | null) => (name === null ? null : resolve(cwd, name));
  return {
    failOn,
    exitCode,
    baseline: baseline === undefined ? noRaces : readFile(baseline, cwd, isUpdated),
    newBaselineFile: isUpdated ? path(baseline ?? null) : null,
    reportFiles: { junit: path(junit), sarif: path(sarif), markdown: path(markdown) },
  };
}

const noRaces: BaselineFile = { version: 1, races: [] };

function readFile(name: string, cwd: string, mayBeMissing: boolean): BaselineFile {
  let text: string;
  try {
    text = readFileSync(resolve(cwd, name), 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' && mayBeMissing) return noRaces;
    const hint = code === 'ENOENT' ? '; --update-baseline writes it' : '';
    throw wrong(`the baseline ${name} cannot be read (${code})${hint}`, cause);
  }
  return readBaselineFile(text, name);
}

function wrong(message: string, cause?: unknown): RacewayError {
  return new RacewayError('bad_request', message, { cause });
}

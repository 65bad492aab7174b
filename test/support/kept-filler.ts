/** Fills a folder until the disk takes no more, and says what became of it. Started by a test. */
import { randomBytes } from 'node:crypto';
import type { RacewayError } from '../../src/domain/errors.ts';
import { keyless, records, wireEvent } from './events.ts';
import { openKept } from './kept-memory.ts';

const [directory = ''] = process.argv.slice(2);
// A file that grows too large is a fault of the write, not the end of the process.
process.on('SIGXFSZ', () => {});
const storage = await openKept(directory);
let stored = 0;
try {
  for (;;) {
    const payload = { name: 'x', data: randomBytes(8000).toString('base64') };
    const event = wireEvent({ trace: `t-${stored}`, kind: 'Custom', payload });
    await storage.append(keyless(records([event])), 1n);
    stored += 1;
  }
} catch (error) {
  const { message, code } = error as RacewayError;
  process.stdout.write(`${JSON.stringify({ stored, message, code })}\n`);
}
process.exit(0);

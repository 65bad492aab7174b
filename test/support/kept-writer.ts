/** Writes to a folder until it is killed; says what was acknowledged, a line each. Started by a test. */

import { keyless, records, wireEvent } from './events.ts';
import { openKept } from './kept-memory.ts';

const [directory = '', life = '0'] = process.argv.slice(2);
const storage = await openKept(directory);

async function write(number: number): Promise<void> {
  const trace = `trace-${life}-${number}`;
  const event = (at: number) => wireEvent({ trace, at });
  const requests = keyless(records([event(0)]), records([event(1)]));
  await storage.append(requests, BigInt(number + 1));
  // Sent again, as a client does that got no answer.
  if (number % 5 === 0) await storage.append(requests, BigInt(number + 1));
  process.stdout.write(`stored ${trace}\n`);
  if (number % 3 !== 0) return;
  await storage.eraseTrace(trace);
  process.stdout.write(`erased ${trace}\n`);
}

for (let number = 0; ; number += 4) {
  await Promise.all([0, 1, 2, 3].map((more) => write(number + more)));
}

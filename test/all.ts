/**
 * Runs every `*.test.ts` below this folder in one process and in random order: a process per file
 * costs more than the tests in it. Those in `installed` need programs beside Node and have a runner
 * of their own. `RACEWAY_TEST_SEED` repeats an order, arguments choose files by a part of their path.
 */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const wanted = process.argv.slice(2);
const seed = Number(process.env['RACEWAY_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));
console.log(`# test order: RACEWAY_TEST_SEED=${seed}`);

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && !file.startsWith('installed'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) throw new Error(`no test file matches ${wanted.join(', ')}`);

for (const file of shuffled(files, seed)) await import(`./${file}`);

/** Fisher-Yates over a small generator (mulberry32), so that a seed gives one order everywhere. */
function shuffled<T>(list: readonly T[], start: number): T[] {
  let state = start;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  const result = [...list];
  for (let index = result.length - 1; index > 0; index -= 1) {
    const other = Math.floor(random() * (index + 1));
    [result[index], result[other]] = [result[other] as T, result[index] as T];
  }
  return result;
}

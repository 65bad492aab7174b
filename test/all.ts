/**
 * Runs every `*.test.ts` below this folder in random order, in as many processes as there are
 * processors: a process per file costs more than the tests in it, and one alone waits for Postgres
 * most of the time. Those in `installed`, `browser` and `exporters` need programs beside Node and
 * have runners of their own.
 * `RACEWAY_TEST_SEED` repeats an order, arguments choose files by a part of their path.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

/** Each process has a Postgres of its own, which takes memory and a second to make. */
const PROCESSES_MAX = 4;
/** Fewer files than this are done before a second process is there. */
const SHARED_FILES_LEAST = 40;

const folder = fileURLToPath(new URL('.', import.meta.url));
/** Which process of how many this one is, as it was told by the first: `--share=1/2`. */
const share = /^--share=(\d+)\/(\d+)$/.exec(process.argv[2] ?? '');
const wanted = process.argv.slice(share === null ? 2 : 3);
const seed = Number(process.env['RACEWAY_TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 32));

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.test.ts') && !/^(?:installed|browser|exporters)/.test(file))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) throw new Error(`no test file matches ${wanted.join(', ')}`);

const processes = Math.min(availableParallelism(), PROCESSES_MAX);
if (share !== null) await run(Number(share[1]), Number(share[2]));
else {
  console.log(`# test order: RACEWAY_TEST_SEED=${seed}`);
  if (files.length < SHARED_FILES_LEAST || processes === 1) await run(0, 1);
  else await shareOut();
}

/** Runs each `of`-th file from the `first` on. */
async function run(first: number, of: number): Promise<void> {
  const order = shuffled(files, seed).filter((_file, place) => place % of === first);
  for (const file of order) await import(`./${file}`);
}

/** The first process writes as it goes, what the others wrote follows when they have ended. */
async function shareOut(): Promise<void> {
  const children = Array.from({ length: processes }, (_, place) =>
    fork(fileURLToPath(import.meta.url), [`--share=${place}/${processes}`, ...wanted], {
      env: { ...process.env, RACEWAY_TEST_SEED: String(seed) },
      stdio: ['inherit', place === 0 ? 'inherit' : 'pipe', 'inherit', 'ipc'],
    }),
  );
  const ended = children.map(async (child) => {
    const output = child.stdout === null ? '' : text(child.stdout);
    const [code] = (await once(child, 'exit')) as [number | null];
    return { code, output: await output };
  });
  for (const child of ended) {
    const { code, output } = await child;
    process.stdout.write(output);
    if (code !== 0) process.exitCode = 1;
  }
}

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

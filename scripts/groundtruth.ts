/**
 * Replays cases with known answers through a running server and prints how many agree, per file:
 * `npm run groundtruth -- FOLDER`. Each line of a `*.jsonl` file there is one case
 * `{"case", "expected", "events"}`; the file's name says what is expected. Exits 1 when an answer
 * differs where it must not, 2 when there is nothing to replay.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type CaseServer, startCaseServer } from './groundtruth/case-server.ts';
import { type Case, readCases } from './groundtruth/cases.ts';
import { type Judge, judgeOf } from './groundtruth/judges.ts';

interface Tally {
  readonly file: string;
  cases: number;
  agree: number;
  /** Differ as far as the case itself allows. */
  allowed: number;
  readonly differences: string[];
}

/** One server for the whole file, or one for each case where cases would meet each other. */
async function replay(file: string, cases: readonly Case[], judge: Judge): Promise<Tally> {
  const tally: Tally = { file, cases: cases.length, agree: 0, allowed: 0, differences: [] };
  let server: CaseServer | null = null;
  try {
    for (const each of cases) {
      server ??= await startCaseServer();
      const differences = await judge.differences(server, each);
      if (differences.length === 0) tally.agree += 1;
      else if (judge.allows(each, differences)) tally.allowed += 1;
      else tally.differences.push(...differences.map((text) => `${each.case}: ${text.message}`));
      if (!judge.needsFreshServer) continue;
      await server.close();
      server = null;
    }
  } finally {
    await server?.close();
  }
  return tally;
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write('usage: npm run groundtruth -- FOLDER\n');
  process.exit(2);
}
const files = readdirSync(folder).sort();
const tallies: Tally[] = [];
for (const file of files.filter((name) => name.endsWith('.jsonl'))) {
  const judge = judgeOf(file);
  if (judge !== null) tallies.push(await replay(file, readCases(join(folder, file)), judge));
}
const known = new Set(tallies.map(({ file }) => file));
const width = Math.max(4, ...tallies.map(({ file }) => file.length));
const line = (file: string, ...cells: (string | number)[]) =>
  `${file.padEnd(width)}${cells.map((cell) => String(cell).padStart(9)).join('')}\n`;
process.stdout.write(line('file', 'cases', 'agree', 'allowed', 'differ'));
for (const { file, cases, agree, allowed } of tallies) {
  process.stdout.write(line(file, cases, agree, allowed, cases - agree - allowed));
}
for (const { file, differences } of tallies) {
  for (const difference of differences) process.stdout.write(`${file} ${difference}\n`);
}
const ignored = files.filter((file) => !known.has(file));
if (ignored.length > 0) process.stdout.write(`ignored: ${ignored.join(', ')}\n`);
if (tallies.length === 0) process.exitCode = 2;
else if (tallies.some(({ differences }) => differences.length > 0)) process.exitCode = 1;

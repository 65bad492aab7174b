/**
 * Holds what this tree finds against what another one finds: `npm run compare:findings -- TREE [HISTORIES]`.
 * TREE is a checkout of another revision with its packages. Both analyse all recordings of the suite and so
 * many random histories (1,000 unless told) and compare all traces of each; whatever is stored of that must
 * be equal, text by text. For a change that is to make the analysis faster and nothing else.
 */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { runTask as RunTask, WorkerTask } from '../src/worker/worker-task.ts';
import { access, records, wireEvent } from '../test/support/events.ts';
import { type Random, randomFrom } from '../test/support/random.ts';
import { allRecordedTraces } from '../test/support/recordings.ts';

/** Recorded traces that are compared with each other. */
const RECORDED_AT_ONCE = 20;

const [tree, histories = '1000'] = process.argv.slice(2);
if (tree === undefined) throw new Error('name the folder of the other tree');

const own = pathToFileURL(resolve(import.meta.dirname, '..'));
const other = pathToFileURL(resolve(tree));
const [find, findElsewhere] = [await finderOf(own), await finderOf(other)];
let different = 0;
let findings = 0;
const recorded = allRecordedTraces();
for (let at = 0; at < recorded.length; at += RECORDED_AT_ONCE) {
  hold(`recordings from ${at}`, recorded.slice(at, at + RECORDED_AT_ONCE).flat());
}
for (let seed = 1; seed <= Number(histories); seed += 1) hold(`history ${seed}`, history(seed));
process.stdout.write(
  `${histories} histories and the recordings: ${findings} findings, ${different} differ\n`,
);
process.exitCode = different === 0 && findings > 0 ? 0 : 1;

function hold(name: string, events: readonly object[]): void {
  const [here, there] = [find(events), findElsewhere(events)];
  findings += here.findings;
  if (here.text === there.text) return;
  different += 1;
  process.stdout.write(`${name}: ${here.findings} findings here, ${there.findings} there\n`);
}

/** What a tree stores of events that all come at once. */
async function finderOf(root: URL) {
  const load = (path: string) => import(`${root.href}/src/${path}`);
  const { runTask } = (await load('worker/worker-task.ts')) as { runTask: typeof RunTask };
  const { StatementReader } = await load('analysis/statements/statement-reader.ts');
  const reader = new StatementReader(null);
  return (events: readonly object[]) => {
    const stored = records(events);
    const ids = [...new Set(stored.map(({ traceId }) => traceId))].sort();
    const analysis: WorkerTask = {
      kind: 'records',
      switches: { races: true, spans: true },
      traces: ids.map((traceId) => ({
        traceId,
        events: stored,
        characters: 0,
        truncatedBy: null,
        leavesTracesOut: false,
        eventCount: 1,
        mark: 1,
      })),
    };
    const analysed = runTask(analysis, reader);
    const footprints = analysed.flatMap((record) => record.footprints);
    const targets = ids.map((traceId) => ({ traceId, mark: 1, cuts: [] }));
    const compared = runTask(
      { kind: 'comparisons', comparisons: [{ targets, footprints }] },
      reader,
    );
    const all = [...analysed, ...compared];
    const found = all.reduce((sum, record) => sum + record.findings.length, 0);
    return { findings: found, text: JSON.stringify(all) };
  };
}

/** Some traces that read and write few variables at about one time, by locks, processes and transactions. */
function history(seed: number): readonly object[] {
  const random = randomFrom(seed);
  const upTo = (count: number) => Math.floor(random() * count);
  const traces = 2 + upTo(8);
  const variables = 1 + upTo(3);
  return Array.from({ length: traces }, (_, trace) =>
    traceOf(random, trace, variables, 1 + upTo(6)),
  ).flat();
}

function traceOf(random: Random, number: number, variables: number, steps: number) {
  const upTo = (count: number) => Math.floor(random() * count);
  const trace = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const begin = random() * 4;
  const isPlain = random() < 0.5;
  return Array.from({ length: steps }, (_, step) => {
    const type = ['Read', 'Write', 'Write', 'AtomicRMW'][upTo(4)] as string;
    const name = `${isPlain ? '' : 'db:'}row${upTo(variables)}`;
    return wireEvent({
      trace,
      at: begin + step * random(),
      thread: `thread-${number}-${upTo(2)}`,
      instance: `instance-${number % 2}`,
      kind: 'StateChange',
      payload: access(name, type, {
        location: `app.ts:${upTo(4)}`,
        old_value: random() < 0.5 ? null : upTo(4),
        new_value: random() < 0.1 ? null : upTo(4),
      }),
      ...(random() < 0.2 ? { locks: ['lock'] } : {}),
    });
  });
}

/**
 * Holds what this tree finds against what another one finds: `npm run compare:findings -- TREE [HISTORIES]`.
 * TREE is a checkout of another revision with its packages. Both analyse all recordings of the suite and so
 * many random histories (1,000 unless told) and compare all traces of each; whatever is stored of that must
 * be equal, text by text. For a change that is to make the analysis faster and nothing else.
 *
 * A tree from before the thread had a folder of its own stores other texts. Of it is compared what a finding
 * says: where, what, how surely; what only one of the two has is counted by pattern and
 * evidence, for a person to hold against the changes that were made on purpose.
 */
import { existsSync } from 'node:fs';
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
const isOlder = !existsSync(resolve(tree, 'src', 'worker'));
let different = 0;
let findings = 0;
let alike = 0;
/** By what a finding is: how many only one tree has, of which nobody decided yet whether that is meant. */
const alone = new Map<string, number>();
const recorded = allRecordedTraces();
for (let at = 0; at < recorded.length; at += RECORDED_AT_ONCE) {
  hold(`recordings from ${at}`, recorded.slice(at, at + RECORDED_AT_ONCE).flat());
}
for (let seed = 1; seed <= Number(histories); seed += 1) hold(`history ${seed}`, history(seed));
process.stdout.write(
  `${histories} histories and the recordings: ${findings} findings, ${different} differ\n`,
);
if (isOlder) {
  const told = [...alone].sort().map(([kind, count]) => `  ${count} ${kind}\n`);
  process.stdout.write(`${alike} findings are alike; of one tree alone\n${told.join('')}`);
}
process.exitCode = different === 0 && findings > 0 ? 0 : 1;

function hold(name: string, events: readonly object[]): void {
  const [here, there] = [find(events), findElsewhere(events)];
  findings += here.findings;
  if (isOlder) {
    const [own, others] = [here.cores(), there.cores()];
    let isAlike = true;
    for (const [side, some, rest] of [
      ['here', own, others],
      ['there', others, own],
    ] as const) {
      for (const [core, kind] of some) {
        if (rest.has(core)) {
          alike += side === 'here' ? 1 : 0;
          continue;
        }
        isAlike = false;
        alone.set(`${side}: ${kind}`, (alone.get(`${side}: ${kind}`) ?? 0) + 1);
      }
    }
    if (!isAlike) different += 1;
    return;
  }
  if (here.text === there.text) return;
  different += 1;
  process.stdout.write(`${name}: ${here.findings} findings here, ${there.findings} there\n`);
}

interface Stored {
  readonly findings: readonly {
    readonly fingerprint: string;
    readonly pattern: string;
    readonly evidence: string;
  }[];
  readonly subjects: readonly {
    readonly fingerprint: string;
    readonly variable: string;
    readonly sites: readonly {
      readonly service: string;
      readonly location: string;
      readonly access_type: string;
    }[];
  }[];
}

/** What the findings inside groups and between them say, and of which kind each is. */
function coresOf(
  within: readonly Stored[],
  across: readonly Stored[],
): ReadonlyMap<string, string> {
  const cores = new Map<string, string>();
  for (const [where, all] of Object.entries({ within, across })) {
    for (const { findings: found, subjects } of all) {
      const known = new Map(subjects.map((subject) => [subject.fingerprint, subject]));
      for (const { fingerprint, pattern, evidence } of found) {
        const subject = known.get(fingerprint);
        const sites = subject?.sites.map((site) => [site.service, site.location, site.access_type]);
        const kind = `${where} ${pattern} ${evidence}`;
        cores.set(JSON.stringify([kind, subject?.variable, sites]), kind);
      }
    }
  }
  return cores;
}

/** A record whose findings tell evidence and pattern by their rank. */
interface RankedRecord extends Pick<Stored, 'subjects'> {
  readonly findings: readonly { readonly fingerprint: string; readonly rank: number }[];
}

/** The same of a tree from before the thread had a folder of its own. */
async function olderFinderOf(root: URL) {
  const { runTask } = await import(`${root.href}/src/analyser/worker-task.ts`);
  const { readRank } = await import(`${root.href}/src/domain/issue.ts`);
  const { records: recordsThere } = await import(`${root.href}/test/support/events.ts`);
  const ranked = ({ findings: some, subjects }: RankedRecord): Stored => ({
    findings: some.map(({ fingerprint, rank }) => ({ fingerprint, ...readRank(rank) })),
    subjects,
  });
  return (events: readonly object[]) => {
    const stored = recordsThere(events) as readonly { readonly traceId: string }[];
    const ids = [...new Set(stored.map(({ traceId }) => traceId))].sort();
    const common = { events: stored, characters: 0, cutBy: null, leavesTracesOut: false };
    const traces = ids.map((traceId) => ({ traceId, ...common, eventCount: 1, mark: 1 }));
    const switches = { races: true, spans: true };
    const analysed = runTask({ kind: 'records', switches, traces }) as (RankedRecord & {
      readonly footprints: readonly { readonly traceId: string }[];
    })[];
    const footprints = analysed.flatMap((record) => record.footprints);
    const comparisons = ids.map((traceId) => ({
      traceId,
      mark: 1,
      target: footprints.filter((footprint) => footprint.traceId === traceId),
      others: footprints.filter((footprint) => footprint.traceId !== traceId),
      cutBy: null,
      meets: [],
    }));
    const compared = runTask({ kind: 'comparisons', comparisons }) as RankedRecord[];
    const found = [...analysed, ...compared].reduce((sum, one) => sum + one.findings.length, 0);
    return {
      findings: found,
      text: '',
      cores: () => coresOf(analysed.map(ranked), compared.map(ranked)),
    };
  };
}

/** What a tree stores of events that all come at once. */
async function finderOf(root: URL) {
  if (!existsSync(new URL(`${root.href}/src/worker`))) return olderFinderOf(root);
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
        written: [],
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
    return { findings: found, text: JSON.stringify(all), cores: () => coresOf(analysed, compared) };
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

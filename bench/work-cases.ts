import { Analyser } from '../src/analyser/analyser.ts';
import { footprintsOf } from '../src/analysis/accesses/footprints.ts';
import { analyseOrder } from '../src/analysis/order/order.ts';
import { StatementReader } from '../src/analysis/statements/statement-reader.ts';
import { traceReport } from '../src/analysis/trace-report.ts';
import { comparisonsOf, recordOf } from '../src/analysis/trace-work.ts';
import type { TraceEvent } from '../src/domain/event/event.ts';
import type { Footprint } from '../src/domain/findings/footprint.ts';
import { namedRaces } from '../src/domain/findings/issue.ts';
import { openMemoryStorage } from '../src/storage/memory/open.ts';
import { access, keyless, records, traceEvents, wireEvent } from '../test/support/events.ts';

/** What a piece of work came to. */
export interface Outcome {
  readonly races: number;
  readonly truncatedBy: string | null;
}

/** Work of the analysis beyond one trace, at growing sizes; it may grow no faster than {@link GROWTH_MAX}. */
export interface WorkCase {
  readonly name: string;
  /** What the size counts. */
  readonly unit: string;
  readonly sizes: readonly number[];
  /** Makes the input; what is measured is the work on it, which may be done again. */
  readonly prepare: (size: number) => () => Promise<Outcome>;
}

/** Exponent of processor time by size. */
export const GROWTH_MAX = 1.2;

const switches = { races: true, spans: true };
/** There are no statements. */
const reader = new StatementReader(null);
const RECEIVED_NS = 1_900_000_000_000_000_000n;

export const workCases: readonly WorkCase[] = [
  {
    name: 'storm on one row',
    unit: 'requests',
    sizes: [100, 1000, 5000],
    prepare: (size) => {
      const footprints = numbers(size).flatMap((request) => footprintOf(request, 1));
      return async () => compared(footprints);
    },
  },
  {
    name: 'accesses of one of 50 requests',
    unit: 'accesses',
    sizes: [30, 100, 300],
    prepare: (size) => {
      const footprints = numbers(50).flatMap((request) =>
        footprintOf(request, request === 25 ? size / 2 : 1),
      );
      return async () => compared(footprints);
    },
  },
  {
    name: 'threads of one trace',
    unit: 'threads',
    sizes: [2000, 20_000],
    prepare: (size) => {
      const events = threadEvents(size);
      return async () => {
        const work = { traceId: TRACE, eventCount: events.length, mark: 1, truncatedBy: null };
        const { findings, cuts } = recordOf({ ...work, events }, switches, reader);
        traceReport(TRACE, events, switches, null, namedRaces([]), reader);
        return { races: findings.length, truncatedBy: cuts[0]?.limit ?? null };
      };
    },
  },
  {
    name: 'growing trace',
    unit: 'events',
    sizes: [5000, 20_000, 80_000],
    prepare: (size) => () => grown(size),
  },
];

const TRACE = '00000000-0000-4000-8000-000000000001';
const EVENTS_PER_THREAD = 10;
const EVENTS_PER_BATCH = 250;

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, number) => number);
}

/** All requests are under way at once; each reads and writes a row so many times. */
function footprintOf(request: number, times: number): readonly Footprint[] {
  const trace = `00000000-0000-4000-8000-${String(request).padStart(12, '0')}`;
  const step = (at: number, type: string, value: number) =>
    wireEvent({
      trace,
      at,
      thread: `thread-${request}`,
      kind: 'StateChange',
      payload: access('db:row', type, { location: `${type}:1`, new_value: value }),
    });
  const events = numbers(times).flatMap((time) => [
    step(request / 10 + time / 1000, 'Read', (request * 7 + time) % 100),
    step(10_000 + request / 10 + time / 1000, 'Write', (request * 11 + time) % 100),
  ]);
  return footprintsOf(analyseOrder(traceEvents(events)), [trace]);
}

function compared(footprints: readonly Footprint[]): Outcome {
  const targets = [...new Set(footprints.map(({ traceId }) => traceId))].map((traceId) => ({
    traceId,
    mark: 1,
    cuts: [],
  }));
  const found = comparisonsOf(targets, footprints);
  return {
    races: found.reduce((sum, { findings }) => sum + findings.length, 0),
    truncatedBy: null,
  };
}

function threadEvents(threads: number): readonly TraceEvent[] {
  return numbers(threads * EVENTS_PER_THREAD).flatMap((number) =>
    traceEvents([
      wireEvent({
        trace: TRACE,
        at: number / 1000,
        thread: `thread-${number % threads}`,
        kind: 'StateChange',
        payload: access(
          number % 3 === 0 ? 'shared' : `variable-${number % 1000}`,
          number % 2 === 0 ? 'Read' : 'Write',
        ),
      }),
    ]),
  );
}

/** A trace that comes in batches, each of which is followed by whatever analysis is due. */
async function grown(size: number): Promise<Outcome> {
  const storage = openMemoryStorage({ maxBytes: 2 ** 30 });
  const fail = (_: object, message: string) => {
    throw new Error(message);
  };
  const analyser = new Analyser(storage, switches, { info: fail, warn: fail, error: fail });
  analyser.start();
  for (let start = 0; start < size; start += EVENTS_PER_BATCH) {
    const batch = numbers(EVENTS_PER_BATCH).map((offset) =>
      wireEvent({
        trace: TRACE,
        at: (start + offset) / 1000,
        thread: `thread-${offset % 4}`,
        kind: 'StateChange',
        payload: access(`variable-${offset % 50}`, offset % 2 === 0 ? 'Read' : 'Write'),
      }),
    );
    await storage.append(keyless(records(batch)), RECEIVED_NS);
    analyser.notify();
    await analyser.settle(60_000);
  }
  await analyser.close();
  const truncatedBy = (await storage.derived.cuts(1)).truncatedBy;
  await storage.close();
  return { races: 0, truncatedBy };
}

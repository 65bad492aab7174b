import type { EventRecord } from '../../../domain/event/event.ts';
import { PartsReader } from '../../../domain/event/event-parts.ts';
import type { Exclusion } from '../../../domain/exclusion.ts';
import type { LatencyLesson } from '../../../domain/latency/buckets.ts';
import { strandOf } from '../../../domain/latency/request.ts';
import { returnedCalls } from '../../../domain/latency/returned-calls.ts';
import { nothingBegun, SpansOfAppend } from '../../../domain/latency/spans-of-append.ts';
import { LessonBook } from '../../../domain/latency/verdict.ts';
import { compareEvents } from '../../../domain/trace.ts';
import type { ErasureCounts } from '../../erasure-counts.ts';
import type { Session } from '../connection/session.ts';
import {
  eraseEmptyBuckets,
  lockBuckets,
  selectTimedEvents,
  subtractBuckets,
} from '../events/latency-queries.ts';
import { bucketRows, operationKey } from '../events/latency-rows.ts';
import { eventOf } from '../events/rows.ts';
import { runErasures } from './row-erasure.ts';

/** Events read at once. */
const PAGE_EVENTS = 5000;
/** Calls kept for the next page: most events of some SDKs are calls that never return. */
const OPEN_CALLS = 1000;

/**
 * What the spans of traces have taught, read from their events.
 *
 * @param exclusion what taught nothing
 */
export async function readLessons(
  session: Session,
  traceIds: readonly string[],
  exclusion: Exclusion,
): Promise<LatencyLesson[]> {
  const lessons = new LessonBook();
  let last: EventRecord | null = null;
  let opening: readonly EventRecord[] = [];
  for (;;) {
    const rows = await session(selectTimedEvents(traceIds, last, PAGE_EVENTS));
    for (const { events, flagged, lastActivityNs } of tracesOf(rows)) {
      last = events.at(-1) as EventRecord;
      const { traceId } = last;
      const known = [...opening.filter((event) => event.traceId === traceId), ...events];
      const spans = new SpansOfAppend(events, known, exclusion).spans(nothingBegun, lastActivityNs);
      for (const span of spans) lessons.add(span, flagged.has(span.event.id));
      // A trace may go on with the next page.
      opening = stillOpen(known);
    }
    if (rows.length < PAGE_EVENTS) return lessons.all;
  }
}

/** Erases lessons; an operation that nobody else had leaves nothing. */
export async function eraseLessons(
  session: Session,
  lessons: readonly LatencyLesson[],
): Promise<Partial<ErasureCounts>> {
  if (lessons.length === 0) return {};
  const keys = lessons.map(({ keyText }) => operationKey(keyText));
  await session(lockBuckets(keys));
  await session(subtractBuckets(bucketRows(lessons)));
  return runErasures(session, [{ erased: 'buckets', query: eraseEmptyBuckets(keys) }]);
}

interface TraceRows {
  readonly events: EventRecord[];
  /** Ids of the events that were slow or fast for their operation. */
  readonly flagged: Set<string>;
  readonly lastActivityNs: bigint;
}

/** The rows of each trace, for rows of `selectTimedEvents`. */
function tracesOf(rows: readonly unknown[][]): TraceRows[] {
  const traces: TraceRows[] = [];
  for (const [lastActivityNs, isFlagged, ...row] of rows) {
    const event = eventOf(row);
    let trace = traces.at(-1);
    if (trace?.events[0]?.traceId !== event.traceId) {
      trace = {
        events: [],
        flagged: new Set(),
        lastActivityNs: BigInt(lastActivityNs as string),
      };
      traces.push(trace);
    }
    trace.events.push(event);
    if (isFlagged === true) trace.flagged.add(event.id);
  }
  return traces;
}

/** The last request of each strand, and the last calls: what an event that follows may end. */
function stillOpen(events: readonly EventRecord[]): EventRecord[] {
  const requests = events.filter(({ kind }) => kind === 'HttpRequest');
  const reader = new PartsReader();
  const last = new Map(requests.map((event) => [strandOf(reader.metadata(event)), event]));
  const calls = returnedCalls(events, reader).open.toSorted(compareEvents);
  return [...last.values(), ...calls.slice(-OPEN_CALLS)];
}

import type { EventRecord } from '../../../domain/event/event.ts';
import type { Exclusion } from '../../../domain/exclusion.ts';
import type { LatencyLesson } from '../../../domain/latency/buckets.ts';
import { LearntSpans } from '../../../domain/latency/learnt-spans.ts';
import { LessonBook } from '../../../domain/latency/verdict.ts';
import type { ErasureCounts } from '../../erasure-counts.ts';
import type { Session } from '../connection/session.ts';
import {
  closeTimedEvents,
  eraseEmptyBuckets,
  fetchTimedEvents,
  lockBuckets,
  openTimedEvents,
  subtractBuckets,
} from '../events/latency-queries.ts';
import { bucketRows, operationKey } from '../events/latency-rows.ts';
import { eventOf } from '../events/rows.ts';
import { runErasures } from './row-erasure.ts';

/** Events read at once. */
const PAGE_EVENTS = 5000;

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
  let traceId: string | null = null;
  let learnt = new LearntSpans(exclusion);
  const learn = ({ events, flagged, receivedMs }: Arrival) => {
    const [first] = events;
    if (first === undefined) return;
    if (first.traceId !== traceId) learnt = new LearntSpans(exclusion);
    traceId = first.traceId;
    for (const span of learnt.add(events, BigInt(receivedMs) * NS_PER_MS)) {
      lessons.add(span, flagged.has(span.event.id));
    }
  };
  await session(openTimedEvents(traceIds));
  let last: Arrival = { receivedMs: '', events: [], flagged: new Set() };
  for (;;) {
    const rows = await session(fetchTimedEvents(PAGE_EVENTS));
    for (const [receivedMs, isFlagged, ...row] of rows) {
      const event = eventOf(row);
      if (last.receivedMs !== receivedMs || last.events[0]?.traceId !== event.traceId) {
        learn(last);
        last = { receivedMs: receivedMs as string, events: [], flagged: new Set() };
      }
      last.events.push(event);
      if (isFlagged === true) last.flagged.add(event.id);
    }
    if (rows.length < PAGE_EVENTS) break;
  }
  learn(last);
  await session(closeTimedEvents);
  return lessons.all;
}

const NS_PER_MS = 1_000_000n;

/** Events of one trace that one append stored. */
interface Arrival {
  readonly receivedMs: string;
  readonly events: EventRecord[];
  /** Ids of the events that were slow or fast for their operation. */
  readonly flagged: Set<string>;
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

import type { EventRecord } from '../domain/event/event.ts';
import { isLastPage } from '../storage/event-page.ts';
import type { EventPosition, Storage } from '../storage/storage.ts';
import { httpLimits } from './limits.ts';

/** Reads a trace in order, a bounded part at a time, beginning after a place. */
export async function* eventsAfter(
  storage: Storage,
  traceId: string,
  start: EventPosition | null,
  limit: number,
): AsyncGenerator<EventRecord> {
  let after = start;
  let left = limit;
  while (left > 0) {
    const wanted = Math.min(left, httpLimits.eventsPerRead);
    const events = await storage.events(traceId, after, wanted);
    yield* events;
    const last = events.at(-1);
    if (last === undefined || isLastPage(events, wanted)) return;
    left -= events.length;
    after = { timestampNs: last.timestampNs, id: last.id };
  }
}

import type { EventRecord } from '../domain/event/event.ts';
import { compareEvents } from '../domain/trace/trace.ts';
import { isLastPage } from '../storage/event-page.ts';
import { Pauses } from '../storage/pauses.ts';
import type { EventPosition, Storage } from '../storage/storage.ts';
import { httpLimits } from './limits.ts';

/** Reads a trace in order, a bounded part at a time, beginning after a place. */
export async function* eventsAfter(
  storage: Storage,
  traceId: string,
  start: EventPosition | null,
  limit: number,
  perRead: number = httpLimits.eventsPerRead,
): AsyncGenerator<EventRecord> {
  let after = start;
  let left = limit;
  // A storage that answers at once leaves others no time between two pages.
  const pauses = new Pauses();
  while (left > 0) {
    const wanted = Math.min(left, perRead);
    const events = await storage.events(traceId, after, wanted);
    await pauses.betweenSteps();
    yield* events;
    const last = events.at(-1);
    if (last === undefined || isLastPage(events, wanted)) return;
    left -= events.length;
    after = { timestampNs: last.timestampNs, id: last.id };
  }
}

/** Reads several traces as if they were one, in order. */
export async function* mergedEvents(
  storage: Storage,
  traceIds: readonly string[],
  limit: number,
): AsyncGenerator<EventRecord> {
  const [only, ...others] = traceIds;
  if (only !== undefined && others.length === 0) {
    yield* eventsAfter(storage, only, null, limit);
    return;
  }
  // Of each trace something is held at any time.
  const perRead = Math.ceil(httpLimits.eventsPerRead / traceIds.length);
  const walks = traceIds.map((traceId) => eventsAfter(storage, traceId, null, limit, perRead));
  const heads: { event: EventRecord; walk: (typeof walks)[number] }[] = [];
  const advance = async (walk: (typeof walks)[number]) => {
    const { value: event, done } = await walk.next();
    if (done !== true) heads.push({ event, walk });
  };
  for (const walk of walks) await advance(walk);
  while (heads.length > 0) {
    const next = heads.reduce((least, head) =>
      compareEvents(head.event, least.event) < 0 ? head : least,
    );
    yield next.event;
    heads.splice(heads.indexOf(next), 1);
    await advance(next.walk);
  }
}

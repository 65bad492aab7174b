import { eventText } from '../domain/event/event.ts';
import { pinRoom } from '../domain/findings/pin.ts';
import { isLastPage } from './event-page.ts';
import type { EventPosition, Storage } from './storage.ts';

/** Events read at once. */
const EVENTS_READ = 1000;

/** Bytes of the events of traces as text, by trace; unknown traces are left out. */
export type PinSizes = (traceIds: readonly string[]) => Promise<ReadonlyMap<string, number>>;

/** Reads the sizes of stored traces; of one that is too large for any pin no more than tells so. */
export async function readPinSizes(
  storage: Pick<Storage, 'events'>,
  traceIds: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const sizes = new Map<string, number>();
  for (const traceId of new Set(traceIds)) {
    const bytes = await sizeOf(storage, traceId);
    if (bytes > 0) sizes.set(traceId, bytes);
  }
  return sizes;
}

async function sizeOf(storage: Pick<Storage, 'events'>, traceId: string): Promise<number> {
  let bytes = 0;
  let after: EventPosition | null = null;
  for (;;) {
    const events = await storage.events(traceId, after, EVENTS_READ);
    for (const event of events) bytes += Buffer.byteLength(eventText(event));
    const last = events.at(-1);
    if (last === undefined || isLastPage(events, EVENTS_READ)) return bytes;
    if (bytes > pinRoom.bytes) return bytes;
    after = { timestampNs: last.timestampNs, id: last.id };
  }
}

import { inCausalOrder } from '../../../analysis/event-order.ts';
import { type EventRecord, eventCharacters } from '../../../domain/event/event.ts';
import { canonicalUuid } from '../../../domain/uuid.ts';
import type { EventPosition, Storage } from '../../../storage/storage.ts';
import { httpLimits } from '../../limits.ts';
import { foreignCursor } from '../../part-cursor.ts';
import { eventsAfter } from '../../trace-events.ts';

/**
 * A part of a trace that is put in order at once: all of it, unless it is longer than a reply may be.
 * Then windows follow each other by time, and inside each causes come before what they brought about.
 */
interface EventWindow {
  readonly events: readonly EventRecord[];
  /** Where the window after it begins; null when there is none. */
  readonly next: EventPosition | null;
}

/** A place in a walk over the events of a trace. */
export interface EventCursor {
  /** Where the window begins; null: with the trace. */
  readonly window: EventPosition | null;
  /** The event of the window that was given last; null: none yet. */
  readonly last: EventPosition | null;
}

export const firstEvents: EventCursor = { window: null, last: null };

/** How much of a trace is put in order at once; the same for all steps of a walk. */
interface WindowSize {
  readonly eventsMax: number;
  /** Events read beyond, to know whether there are more. */
  readonly lookahead: number;
}

/** For pages: as much as a reply may hold. */
export const pageWindows: WindowSize = { eventsMax: httpLimits.traceEventsMax, lookahead: 1 };
/** For streams: the first lines go out when little is read. */
export const streamWindows: WindowSize = { eventsMax: httpLimits.eventsPerRead, lookahead: 0 };

/** Reads the window that begins behind a place. */
async function readWindow(
  storage: Storage,
  traceId: string,
  after: EventPosition | null,
  { eventsMax, lookahead }: WindowSize,
): Promise<EventWindow> {
  const events: EventRecord[] = [];
  let characters = 0;
  let hasMore = false;
  for await (const event of eventsAfter(storage, traceId, after, eventsMax + lookahead)) {
    hasMore = events.length === eventsMax || characters > httpLimits.traceBytesMax;
    if (hasMore) break;
    events.push(event);
    characters += eventCharacters(event);
  }
  hasMore ||= lookahead === 0 && events.length === eventsMax;
  const next = hasMore ? positionOf(events.at(-1) as EventRecord) : null;
  return { events: inCausalOrder(events), next };
}

interface WalkStep {
  readonly event: EventRecord;
  /** For a walk that goes on behind the event. */
  readonly cursor: EventCursor;
  readonly hasMore: boolean;
}

/** Walks over the events of a trace from a place on. */
export async function* walkEvents(
  storage: Storage,
  traceId: string,
  from: EventCursor,
  size: WindowSize,
): AsyncGenerator<WalkStep> {
  let { window, last } = from;
  for (;;) {
    const { events, next } = await readWindow(storage, traceId, window, size);
    const place = last === null ? -1 : events.findIndex(({ id }) => id === last?.id);
    if (last !== null && place < 0) {
      // Events that arrived since have pushed it out of its window: the walk goes on by time.
      [window, last] = [last, null];
      continue;
    }
    const left = events.slice(place + 1);
    for (const [at, event] of left.entries()) {
      const hasMore = next !== null || at < left.length - 1;
      yield { event, cursor: { window, last: positionOf(event) }, hasMore };
    }
    if (next === null) return;
    [window, last] = [next, null];
  }
}

function positionOf({ timestampNs, id }: EventRecord): EventPosition {
  return { timestampNs, id };
}

/** Timestamps fit a signed integer of 64 bits. */
const TIMESTAMP_NS_END = 2n ** 63n;

export function encodeCursor({ window, last }: EventCursor): string {
  const text = [window, last].map((place) =>
    place === null ? '' : `${place.timestampNs}:${place.id}`,
  );
  return Buffer.from(text.join('~')).toString('base64url');
}

/** @throws {RacewayError} `bad_request` when the text is no cursor of {@link encodeCursor} */
export function decodeCursor(text: string): EventCursor {
  const [window = '', last = '', ...more] = Buffer.from(text, 'base64url').toString().split('~');
  if (more.length > 0 || window + last === '') throw foreignCursor();
  return { window: decodePosition(window), last: decodePosition(last) };
}

function decodePosition(text: string): EventPosition | null {
  if (text === '') return null;
  const [, digits, uuid] = /^(\d{1,19}):([0-9a-f-]{36})$/.exec(text) ?? [];
  const id = canonicalUuid(uuid ?? '');
  const timestampNs = BigInt(digits ?? TIMESTAMP_NS_END);
  if (timestampNs >= TIMESTAMP_NS_END || id === null) throw foreignCursor();
  return { timestampNs, id };
}

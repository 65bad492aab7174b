import type { AnalysedEvent } from '../domain/event/event-parts.ts';

/**
 * Events as they go to the worker thread: all of their texts in one, which is copied at once, and cut
 * where they are read. What an event has in common with the one before stands there once.
 */
export interface EventColumns {
  readonly text: string;
  /** Event by event, of each of {@link members} where it begins and ends; for null it ends before it begins. */
  readonly places: Uint32Array;
  readonly momentsNs: BigInt64Array;
}

const members = [
  'id',
  'traceId',
  'parentId',
  'timestamp',
  'kind',
  'payload',
  'metadata',
  'vector',
  'lockSet',
  'extra',
] as const;
const PLACES_PER_EVENT = members.length * 2;

/** Puts events into columns. */
export function columnsOf(events: readonly AnalysedEvent[]): EventColumns {
  const texts: string[] = [];
  const places = new Uint32Array(events.length * PLACES_PER_EVENT);
  const momentsNs = new BigInt64Array(events.length);
  let length = 0;
  let at = 0;
  let before: AnalysedEvent | null = null;
  for (const [number, event] of events.entries()) {
    momentsNs[number] = event.timestampNs;
    for (const member of members) {
      const text = event[member];
      if (before !== null && before[member] === text) {
        places[at] = places[at - PLACES_PER_EVENT] as number;
        places[at + 1] = places[at - PLACES_PER_EVENT + 1] as number;
      } else if (text === null) {
        places[at] = 1;
      } else {
        places[at] = length;
        length += text.length;
        places[at + 1] = length;
        texts.push(text);
      }
      at += 2;
    }
    before = event;
  }
  return { text: texts.join(''), places, momentsNs };
}

/** The events that were put into columns. */
export function eventsOf(columns: EventColumns): AnalysedEvent[] {
  const events: AnalysedEvent[] = [];
  let before: AnalysedEvent | null = null;
  for (let number = 0; number < columns.momentsNs.length; number += 1) {
    before = eventAt(columns, number, before);
    events.push(before);
  }
  return events;
}

function eventAt(
  { text, places, momentsNs }: EventColumns,
  number: number,
  before: AnalysedEvent | null,
): AnalysedEvent {
  let at = number * PLACES_PER_EVENT;
  const next = (known: string | null): string | null => {
    const [from, to] = [places[at] as number, places[at + 1] as number];
    const isKnown = before !== null && from === places[at - PLACES_PER_EVENT];
    at += 2;
    if (isKnown && known !== null && to - from === known.length) return known;
    return to < from ? null : text.slice(from, to);
  };
  return {
    id: next(before?.id ?? null),
    traceId: next(before?.traceId ?? null),
    parentId: next(before?.parentId ?? null),
    timestamp: next(before?.timestamp ?? null),
    kind: next(before?.kind ?? null),
    payload: next(before?.payload ?? null),
    metadata: next(before?.metadata ?? null),
    vector: next(before?.vector ?? null),
    lockSet: next(before?.lockSet ?? null),
    extra: next(before?.extra ?? null),
    timestampNs: momentsNs[number],
  } as AnalysedEvent;
}

import { type EventFault, type EventRecord, readEvent } from './event.ts';
import { type JsonValue, parseJson } from './json.ts';
import type { Redact } from './redaction.ts';

/** An event of a request that was refused: its place, its id as sent (null if unreadable), and why. */
export interface RejectedEvent {
  readonly index: number;
  readonly id: string | null;
  readonly errors: readonly EventFault[];
}

export interface Batch {
  readonly events: readonly EventRecord[];
  readonly rejected: readonly RejectedEvent[];
}

/** Longest text of a refused id that is repeated in the answer. */
const ECHOED_ID_CHARACTERS = 128;

/**
 * Reads the body of `POST /events`, `{"events": [...]}`. Each event is judged by itself.
 *
 * @param redact takes out of each event what is not to be stored; nothing by default
 * @param refuses why an event that is well-formed may still not be stored; null when it may
 * @returns null when the text is JSON of another shape.
 * @throws {JsonSyntaxError} when it is no JSON.
 */
export function readBatch(
  text: string,
  redact: Redact = () => {},
  refuses: (event: EventRecord) => EventFault | null = () => null,
): Batch | null {
  const { value, unusual } = parseJson(text);
  const list = eventList(value);
  if (list === null) return null;
  const events: EventRecord[] = [];
  const rejected: RejectedEvent[] = [];
  list.forEach((element, index) => {
    const outcome = readEvent(element, unusual, redact);
    const fault = 'record' in outcome ? refuses(outcome.record) : null;
    if (!('record' in outcome)) {
      rejected.push({ index, id: sentId(element), errors: outcome.faults });
    } else if (fault !== null) {
      rejected.push({ index, id: sentId(element), errors: [fault] });
    } else {
      events.push(outcome.record);
    }
  });
  return { events, rejected };
}

function eventList(value: JsonValue): JsonValue[] | null {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, 'events')) return null;
  const list = (value as { events?: JsonValue }).events;
  return Array.isArray(list) ? list : null;
}

function sentId(element: JsonValue): string | null {
  if (element === null || typeof element !== 'object' || !Object.hasOwn(element, 'id')) return null;
  const { id } = element as { id?: JsonValue };
  return typeof id === 'string' ? id.slice(0, ECHOED_ID_CHARACTERS).toWellFormed() : null;
}

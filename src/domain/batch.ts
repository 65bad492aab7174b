import { RacewayError } from './errors.ts';
import { type EventFault, type EventRecord, readEvent } from './event.ts';
import { hasMoreValues, type JsonValue, parseJson } from './json.ts';
import { limits } from './limits.ts';
import type { Redact } from './redaction.ts';

/** An event of a request that was refused: its place, its id as sent (null if unreadable), and why. */
export interface RejectedEvent {
  readonly index: number;
  readonly id: string | null;
  readonly errors: readonly EventFault[];
}

export interface Batch {
  readonly events: readonly EventRecord[];
  /** The first {@link limits.rejectedEventsListed} of those that were refused. */
  readonly rejected: readonly RejectedEvent[];
  /** For every refused event the path of its first fault. */
  readonly rejectedPaths: readonly string[];
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
 * @throws {RacewayError} when it holds more values, or elements of `events`, than a request of
 *   events can: reading them would take more memory and time than any request is worth.
 */
export function readBatch(
  text: string,
  redact: Redact = () => {},
  refuses: (event: EventRecord) => EventFault | null = () => null,
): Batch | null {
  if (hasMoreValues(text, limits.valuesPerRequest)) {
    const message = `the body holds more than ${limits.valuesPerRequest} values; send fewer events at once`;
    throw new RacewayError('too_large', message);
  }
  const { value, unusual } = parseJson(text);
  const list = eventList(value);
  if (list === null) return null;
  if (list.length - 1 > text.length / limits.eventCharactersMin) {
    const message = `the body has ${list.length} elements in "events", more than a body of its size can hold events`;
    throw new RacewayError('bad_request', message);
  }
  const events: EventRecord[] = [];
  const rejected: RejectedEvent[] = [];
  const rejectedPaths: string[] = [];
  list.forEach((element, index) => {
    const outcome = readEvent(element, unusual, redact);
    const faults = faultsOf(outcome, refuses);
    if ('record' in outcome && faults.length === 0) {
      events.push(outcome.record);
      return;
    }
    rejectedPaths.push(faults[0]?.path ?? '');
    if (rejected.length === limits.rejectedEventsListed) return;
    rejected.push({ index, id: sentId(element), errors: faults });
  });
  return { events, rejected, rejectedPaths };
}

function faultsOf(
  outcome: ReturnType<typeof readEvent>,
  refuses: (event: EventRecord) => EventFault | null,
): readonly EventFault[] {
  if (!('record' in outcome)) return outcome.faults;
  const fault = refuses(outcome.record);
  return fault === null ? [] : [fault];
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

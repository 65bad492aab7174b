import { RacewayError } from '../errors.ts';
import { hasMoreValues, type JsonValue, parseJson } from '../json.ts';
import { limits } from '../limits.ts';
import { EventScanner } from '../scan/event-scan.ts';
import {
  BRACE,
  BRACE_END,
  BRACKET,
  BRACKET_END,
  behindColon,
  behindSpaces,
  behindValue,
  behindWord,
  COMMA,
  UNSURE,
} from '../scan/json-scan.ts';
import type { EventFault, EventRecord } from './event.ts';
import { readEvent } from './read-event.ts';
import { nothingRedacted, type Redaction } from './redaction.ts';

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
  /** For every refused event the service that it names; empty when it names none. */
  readonly rejectedServices: readonly string[];
}

/** Longest text of a refused id that is repeated in the answer. */
const ECHOED_ID_CHARACTERS = 128;
const EVENTS = Buffer.from('"events"');

/** Shared: it keeps nothing of a request but the metadata that it met last. */
const scanner = new EventScanner();

/**
 * Reads the body of `POST /events`, `{"events": [...]}`. Each event is judged by itself.
 *
 * @param body valid UTF-8
 * @param redaction takes out of each event what is not to be stored; nothing by default
 * @param refuses why an event that is well-formed may still not be stored; null when it may
 * @returns null when the text is JSON of another shape.
 * @throws {JsonSyntaxError} when it is no JSON.
 * @throws {RacewayError} when it holds more values, or elements of `events`, than a request of
 *   events can: reading them would take more memory and time than any request is worth.
 */
export function readBatch(
  body: Buffer,
  redaction: Redaction = nothingRedacted,
  refuses: (event: EventRecord) => EventFault | null = () => null,
): Batch | null {
  if (body.length > limits.valuesPerRequest) refuseManyValues(body.toString());
  return readBody(body, redaction, refuses);
}

/** The same of events that were accepted before: their texts say in full what may have been left out then. */
export function readAcceptedBatch(body: Buffer): Batch | null {
  return readBody(body, nothingRedacted, () => null);
}

function readBody(
  body: Buffer,
  redaction: Redaction,
  refuses: (event: EventRecord) => EventFault | null,
): Batch | null {
  const scanned = new BatchBuilder(redaction, refuses);
  if (redaction.isOfHeadersOnly && scanInto(scanned, body)) return scanned;
  return readCarefully(body.toString(), new BatchBuilder(redaction, refuses));
}

function refuseManyValues(text: string): void {
  if (!hasMoreValues(text, limits.valuesPerRequest)) return;
  const message = `the body holds more than ${limits.valuesPerRequest} values; send fewer events at once`;
  throw new RacewayError('too_large', message);
}

/** Reads the whole body as it stands there; false: something between the events is unusual. */
function scanInto(batch: BatchBuilder, body: Buffer): boolean {
  let at = behindOpening(body);
  if (at === UNSURE) return false;
  for (let index = 0; body[at] !== BRACKET_END; index += 1) {
    if (index > 0) {
      if (body[at] !== COMMA) return false;
      at = behindSpaces(body, at + 1);
    }
    if (hasTooManyElements(index + 1, body.length)) return false;
    const event = scanner.read(body, at);
    let end = scanner.end;
    if (event !== null) batch.add(index, event, event.id);
    else {
      end = behindValue(body, at);
      if (end === UNSURE) return false;
      const { value, unusual } = parseJson(body.toString('utf8', at, end));
      batch.judge(index, value, unusual);
    }
    at = behindSpaces(body, end);
  }
  at = behindSpaces(body, at + 1);
  return body[at] === BRACE_END && behindSpaces(body, at + 1) === body.length;
}

/** Behind `{"events": [` and what spaces follow. */
function behindOpening(body: Buffer): number {
  if (body[0] !== BRACE) return UNSURE;
  const nameEnd = behindWord(body, behindSpaces(body, 1), EVENTS);
  if (nameEnd === UNSURE) return UNSURE;
  const at = behindColon(body, nameEnd);
  return at !== UNSURE && body[at] === BRACKET ? behindSpaces(body, at + 1) : UNSURE;
}

function readCarefully(text: string, batch: BatchBuilder): Batch | null {
  const { value, unusual } = parseJson(text);
  const list = eventList(value);
  if (list === null) return null;
  if (hasTooManyElements(list.length, text.length)) {
    const message = `the body has ${list.length} elements in "events", more than a body of its size can hold events`;
    throw new RacewayError('bad_request', message);
  }
  list.forEach((element, index) => {
    batch.judge(index, element, unusual);
  });
  return batch;
}

function hasTooManyElements(count: number, bodyLength: number): boolean {
  return count - 1 > bodyLength / limits.eventCharactersMin;
}

/** Sorts events into those that are stored and those that are refused. */
class BatchBuilder implements Batch {
  readonly events: EventRecord[] = [];
  readonly rejected: RejectedEvent[] = [];
  readonly rejectedPaths: string[] = [];
  readonly rejectedServices: string[] = [];
  readonly #redaction: Redaction;
  readonly #refuses: (event: EventRecord) => EventFault | null;

  constructor(redaction: Redaction, refuses: (event: EventRecord) => EventFault | null) {
    this.#redaction = redaction;
    this.#refuses = refuses;
  }

  /** Takes one element of the request, whatever it is. */
  judge(index: number, element: JsonValue, unusual: boolean): void {
    const outcome = readEvent(element, unusual, this.#redaction.apply);
    if ('record' in outcome) this.add(index, outcome.record, sentId(element));
    else this.#reject(index, sentId(element), sentService(element), outcome.faults);
  }

  /** Takes a well-formed event. */
  add(index: number, event: EventRecord, id: string | null): void {
    const fault = this.#refuses(event);
    if (fault === null) this.events.push(event);
    else this.#reject(index, id, event.service, [fault]);
  }

  #reject(index: number, id: string | null, service: string, errors: readonly EventFault[]): void {
    this.rejectedPaths.push(errors[0]?.path ?? '');
    this.rejectedServices.push(service);
    if (this.rejected.length === limits.rejectedEventsListed) return;
    this.rejected.push({ index, id, errors });
  }
}

function eventList(value: JsonValue): JsonValue[] | null {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, 'events')) return null;
  const list = (value as { events?: JsonValue }).events;
  return Array.isArray(list) ? list : null;
}

function sentId(element: JsonValue): string | null {
  const id = memberOf(element, 'id');
  return typeof id === 'string' ? id.slice(0, ECHOED_ID_CHARACTERS).toWellFormed() : null;
}

function sentService(element: JsonValue): string {
  const name = memberOf(memberOf(element, 'metadata'), 'service_name');
  return typeof name === 'string' ? name : '';
}

function memberOf(value: JsonValue | undefined, name: string): JsonValue | undefined {
  if (value === null || typeof value !== 'object' || !Object.hasOwn(value, name)) return undefined;
  return (value as { readonly [name: string]: JsonValue })[name];
}

import { z } from 'zod';
import { type Accepts, acceptsFrom } from './accepts.ts';
import {
  boundedList,
  duration,
  isKindName,
  type KindName,
  kindNames,
  kindSchemas,
  members,
  type Payload,
  uint32,
  uint64,
} from './event-kind.ts';
import { faultText } from './fault-text.ts';
import {
  ExactNumber,
  findViolation,
  type JsonObject,
  type JsonValue,
  numberOf,
  parseJson,
  stringifyJson,
} from './json.ts';
import { limits } from './limits.ts';
import type { Redaction } from './redaction.ts';
import { parseTimestamp } from './timestamp.ts';
import { canonicalUuid } from './uuid.ts';

/**
 * One event, ready to be stored: the parts that are searched and ordered by as values, the rest as
 * JSON text that never passes through a double. {@link eventText} puts the parts together again.
 */
export interface EventRecord {
  /** Canonical UUID. */
  readonly id: string;
  /** Canonical UUID, or any other text exactly as it was sent. */
  readonly traceId: string;
  /** Canonical UUID of the event before this one in the same request, null for the first. */
  readonly parentId: string | null;
  /** RFC 3339, as it was sent. */
  readonly timestamp: string;
  /** {@link timestamp} in nanoseconds since 1970. */
  readonly timestampNs: bigint;
  readonly kind: KindName;
  readonly service: string;
  /** JSON text of the kind's payload. */
  readonly payload: string;
  /** JSON text of `metadata`. */
  readonly metadata: string;
  /** JSON text of `causality_vector`. */
  readonly vector: string;
  /** JSON text of `lock_set`. */
  readonly lockSet: string;
  /** JSON text of the object of all members that the format does not know; '' when there are none. */
  readonly extra: string;
  /** What a person would call the step: `GET /orders`, a function's name, a variable … */
  readonly operation: string;
  /** An `Error`, or an `HttpResponse` with a status of 500 or more. */
  readonly isError: boolean;
}

/** Parts of an event as values; numbers that fit no double are {@link ExactNumber}s. */
export interface EventParts {
  readonly metadata: Metadata;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** One reason why an event was refused; `path` leads to the member, as in `kind.StateChange.variable`. */
export interface EventFault {
  readonly path: string;
  readonly message: string;
}

export interface Metadata {
  readonly thread_id: string;
  readonly process_id: number;
  readonly service_name: string;
  readonly environment: string;
  readonly tags: Readonly<Record<string, unknown>> | null;
  readonly duration_ns: number | null;
  readonly instance_id?: string | null;
  readonly distributed_span_id?: string | null;
  readonly upstream_span_id?: string | null;
}

interface EventBase {
  readonly id: string;
  readonly traceId: string;
  readonly parentId: string | null;
  readonly timestamp: string;
  readonly timestampNs: bigint;
  readonly metadata: Metadata;
  readonly vector: readonly (readonly [component: string, counter: number])[];
  readonly lockSet: readonly string[];
}

/** One event as analysis reads it: `kind` tells the type of `payload`. */
export type TraceEvent = {
  readonly [Kind in KindName]: EventBase & { readonly kind: Kind; readonly payload: Payload<Kind> };
}[KindName];

const name = z.string().max(limits.nameCharacters);
const optionalName = name.nullable().optional();

export const metadataSchema = z.looseObject({
  thread_id: name,
  process_id: uint32,
  service_name: name,
  environment: name,
  tags: members.nullable(),
  duration_ns: duration.nullable().optional(),
  instance_id: optionalName,
  distributed_span_id: optionalName,
  upstream_span_id: optionalName,
});

const uuid = z.string().refine((text) => canonicalUuid(text) !== null, 'must be a UUID');

/** An event as it comes over the wire. `kind` is looked at separately: its only member names the schema. */
export const eventSchema = z.looseObject({
  id: uuid,
  trace_id: z.string().min(1).max(limits.traceIdCharacters),
  parent_id: uuid.nullable().optional(),
  timestamp: z
    .string()
    .refine(
      (text) => parseTimestamp(text) !== null,
      'must be an RFC 3339 date-time with offset, in the years 1970 to 2261',
    ),
  kind: z.looseObject({}),
  metadata: metadataSchema,
  causality_vector: boundedList(z.tuple([name, uint64]), limits.vectorComponents)
    .nullable()
    .optional(),
  lock_set: boundedList(name, limits.lockSetSize).nullable().optional(),
});

const acceptsEvent = acceptsFrom(eventSchema);
const acceptsPayload = Object.fromEntries(
  kindNames.map((kind) => [kind, acceptsFrom(kindSchemas[kind])]),
) as Readonly<Record<KindName, Accepts>>;
const inWords = { error: faultText };
const knownMembers = new Set(Object.keys(eventSchema.shape));

/**
 * Checks one element of a request's `events` and splits it into a record.
 *
 * @param unusual what {@link parseJson} said of the text that the value comes from.
 * @param redact takes out of the value what is not to be stored
 */
export function readEvent(
  value: JsonValue,
  unusual: boolean,
  redact: Redaction['apply'],
): { record: EventRecord } | { faults: EventFault[] } {
  const violation = findViolation(value, unusual, limits);
  if (violation !== null) {
    return { faults: [{ path: pathText(violation.path), message: violation.message }] };
  }
  if (!acceptsEvent(value)) {
    const { error } = eventSchema.safeParse(value, inWords);
    if (error !== undefined) return { faults: faultsOf(error, []) };
  }
  const event = value as JsonObject;
  const kind = event['kind'] as JsonObject;
  const [kindName, ...others] = Object.keys(kind);
  if (kindName === undefined || others.length > 0) {
    return {
      faults: [{ path: 'kind', message: 'must have exactly one member, named as the kind' }],
    };
  }
  if (!isKindName(kindName)) {
    const message = `names no kind of event; the kinds are ${kindNames.join(', ')}`;
    return { faults: [{ path: pathText(['kind', kindName]), message }] };
  }
  const payload = kind[kindName];
  if (!acceptsPayload[kindName](payload)) {
    const { error } = kindSchemas[kindName].safeParse(payload, inWords);
    if (error !== undefined) return { faults: faultsOf(error, ['kind', kindName]) };
  }
  const tags = (event['metadata'] as JsonObject)['tags'] as JsonObject | null;
  if (tags !== null && Object.keys(tags).length > limits.tagCount) {
    const message = `has more than ${limits.tagCount} tags`;
    return { faults: [{ path: 'metadata.tags', message }] };
  }
  redact(event);
  return { record: toRecord(event, kindName, unusual) };
}

function toRecord(event: JsonObject, kind: KindName, unusual: boolean): EventRecord {
  const traceId = event['trace_id'] as string;
  const parentId = event['parent_id'] as string | null | undefined;
  const timestamp = event['timestamp'] as string;
  let metadata = event['metadata'] as JsonObject;
  let payload = (event['kind'] as JsonObject)[kind] as JsonObject;
  if (metadata['duration_ns'] === undefined) metadata = { ...metadata, duration_ns: null };
  if (kind === 'StateChange' && payload['old_value'] === undefined) {
    payload = { ...payload, old_value: null };
  }
  const text = (part: JsonValue) => stringifyJson(part, unusual);
  const listText = (list: JsonValue | undefined) =>
    list === undefined || (Array.isArray(list) && list.length === 0) ? '[]' : text(list);
  return {
    id: canonicalUuid(event['id'] as string) as string,
    traceId: canonicalUuid(traceId) ?? traceId,
    parentId: typeof parentId === 'string' ? canonicalUuid(parentId) : null,
    timestamp,
    timestampNs: parseTimestamp(timestamp) as bigint,
    kind,
    service: metadata['service_name'] as string,
    payload: text(payload),
    metadata: text(metadata),
    vector: listText(event['causality_vector']),
    lockSet: listText(event['lock_set']),
    extra: extraText(event, text),
    operation: shortened(operationOf(kind, payload), limits.operationCharacters),
    isError: isErrorOf(kind, payload['status']),
  };
}

function extraText(event: JsonObject, text: (part: JsonValue) => string): string {
  const members = Object.keys(event).filter((key) => !knownMembers.has(key));
  if (members.length === 0) return '';
  return `{${members.map((key) => `${JSON.stringify(key)}:${text(event[key] as JsonValue)}`).join(',')}}`;
}

/** Cut for indexes and lists; a cut emoji leaves a replacement character, no half of one. */
export function shortened(text: string, characters: number): string {
  if (text.length <= characters) return text;
  // A slice keeps the whole text alive as long as it lives; a copy does not.
  return JSON.parse(JSON.stringify(text.slice(0, characters).toWellFormed()));
}

/** The members of a payload that name the step; a kind that is not here has only its own name. */
export const operationMembers: Readonly<Partial<Record<KindName, readonly string[]>>> = {
  HttpRequest: ['method', 'url'],
  FunctionCall: ['function_name'],
  FunctionReturn: ['function_name'],
  StateChange: ['variable'],
  Custom: ['name'],
  Error: ['error_type'],
};

/** What a person would call the step that an event records. */
export function operationOf(kind: KindName, payload: Readonly<Record<string, unknown>>): string {
  const names = operationMembers[kind];
  return names === undefined ? kind : names.map((name) => String(payload[name])).join(' ');
}

/** Whether an event records a failure: an `Error`, or an `HttpResponse` with such a status. */
export function isErrorOf(kind: KindName, status: unknown): boolean {
  return kind === 'Error' || (kind === 'HttpResponse' && (numberOf(status) ?? 0) >= 500);
}

/** The event as JSON text: everything that was sent, ids canonical, absent members filled in. */
export function eventText(record: EventRecord): string {
  const parent = record.parentId === null ? 'null' : `"${record.parentId}"`;
  const extra = record.extra === '' ? '' : `,${record.extra.slice(1, -1)}`;
  return (
    `{"id":"${record.id}","trace_id":${JSON.stringify(record.traceId)},"parent_id":${parent},` +
    `"timestamp":"${record.timestamp}","kind":{"${record.kind}":${record.payload}},` +
    `"metadata":${record.metadata},"causality_vector":${record.vector},"lock_set":${record.lockSet}${extra}}`
  );
}

/** Characters of the parts that may be long. */
export function eventCharacters({
  payload,
  metadata,
  vector,
  lockSet,
  extra,
}: EventRecord): number {
  return payload.length + metadata.length + vector.length + lockSet.length + extra.length;
}

/** Reads the parts of events that belong together: they have few texts of metadata, each is parsed once. */
export class PartsReader {
  readonly #known = new Map<string, Metadata>();

  metadata({ metadata: text }: EventRecord): Metadata {
    let metadata = this.#known.get(text);
    if (metadata === undefined) {
      metadata = parseJson(text).value as unknown as Metadata;
      this.#known.set(text, metadata);
    }
    return metadata;
  }

  payload({ payload }: EventRecord): EventParts['payload'] {
    return parseJson(payload).value as unknown as EventParts['payload'];
  }

  parts(event: EventRecord): EventParts {
    return { metadata: this.metadata(event), payload: this.payload(event) };
  }
}

/** Events as analysis reads them; numbers that fit no double are {@link ExactNumber}s in values. */
export function decodeEvents(records: readonly EventRecord[]): TraceEvent[] {
  const reader = new PartsReader();
  return records.map((record) => {
    return {
      id: record.id,
      traceId: record.traceId,
      parentId: record.parentId,
      timestamp: record.timestamp,
      timestampNs: record.timestampNs,
      kind: record.kind,
      payload: reader.payload(record),
      metadata: reader.metadata(record),
      vector: record.vector === '[]' ? [] : decodeVector(record.vector),
      lockSet: record.lockSet === '[]' ? [] : (parseJson(record.lockSet).value ?? []),
    } as unknown as TraceEvent;
  });
}

function decodeVector(text: string): TraceEvent['vector'] {
  const vector = (parseJson(text).value ?? []) as [string, unknown][];
  return vector.map(([component, counter]) => [component, numberOf(counter) ?? 0] as const);
}

function faultsOf(error: z.ZodError, prefix: readonly string[]): EventFault[] {
  return error.issues.slice(0, limits.errorsPerEvent).map((issue) => ({
    path: pathText([...prefix, ...issue.path.map((key) => (typeof key === 'symbol' ? '' : key))]),
    message: issue.message,
  }));
}

/** A path as people write it: `events[3].kind.StateChange`. */
export function pathText(path: readonly (string | number)[]): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? key : `.${key}`;
  }
  return text.slice(0, limits.errorPathCharacters);
}

import { z } from 'zod';
import type { JsonObject } from '../json.ts';
import { limits } from '../limits.ts';
import { parseTimestamp } from '../timestamp.ts';
import { canonicalUuid } from '../uuid.ts';
import type { EventFacts } from './event-facts.ts';
import {
  boundedList,
  duration,
  type KindName,
  members,
  type Payload,
  uint32,
  uint64,
} from './event-kind.ts';

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
  /** An `Error`, the end of a function that failed, or an `HttpResponse` with a status of 500 or more. */
  readonly isError: boolean;
  /** What storage asks of it when it comes in; where it is missing, the texts say it. */
  readonly facts?: EventFacts;
  /** What it was sent as, where that may be stored in place of its texts. */
  readonly source?: EventSource;
}

/** What an event was sent as: storage may keep that in place of its texts, and have it read again. */
export interface EventSource {
  /** A request, which is not to be kept: what is needed is copied. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly sender: EventSender;
  /** Which of the events that were made of these bytes. */
  readonly part: number;
}

/** Knows what the events of one sender have in common, and reads them. */
export interface EventSender {
  /** Senders with equal keys read the same. */
  readonly key: string;
  /** A text that another process can make a sender of which reads the same. */
  readonly description: string;
  /** @param bytes of an {@link EventSource} of this sender, which are not kept */
  read(bytes: Uint8Array, part: number): EventRecord;
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
  /** What is kept of the span that an event was made of; not there for events of SDKs. */
  readonly otel?: JsonObject;
  /** Set in what follows from a span: such an event is made by the analysis, and never stored. */
  readonly derived?: DerivedFacts;
}

/** What is known of a step that follows from a statement or a call in a span. */
export interface DerivedFacts {
  /** The stored event that it follows from. */
  readonly storedId: string;
  /** When the step began; the event's own timestamp is its end. */
  readonly fromNs: bigint;
  /** What tells the row where no parameter does: the parts of the request's path that look like ids. */
  readonly hint: string | null;
  /** What the request that made the step is called. */
  readonly operation: string;
  /** Whose clock it was, as `clockErrorNs` knows it. */
  readonly sdk: string | null;
  /** The release of the service that made it, as `releaseOf` finds it. */
  readonly release: string | null;
  /** It reads nothing: what was read before was used. */
  readonly isUse: boolean;
  /** It tried to add a row, and the store refused it as a second one. */
  readonly isRefused: boolean;
  /** When its transaction began to commit, so that others may see it; null: nobody knows of one. */
  readonly seenFromNs: bigint | null;
  /** When the request began to try it, where the store had refused it before to keep an order; else null. */
  readonly refusedFromNs: bigint | null;
  /** The branch of its trace, where there are several, or it works on a message that is known. */
  readonly branch: DerivedBranch | null;
}

/** What one thread of control of a trace did, as its spans tell. */
export interface DerivedBranch {
  /** Begins with the names of those that waited for it. */
  readonly name: string;
  /** When it was over. */
  readonly untilNs: bigint;
  /** The message that it worked on; null: none, or nobody says which. */
  readonly message: string | null;
}

/** One event as analysis reads it: `kind` tells the type of `payload`. */
export type TraceEvent = {
  readonly [Kind in KindName]: EventBase & { readonly kind: Kind; readonly payload: Payload<Kind> };
}[KindName];

/** The id of the event that is stored; of a derived one that which it follows from. */
export function storedIdOf({ id, derived }: TraceEvent): string {
  return derived?.storedId ?? id;
}

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

const uuid = z
  .string()
  .refine((text) => canonicalUuid(text) !== null, 'must be a UUID')
  .meta({ format: 'uuid' });

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
    )
    .meta({ format: 'date-time' }),
  kind: z.looseObject({}),
  metadata: metadataSchema,
  causality_vector: boundedList(z.tuple([name, uint64]), limits.vectorComponents)
    .nullable()
    .optional(),
  lock_set: boundedList(name, limits.lockSetSize).nullable().optional(),
});

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

import type { Attributes, AttributeValue } from './attribute.ts';

/** What OTLP carries, whatever it was encoded in. Absent members have the default of the protocol. */

/** Who sends: a process, as a rule. */
export interface Resource {
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly schemaUrl: string;
}

/** The library that made spans or log records. */
export interface InstrumentationScope {
  readonly name: string;
  readonly version: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly schemaUrl: string;
}

/**
 * What one library of one process sends together. Groups that are read from bytes come one after the
 * other, and so do the items in them: each is to be looked at once, before the next.
 */
export interface Group<Item> {
  readonly resource: Resource;
  readonly scope: InstrumentationScope;
  readonly items: Iterable<Item>;
}

export interface SpanEvent {
  readonly timeNs: bigint;
  readonly name: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
}

export interface SpanLink {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly flags: number;
}

export interface SpanStatus {
  readonly code: number;
  readonly message: string;
}

/** Ids are lower-case hexadecimal digits, as many as were sent; '' when there are none. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  readonly parentSpanId: string;
  readonly flags: number;
  readonly name: string;
  readonly kind: number;
  readonly startNs: bigint;
  readonly endNs: bigint;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly events: readonly SpanEvent[];
  readonly droppedEvents: number;
  readonly links: readonly SpanLink[];
  readonly droppedLinks: number;
  readonly status: SpanStatus;
}

export interface LogRecord {
  readonly timeNs: bigint;
  readonly observedNs: bigint;
  readonly severityNumber: number;
  readonly severityText: string;
  readonly eventName: string;
  readonly body: AttributeValue;
  readonly attributes: Attributes;
  readonly droppedAttributes: number;
  readonly flags: number;
  readonly traceId: string;
  readonly spanId: string;
}

/** The kinds of spans that mean something here, by their numbers in the protocol. */
export const spanKinds = { server: 2, client: 3, producer: 4, consumer: 5 } as const;

/** The number of a status that says that the step failed. */
export const ERROR_STATUS = 2;

/** Status of a span that says nothing. */
export const unsetStatus: SpanStatus = { code: 0, message: '' };

const NO_PARENT = '0000000000000000';

/** Some write the absence of a parent as an id of zeros. */
export function parentIdOf(spanId: string): string {
  return spanId === NO_PARENT ? '' : spanId;
}

/** A body that is none of the protocol; the message says why, for the person who sent it. */
export class UndecodableBody extends Error {}

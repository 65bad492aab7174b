import type { EventRecord } from '../event/event.ts';
import { textOf } from './attribute.ts';
import type { AttributeWriter } from './attribute-text.ts';
import { spanEventId, traceUuid } from './event-ids.ts';
import { exceptionPayload } from './exception-payload.ts';
import { markPayload } from './mark-payload.ts';
import { type EventPayload, isServerError } from './payload.ts';
import { type ResourceParts, resourceParts, scopeMember } from './resource-parts.ts';
import { find } from './semantic-names.ts';
import { SpanExtra } from './span-extra.ts';
import { httpStatus, isEntry, isHttpServer, spanPayload } from './span-payload.ts';
import { joinedTags, tagsOfAttributes } from './span-tags.ts';
import { INSTANTS_END_NS, InstantWriter, isInstant, millisecondsText } from './span-time.ts';
import {
  ERROR_STATUS,
  type Group,
  type InstrumentationScope,
  type Resource,
  type Span,
  type SpanEvent,
} from './telemetry.ts';

const TRACE_ID = /^[0-9a-f]{32}$/;
const SPAN_ID = /^[0-9a-f]{16}$/;
const ZEROS = /^0*$/;

/** Why the ids of a span are none; null when they are. */
export function idFault(traceId: string, spanId: string): string | null {
  if (!TRACE_ID.test(traceId) || ZEROS.test(traceId)) {
    return 'has a trace id that is not 16 bytes, or all zero';
  }
  if (!SPAN_ID.test(spanId) || ZEROS.test(spanId)) {
    return 'has a span id that is not 8 bytes, or all zero';
  }
  return null;
}

/** The events that an ordinary span becomes, by numbers. */
export const spanSources = { span: 0, response: 1 } as const;

/** Turns spans into events: one each, two for a request of HTTP, and one for each exception and mark. */
export class SpanRecords {
  readonly #writer: AttributeWriter;
  readonly #extra: SpanExtra;
  readonly #instants = new InstantWriter();
  #trace = { id: '', uuid: '' };
  #resource: { of: Resource | null; parts: ResourceParts } | null = null;

  constructor(writer: AttributeWriter) {
    this.#writer = writer;
    this.#extra = new SpanExtra(writer);
  }

  /** What is known of a process, made once for all that it sends together. */
  resource(resource: Resource): ResourceParts {
    if (this.#resource?.of !== resource) {
      this.#resource = { of: resource, parts: resourceParts(resource, this.#writer) };
    }
    return this.#resource.parts;
  }

  /** The members `scope` and `resource` of `otel`, and why they cannot be stored. */
  origin({ resource, scope }: Group<unknown>) {
    const parts = this.resource(resource);
    const own = scopeMember(scope, this.#writer);
    return { parts, members: own.member + parts.member, fault: own.fault ?? parts.fault };
  }

  /**
   * Adds the events of one span to a list, or tells why it cannot be stored; then nothing is added.
   *
   * @param origin what {@link origin} gave for its group
   */
  add(
    span: Span,
    scope: InstrumentationScope,
    { parts, members, fault }: ReturnType<SpanRecords['origin']>,
    records: EventRecord[],
  ): string | null {
    const broken = spanFault(span) ?? fault;
    if (broken !== null) return broken;
    const before = records.length;
    this.#write(span, scope, parts, members, records);
    const unfit = this.#writer.takeFault();
    if (unfit !== null) records.length = before;
    return unfit;
  }

  /**
   * One of the two events that an ordinary span becomes, by its number in {@link spanSources}.
   *
   * @param origin what {@link origin} gave for its group
   */
  read(
    span: Span,
    scope: InstrumentationScope,
    { parts, members }: ReturnType<SpanRecords['origin']>,
    source: number,
  ): EventRecord {
    if (source === spanSources.response) return this.#response(span, parts);
    const timing = timingOf(span);
    const payload = spanPayload(span, scope, timing.durationNs, this.#writer);
    return this.#record(span, payload, timing, parts, [], members);
  }

  #write(
    span: Span,
    scope: InstrumentationScope,
    parts: ResourceParts,
    origin: string,
    records: EventRecord[],
  ): void {
    const timing = timingOf(span);
    const payload = spanPayload(span, scope, timing.durationNs, this.#writer);
    const inside = span.events.length === 0 ? [] : this.#partPayloads(span);
    const record = this.#record(span, payload, timing, parts, inside, origin);
    records.push(record);
    span.events.forEach((event, index) => {
      const part = inside[index];
      if (part == null) return;
      records.push({
        id: spanEventId(span.spanId, 'event', index),
        traceId: record.traceId,
        parentId: record.id,
        timestamp: this.#instants.write(event.timeNs),
        timestampNs: event.timeNs,
        kind: part.kind,
        service: parts.service,
        payload: part.payload,
        metadata: this.#metadata(span, parts, part.tags, null),
        vector: '[]',
        lockSet: '[]',
        extra: this.#extra.ofEvent(span.spanId, event, index, part),
        operation: part.operation,
        isError: false,
      });
    });
    if (payload.kind === 'HttpRequest') records.push(this.#response(span, parts));
  }

  /** What the span itself becomes; a request of HTTP its beginning. */
  #record(
    span: Span,
    payload: EventPayload,
    { durationNs, isFaulty }: SpanTiming,
    parts: ResourceParts,
    inside: readonly (EventPayload | null)[],
    origin: string,
  ): EventRecord {
    const { spanId, parentSpanId, startNs } = span;
    const writer = this.#writer;
    const ofProcess = isEntry(span) ? parts.tags : [];
    const ownTags = tagsOfAttributes(span.attributes, writer);
    const tags = joinedTags(payload.tags, [...ofProcess, ...ownTags], writer);
    const isRequest = payload.kind === 'HttpRequest';
    return {
      id: spanEventId(spanId, 'span'),
      traceId: this.#traceUuid(span.traceId),
      parentId: parentSpanId === '' ? null : spanEventId(parentSpanId, 'span'),
      timestamp: this.#instants.write(startNs),
      timestampNs: startNs,
      kind: payload.kind,
      service: parts.service,
      payload: payload.payload,
      metadata: this.#metadata(span, parts, tags, isRequest ? null : durationNs),
      vector: '[]',
      lockSet: '[]',
      extra: this.#extra.ofSpan(span, payload, isFaulty, inside, origin),
      operation: payload.operation,
      isError: !isRequest && hasFailed(span),
    };
  }

  #response(span: Span, parts: ResourceParts): EventRecord {
    const { spanId } = span;
    const { durationNs } = timingOf(span);
    const endNs = span.startNs + durationNs;
    return {
      id: spanEventId(spanId, 'response'),
      traceId: this.#traceUuid(span.traceId),
      parentId: spanEventId(spanId, 'span'),
      timestamp: this.#instants.write(endNs),
      timestampNs: endNs,
      kind: 'HttpResponse',
      service: parts.service,
      payload: `{"status":${httpStatus(span)},"headers":null,"duration_ms":${millisecondsText(durationNs)}}`,
      metadata: this.#metadata(span, parts, 'null', durationNs),
      vector: '[]',
      lockSet: '[]',
      extra: `{"otel":{"span_id":"${spanId}","part":"response"}}`,
      operation: 'HttpResponse',
      isError: hasFailed(span),
    };
  }

  /** A span that is no entry lies on the strand of what it is done for. */
  #metadata(span: Span, parts: ResourceParts, tags: string, durationNs: bigint | null): string {
    const writer = this.#writer;
    const isOwn = isEntry(span);
    const strand = isOwn ? span.spanId : span.parentSpanId;
    const start = writer.begin();
    writer.add('{"thread_id":"span ');
    writer.add(strand);
    writer.add('","distributed_span_id":"');
    writer.add(strand);
    writer.add('","upstream_span_id":');
    writer.add(isOwn && span.parentSpanId !== '' ? `"${span.parentSpanId}",` : 'null,');
    writer.add(parts.metadata);
    writer.add(',"tags":');
    writer.add(tags);
    writer.add(',"duration_ns":');
    writer.add(durationNs === null ? 'null}' : `${durationNs}}`);
    return writer.end(start);
  }

  /** Of the spans of a trace many come one after the other. */
  #traceUuid(traceId: string): string {
    if (this.#trace.id !== traceId) this.#trace = { id: traceId, uuid: traceUuid(traceId) };
    return this.#trace.uuid;
  }

  #partPayloads({ events, attributes, name }: Span): (EventPayload | null)[] {
    const place = `${textOf(find(attributes, 'httpRoute')?.value) ?? ''} ${name}`.trim();
    return events.map((event) => this.#partPayload(event, place));
  }

  /** What an event of a span becomes by itself; null when it stays with the span. */
  #partPayload({ name, attributes, timeNs }: SpanEvent, place: string): EventPayload | null {
    if (!isInstant(timeNs)) return null;
    if (name === 'exception') return exceptionPayload(attributes, this.#writer);
    return markPayload(name, attributes, place, this.#writer);
  }
}

function spanFault({ traceId, spanId, parentSpanId, startNs }: Span): string | null {
  const fault = idFault(traceId, spanId);
  if (fault !== null) return fault;
  if (parentSpanId !== '' && !SPAN_ID.test(parentSpanId)) {
    return 'has a parent span id that is not 8 bytes';
  }
  return isInstant(startNs) ? null : 'has a start time outside the years 1970 to 2261';
}

interface SpanTiming {
  readonly durationNs: bigint;
  /** Whether its end is none; then it counts as one that took no time. */
  readonly isFaulty: boolean;
}

function timingOf({ startNs, endNs }: Span): SpanTiming {
  const isFaulty = endNs < startNs || endNs >= INSTANTS_END_NS;
  return { durationNs: isFaulty ? 0n : endNs - startNs, isFaulty };
}

/** Whether the work of a service that the span begins has failed. */
function hasFailed(span: Span): boolean {
  const status = isHttpServer(span) ? httpStatus(span) : 0;
  return isEntry(span) && (span.status.code === ERROR_STATUS || isServerError(status));
}

import type { EventRecord } from '../event/event.ts';
import { type Attributes, textOf } from './attribute.ts';
import type { AttributeWriter, Moved } from './attribute-text.ts';
import { spanEventId, traceUuid } from './event-ids.ts';
import { exceptionPayload } from './exception-payload.ts';
import { markPayload } from './mark-payload.ts';
import { type EventPayload, isServerError } from './payload.ts';
import { type ResourceParts, resourceParts, scopeMember } from './resource-parts.ts';
import { find } from './semantic-names.ts';
import { holdsName, httpStatus, isEntry, isHttpServer, spanPayload } from './span-payload.ts';
import { INSTANTS_END_NS, InstantWriter, isInstant, millisecondsText } from './span-time.ts';
import {
  ERROR_STATUS,
  type Group,
  type InstrumentationScope,
  type Resource,
  type Span,
  type SpanEvent,
  type SpanLink,
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

/** Turns spans into events: one each, two for a request of HTTP, and one for each exception and mark. */
export class SpanRecords {
  readonly #writer: AttributeWriter;
  readonly #instants = new InstantWriter();
  #trace = { id: '', uuid: '' };
  #resource: { of: Resource | null; parts: ResourceParts } | null = null;

  constructor(writer: AttributeWriter) {
    this.#writer = writer;
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

  #write(
    span: Span,
    scope: InstrumentationScope,
    parts: ResourceParts,
    origin: string,
    records: EventRecord[],
  ): void {
    const writer = this.#writer;
    const { spanId, parentSpanId, startNs } = span;
    const isFaulty = span.endNs < startNs || span.endNs >= INSTANTS_END_NS;
    const durationNs = isFaulty ? 0n : span.endNs - startNs;
    const payload = spanPayload(span, scope, durationNs, writer);
    const isRequest = payload.kind === 'HttpRequest';
    const status = isHttpServer(span) ? httpStatus(span) : 0;
    const isError = isEntry(span) && (span.status.code === ERROR_STATUS || isServerError(status));
    const traceId = this.#traceUuid(span.traceId);
    const { service } = parts;
    const id = spanEventId(spanId, 'span');
    const inside = span.events.length === 0 ? [] : this.#partPayloads(span);
    records.push({
      id,
      traceId,
      parentId: parentSpanId === '' ? null : spanEventId(parentSpanId, 'span'),
      timestamp: this.#instants.write(startNs),
      timestampNs: startNs,
      kind: payload.kind,
      service,
      payload: payload.payload,
      metadata: this.#metadata(span, parts, payload.tags, isRequest ? null : durationNs),
      vector: '[]',
      lockSet: '[]',
      extra: this.#spanExtra(span, payload, isFaulty, inside, origin),
      operation: payload.operation,
      isError: !isRequest && isError,
    });
    span.events.forEach((event, index) => {
      const part = inside[index];
      if (part == null) return;
      records.push({
        id: spanEventId(spanId, 'event', index),
        traceId,
        parentId: id,
        timestamp: this.#instants.write(event.timeNs),
        timestampNs: event.timeNs,
        kind: part.kind,
        service,
        payload: part.payload,
        metadata: this.#metadata(span, parts, part.tags, null),
        vector: '[]',
        lockSet: '[]',
        extra: this.#partExtra(spanId, event, index, part),
        operation: part.operation,
        isError: false,
      });
    });
    if (!isRequest) return;
    const endNs = startNs + durationNs;
    records.push({
      id: spanEventId(spanId, 'response'),
      traceId,
      parentId: id,
      timestamp: this.#instants.write(endNs),
      timestampNs: endNs,
      kind: 'HttpResponse',
      service,
      payload: `{"status":${status},"headers":null,"duration_ms":${millisecondsText(durationNs)}}`,
      metadata: this.#metadata(span, parts, 'null', durationNs),
      vector: '[]',
      lockSet: '[]',
      extra: `{"otel":{"span_id":"${spanId}","part":"response"}}`,
      operation: 'HttpResponse',
      isError,
    });
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

  #spanExtra(
    span: Span,
    payload: EventPayload,
    isFaulty: boolean,
    inside: readonly (EventPayload | null)[],
    origin: string,
  ): string {
    const writer = this.#writer;
    const start = writer.begin();
    writer.add('{"otel":{"span_id":"');
    writer.add(span.spanId);
    writer.add(`","kind":${span.kind}`);
    if (span.parentSpanId !== '') {
      writer.add(',"parent_span_id":"');
      writer.add(span.parentSpanId);
      writer.add('"');
    }
    this.#textMember('trace_state', span.traceState);
    this.#numberMember('flags', span.flags);
    if (!holdsName(payload, span)) {
      writer.add(',"name":');
      writer.addText(span.name);
    }
    if (isFaulty) writer.add(`,"clock_fault":true,"end_ns":"${span.endNs}"`);
    this.#attributesMember(span.attributes, span.droppedAttributes, payload.moved);
    span.events.forEach((event, index) => {
      writer.add(index === 0 ? ',"events":[' : ',');
      if (inside[index] != null) writer.add('null');
      else this.#inlineEvent(event);
      if (index === span.events.length - 1) writer.add(']');
    });
    this.#numberMember('dropped_events', span.droppedEvents);
    span.links.forEach((link, index) => {
      writer.add(index === 0 ? ',"links":[' : ',');
      this.#link(link);
      if (index === span.links.length - 1) writer.add(']');
    });
    this.#numberMember('dropped_links', span.droppedLinks);
    const { code, message } = span.status;
    if (code !== 0 || message !== '') {
      writer.add(`,"status":{"code":${code},"message":`);
      writer.addText(message);
      writer.add('}');
    }
    writer.add(origin);
    writer.add('}}');
    return writer.end(start);
  }

  #partExtra(spanId: string, event: SpanEvent, index: number, payload: EventPayload): string {
    const writer = this.#writer;
    const start = writer.begin();
    writer.add(`{"otel":{"span_id":"${spanId}","part":"event","index":${index},"name":`);
    writer.addText(event.name);
    this.#attributesMember(event.attributes, event.droppedAttributes, payload.moved);
    writer.add('}}');
    return writer.end(start);
  }

  #inlineEvent({ timeNs, name, attributes, droppedAttributes }: SpanEvent): void {
    this.#writer.add(`{"time_ns":"${timeNs}","name":`);
    this.#writer.addText(name);
    this.#attributesMember(attributes, droppedAttributes, null);
    this.#writer.add('}');
  }

  #link(link: SpanLink): void {
    const writer = this.#writer;
    writer.add('{"trace_id":');
    writer.addText(link.traceId);
    writer.add(',"span_id":');
    writer.addText(link.spanId);
    this.#textMember('trace_state', link.traceState);
    this.#numberMember('flags', link.flags);
    this.#attributesMember(link.attributes, link.droppedAttributes, null);
    writer.add('}');
  }

  #attributesMember(attributes: Attributes, dropped: number, moved: Moved | null): void {
    if (attributes.size > 0) {
      this.#writer.add(',"attributes":');
      this.#writer.addAttributes(attributes, moved);
    }
    this.#numberMember('dropped_attributes', dropped);
  }

  #textMember(name: string, text: string): void {
    if (text === '') return;
    this.#writer.add(`,"${name}":`);
    this.#writer.addText(text);
  }

  #numberMember(name: string, number: number): void {
    if (number !== 0) this.#writer.add(`,"${name}":${number}`);
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

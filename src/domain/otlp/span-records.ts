import type { EventRecord } from '../event/event.ts';
import { textOf } from './attribute.ts';
import type { AttributeWriter } from './attribute-text.ts';
import { spanEventId, traceUuid } from './event-ids.ts';
import { exceptionPayload } from './exception-payload.ts';
import { markPayload } from './mark-payload.ts';
import { type EventPayload, isServerError } from './payload.ts';
import { type ResourceParts, resourceParts, scopeMember } from './resource-parts.ts';
import { find } from './semantic-names.ts';
import { holdsName, httpStatus, isEntry, isHttpServer, spanPayload } from './span-payload.ts';
import { INSTANTS_END_NS, InstantWriter, isInstant } from './span-time.ts';
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
    const durationMs = String(Number(durationNs) / 1e6);
    const payload = spanPayload(span, scope, durationMs, writer);
    const isRequest = payload.kind === 'HttpRequest';
    const status = isHttpServer(span) ? httpStatus(span) : 0;
    const isError = isEntry(span) && (span.status.code === ERROR_STATUS || isServerError(status));
    const traceId = traceUuid(span.traceId);
    const { service } = parts;
    const head = `{${strandMembers(span)},${parts.metadata},"tags":`;
    const id = spanEventId(spanId, 'span');
    const place = `${textOf(find(span.attributes, 'httpRoute')?.value) ?? ''} ${span.name}`.trim();
    const inside = span.events.map((event) => this.#partPayload(event, place));
    const events = span.events.map((event, index) =>
      inside[index] == null ? this.#inlineEvent(event) : 'null',
    );
    const members = this.#spanMembers(span, payload, isFaulty);
    const duration = isRequest ? 'null' : String(durationNs);
    records.push({
      id,
      traceId,
      parentId: parentSpanId === '' ? null : spanEventId(parentSpanId, 'span'),
      timestamp: this.#instants.write(startNs),
      timestampNs: startNs,
      kind: payload.kind,
      service,
      payload: payload.payload,
      metadata: `${head}${payload.tags},"duration_ns":${duration}}`,
      vector: '[]',
      lockSet: '[]',
      extra: `{"otel":{${members}${eventList(events)}${origin}}}`,
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
        metadata: `${head}${part.tags},"duration_ns":null}`,
        vector: '[]',
        lockSet: '[]',
        extra: `{"otel":{"span_id":"${spanId}","part":"event","index":${index},${this.#eventMembers(event, part)}}}`,
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
      payload: `{"status":${status},"headers":null,"duration_ms":${durationMs}}`,
      metadata: `${head}null,"duration_ns":${durationNs}}`,
      vector: '[]',
      lockSet: '[]',
      extra: `{"otel":{"span_id":"${spanId}","part":"response"}}`,
      operation: 'HttpResponse',
      isError,
    });
  }

  #spanMembers(span: Span, payload: EventPayload, isFaulty: boolean): string {
    const writer = this.#writer;
    let text = `"span_id":"${span.spanId}"`;
    if (span.parentSpanId !== '') text += `,"parent_span_id":"${span.parentSpanId}"`;
    if (span.traceState !== '') text += `,"trace_state":${writer.text(span.traceState)}`;
    if (span.flags !== 0) text += `,"flags":${span.flags}`;
    text += `,"kind":${span.kind}`;
    if (!holdsName(payload, span)) text += `,"name":${writer.text(span.name)}`;
    if (isFaulty) text += `,"clock_fault":true,"end_ns":"${span.endNs}"`;
    if (span.attributes.size > 0) {
      text += `,"attributes":${writer.attributes(span.attributes, payload.moved)}`;
    }
    if (span.droppedAttributes > 0) text += `,"dropped_attributes":${span.droppedAttributes}`;
    if (span.droppedEvents > 0) text += `,"dropped_events":${span.droppedEvents}`;
    if (span.links.length > 0) text += `,"links":[${span.links.map((link) => this.#link(link))}]`;
    if (span.droppedLinks > 0) text += `,"dropped_links":${span.droppedLinks}`;
    const { code, message } = span.status;
    if (code === 0 && message === '') return text;
    return `${text},"status":{"code":${code},"message":${writer.text(message)}}`;
  }

  #link(link: SpanLink): string {
    const writer = this.#writer;
    let text = `"trace_id":${writer.text(link.traceId)},"span_id":${writer.text(link.spanId)}`;
    if (link.traceState !== '') text += `,"trace_state":${writer.text(link.traceState)}`;
    if (link.flags !== 0) text += `,"flags":${link.flags}`;
    if (link.attributes.size > 0) text += `,"attributes":${writer.attributes(link.attributes)}`;
    if (link.droppedAttributes > 0) text += `,"dropped_attributes":${link.droppedAttributes}`;
    return `{${text}}`;
  }

  /** What an event of a span becomes by itself; null when it stays with the span. */
  #partPayload({ name, attributes, timeNs }: SpanEvent, place: string): EventPayload | null {
    if (!isInstant(timeNs)) return null;
    if (name === 'exception') return exceptionPayload(attributes, this.#writer);
    return markPayload(name, attributes, place, this.#writer);
  }

  #inlineEvent(event: SpanEvent): string {
    return `{"time_ns":"${event.timeNs}",${this.#eventMembers(event, null)}}`;
  }

  #eventMembers(
    { name, attributes, droppedAttributes }: SpanEvent,
    payload: EventPayload | null,
  ): string {
    let text = `"name":${this.#writer.text(name)}`;
    if (attributes.size > 0) {
      text += `,"attributes":${this.#writer.attributes(attributes, payload?.moved)}`;
    }
    return droppedAttributes > 0 ? `${text},"dropped_attributes":${droppedAttributes}` : text;
  }
}

/** A span that is no entry lies on the strand of what it is done for. */
function strandMembers(span: Span): string {
  const { spanId, parentSpanId } = span;
  const strand = isEntry(span) ? spanId : parentSpanId;
  const upstream = isEntry(span) && parentSpanId !== '' ? `"${parentSpanId}"` : 'null';
  return `"thread_id":"span ${strand}","distributed_span_id":"${strand}","upstream_span_id":${upstream}`;
}

function eventList(events: readonly string[]): string {
  return events.length === 0 ? '' : `,"events":[${events.join(',')}]`;
}

function spanFault({ traceId, spanId, parentSpanId, startNs }: Span): string | null {
  const fault = idFault(traceId, spanId);
  if (fault !== null) return fault;
  if (parentSpanId !== '' && !SPAN_ID.test(parentSpanId)) {
    return 'has a parent span id that is not 8 bytes';
  }
  return isInstant(startNs) ? null : 'has a start time outside the years 1970 to 2261';
}

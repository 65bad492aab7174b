import type { Attributes } from './attribute.ts';
import type { AttributeWriter, Moved } from './attribute-text.ts';
import type { EventPayload } from './payload.ts';
import { holdsName } from './span-payload.ts';
import type { Span, SpanEvent, SpanLink } from './telemetry.ts';

/** Writes `otel`: all of a span that has no place in the event that it becomes. */
export class SpanExtra {
  readonly #writer: AttributeWriter;

  constructor(writer: AttributeWriter) {
    this.#writer = writer;
  }

  ofSpan(
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

  ofEvent(spanId: string, event: SpanEvent, index: number, payload: EventPayload): string {
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
}

import type { EventRecord } from '../event/event.ts';
import { type JsonObject, type JsonValue, numberOf, parseJson, stringifyJson } from '../json.ts';
import { memberIn, objectIn } from '../json-members.ts';
import { spanEventId } from './event-ids.ts';
import { storedAttributes } from './stored-attributes.ts';
import type { Group, InstrumentationScope, Resource, Span, SpanEvent } from './telemetry.ts';

/** An event with its texts read. */
interface StoredPart {
  readonly record: EventRecord;
  readonly otel: JsonObject;
  readonly payload: JsonObject;
}

/**
 * The spans that the events of one trace were made of, as they were sent, by what sent them. Events
 * of other origin are left out; so is what does not have the form of what is stored of a span.
 */
export function storedSpans(records: readonly EventRecord[]): Group<Span>[] {
  const parts = new Map<string, StoredPart>();
  for (const record of records) {
    const part = partOf(record);
    if (part !== null) parts.set(record.id, part);
  }
  const groups = new Map<string, Group<Span> & { items: Span[] }>();
  for (const part of parts.values()) {
    if (part.otel['part'] !== undefined) continue;
    const { resource, scope } = part.otel;
    const key = JSON.stringify([resource, scope].map((value) => textOfAny(value)));
    let group = groups.get(key);
    if (group === undefined) {
      group = { resource: resourceOf(resource), scope: scopeOf(scope), items: [] };
      groups.set(key, group);
    }
    group.items.push(spanOf(part, parts));
  }
  return [...groups.values()];
}

function partOf(record: EventRecord): StoredPart | null {
  if (!record.extra.includes('"otel"')) return null;
  const otel = objectIn(memberIn(parseJson(record.extra).value, 'otel'));
  if (otel === null || !/^[0-9a-f]{16}$/.test(String(otel['span_id']))) return null;
  return { record, otel, payload: objectIn(parseJson(record.payload).value) ?? {} };
}

function spanOf(
  { record, otel, payload }: StoredPart,
  parts: ReadonlyMap<string, StoredPart>,
): Span {
  const spanId = text(otel, 'span_id');
  const status = objectIn(otel['status']) ?? {};
  const links = Array.isArray(otel['links']) ? otel['links'] : [];
  const events = Array.isArray(otel['events']) ? otel['events'] : [];
  return {
    traceId: record.traceId.replaceAll('-', ''),
    spanId,
    traceState: text(otel, 'trace_state'),
    parentSpanId: text(otel, 'parent_span_id'),
    flags: number(otel, 'flags'),
    name: typeof otel['name'] === 'string' ? otel['name'] : text(payload, 'function_name'),
    kind: number(otel, 'kind'),
    startNs: record.timestampNs,
    endNs: endOf(record, otel, parts.get(spanEventId(spanId, 'response'))),
    attributes: storedAttributes(otel['attributes'], payload),
    droppedAttributes: number(otel, 'dropped_attributes'),
    events: events.map((event, index) =>
      eventOf(event, parts.get(spanEventId(spanId, 'event', index))),
    ),
    droppedEvents: number(otel, 'dropped_events'),
    links: links.map((link) => {
      const members = objectIn(link) ?? {};
      return {
        traceId: text(members, 'trace_id'),
        spanId: text(members, 'span_id'),
        traceState: text(members, 'trace_state'),
        attributes: storedAttributes(members['attributes'], {}),
        droppedAttributes: number(members, 'dropped_attributes'),
        flags: number(members, 'flags'),
      };
    }),
    droppedLinks: number(otel, 'dropped_links'),
    status: { code: number(status, 'code'), message: text(status, 'message') },
  };
}

/** The end stands by itself where it is not after the start; for a request, it is its response. */
function endOf(record: EventRecord, otel: JsonObject, response: StoredPart | undefined): bigint {
  const own = text(otel, 'end_ns');
  if (/^\d{1,20}$/.test(own)) return BigInt(own);
  if (record.kind === 'HttpRequest') return response?.record.timestampNs ?? record.timestampNs;
  const duration = memberIn(parseJson(record.metadata).value, 'duration_ns');
  const digits = textOfAny(duration);
  return /^\d{1,20}$/.test(digits) ? record.timestampNs + BigInt(digits) : record.timestampNs;
}

/** An event of a span, which may stand by itself. */
function eventOf(event: JsonValue, part: StoredPart | undefined): SpanEvent {
  const own = objectIn(event) ?? part?.otel ?? {};
  const payload = event === null ? (part?.payload ?? {}) : {};
  const time = text(own, 'time_ns');
  const inlineNs = /^\d{1,20}$/.test(time) ? BigInt(time) : 0n;
  return {
    timeNs: event === null ? (part?.record.timestampNs ?? 0n) : inlineNs,
    name: text(own, 'name'),
    attributes: storedAttributes(own['attributes'], payload),
    droppedAttributes: number(own, 'dropped_attributes'),
  };
}

function resourceOf(value: JsonValue | undefined): Resource {
  const resource = objectIn(value) ?? {};
  return {
    attributes: storedAttributes(resource['attributes'], {}),
    droppedAttributes: number(resource, 'dropped_attributes'),
    schemaUrl: text(resource, 'schema_url'),
  };
}

function scopeOf(value: JsonValue | undefined): InstrumentationScope {
  const scope = objectIn(value) ?? {};
  return {
    name: text(scope, 'name'),
    version: text(scope, 'version'),
    attributes: storedAttributes(scope['attributes'], {}),
    droppedAttributes: number(scope, 'dropped_attributes'),
    schemaUrl: text(scope, 'schema_url'),
  };
}

function text(of: JsonObject, name: string): string {
  const value = memberIn(of, name);
  return typeof value === 'string' ? value : '';
}

function number(of: JsonObject, name: string): number {
  return numberOf(memberIn(of, name)) ?? 0;
}

function textOfAny(value: JsonValue | undefined): string {
  return value === undefined ? '' : stringifyJson(value, true);
}

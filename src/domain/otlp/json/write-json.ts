import { type Attributes, type AttributeValue, BytesValue, DoubleValue } from '../attribute.ts';
import type { Group, Span, SpanEvent, SpanLink } from '../telemetry.ts';

/** Spans as the text of an `ExportTraceServiceRequest` in JSON, which every reader of OTLP takes. */
export function spansToJson(groups: readonly Group<Span>[]): string {
  return JSON.stringify({
    resourceSpans: groups.map(({ resource, scope, items }) => ({
      resource: {
        ...listOf('attributes', attributesToJson(resource.attributes)),
        ...numberOf('droppedAttributesCount', resource.droppedAttributes),
      },
      scopeSpans: [
        {
          scope: {
            ...textOf('name', scope.name),
            ...textOf('version', scope.version),
            ...listOf('attributes', attributesToJson(scope.attributes)),
            ...numberOf('droppedAttributesCount', scope.droppedAttributes),
          },
          spans: Array.from(items, spanToJson),
          ...textOf('schemaUrl', scope.schemaUrl),
        },
      ],
      ...textOf('schemaUrl', resource.schemaUrl),
    })),
  });
}

function spanToJson(span: Span): object {
  const { code, message } = span.status;
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    ...textOf('traceState', span.traceState),
    ...textOf('parentSpanId', span.parentSpanId),
    ...numberOf('flags', span.flags),
    name: span.name,
    kind: span.kind,
    startTimeUnixNano: String(span.startNs),
    endTimeUnixNano: String(span.endNs),
    ...listOf('attributes', attributesToJson(span.attributes)),
    ...numberOf('droppedAttributesCount', span.droppedAttributes),
    ...listOf('events', span.events.map(eventToJson)),
    ...numberOf('droppedEventsCount', span.droppedEvents),
    ...listOf('links', span.links.map(linkToJson)),
    ...numberOf('droppedLinksCount', span.droppedLinks),
    status: { ...numberOf('code', code), ...textOf('message', message) },
  };
}

function eventToJson({ timeNs, name, attributes, droppedAttributes }: SpanEvent): object {
  return {
    timeUnixNano: String(timeNs),
    name,
    ...listOf('attributes', attributesToJson(attributes)),
    ...numberOf('droppedAttributesCount', droppedAttributes),
  };
}

function linkToJson(link: SpanLink): object {
  return {
    traceId: link.traceId,
    spanId: link.spanId,
    ...textOf('traceState', link.traceState),
    ...listOf('attributes', attributesToJson(link.attributes)),
    ...numberOf('droppedAttributesCount', link.droppedAttributes),
    ...numberOf('flags', link.flags),
  };
}

function attributesToJson(attributes: Attributes): object[] {
  return [...attributes].map(([key, value]) => ({ key, value: valueToJson(value) }));
}

/** As deep as values may be nested when they are stored. */
function valueToJson(value: AttributeValue): object {
  if (value === null) return {};
  if (typeof value === 'string') return { stringValue: value };
  if (typeof value === 'boolean') return { boolValue: value };
  if (typeof value === 'number' || typeof value === 'bigint') return { intValue: String(value) };
  if (value instanceof DoubleValue) {
    const isPlain = Number.isFinite(value.value) && !Object.is(value.value, -0);
    return { doubleValue: isPlain ? value.value : doubleName(value.value) };
  }
  if (value instanceof BytesValue) return { bytesValue: value.base64 };
  if (value instanceof Map) return { kvlistValue: { values: attributesToJson(value) } };
  return { arrayValue: { values: (value as readonly AttributeValue[]).map(valueToJson) } };
}

function doubleName(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

function textOf(name: string, value: string): object {
  return value === '' ? {} : { [name]: value };
}

function numberOf(name: string, value: number): object {
  return value === 0 ? {} : { [name]: value };
}

function listOf(name: string, value: readonly object[]): object {
  return value.length === 0 ? {} : { [name]: value };
}

import {
  type Attributes,
  type AttributeValue,
  BytesValue,
  DoubleValue,
  textOf,
} from '../attribute.ts';
import { ERROR_STATUS, type Group, type Resource, type Span } from '../telemetry.ts';
import { kindNumbers, microseconds } from './foreign-ids.ts';

/** A tag, as Jaeger writes it. */
interface JaegerTag {
  readonly key: string;
  readonly type: 'string' | 'bool' | 'int64' | 'float64' | 'binary';
  readonly value: string | boolean | number;
}

/** A trace, as Jaeger's query service answers it. */
export interface JaegerTrace {
  readonly traceID: string;
  readonly spans: readonly JaegerSpan[];
  readonly processes: Readonly<Record<string, { serviceName: string; tags: JaegerTag[] }>>;
  readonly warnings: null;
}

export interface JaegerSpan {
  readonly traceID: string;
  readonly spanID: string;
  readonly operationName: string;
  readonly references: readonly { refType: string; traceID: string; spanID: string }[];
  /** Microseconds since 1970. */
  readonly startTime: number;
  /** Microseconds. */
  readonly duration: number;
  readonly tags: readonly JaegerTag[];
  readonly logs: readonly { timestamp: number; fields: JaegerTag[] }[];
  readonly processID: string;
  readonly warnings: null;
}

const kindNames = new Map([...kindNumbers].map(([name, number]) => [number, name]));
const statusNames = new Map([
  [1, 'OK'],
  [ERROR_STATUS, 'ERROR'],
]);

/** The spans of one trace as Jaeger shows them: times in microseconds, values in lists as text. */
export function jaegerTrace(traceId: string, groups: Iterable<Group<Span>>): JaegerTrace {
  const processes: Record<string, { serviceName: string; tags: JaegerTag[] }> = {};
  const ids = new Map<string, string>();
  const spans: JaegerSpan[] = [];
  for (const { resource, scope, items } of groups) {
    const process = jaegerProcess(resource);
    const key = JSON.stringify(process);
    const id = ids.get(key) ?? `p${ids.size + 1}`;
    ids.set(key, id);
    processes[id] = process;
    for (const span of items) spans.push(jaegerSpan(span, scope, id));
  }
  return { traceID: traceId, spans, processes, warnings: null };
}

function jaegerSpan(span: Span, scope: Group<Span>['scope'], processID: string): JaegerSpan {
  const { status, kind, traceId } = span;
  const endNs = span.endNs > span.startNs ? span.endNs : span.startNs;
  const parent = { refType: 'CHILD_OF', traceID: traceId, spanID: span.parentSpanId };
  const links = span.links.map((link) => ({
    refType: 'FOLLOWS_FROM',
    traceID: link.traceId,
    spanID: link.spanId,
  }));
  return {
    traceID: traceId,
    spanID: span.spanId,
    operationName: span.name,
    references: span.parentSpanId === '' ? links : [parent, ...links],
    startTime: microseconds(span.startNs),
    duration: microseconds(endNs - span.startNs),
    tags: [
      ...textTag('otel.scope.name', scope.name),
      ...textTag('otel.scope.version', scope.version),
      ...jaegerTags(span.attributes),
      ...textTag('span.kind', kindNames.get(kind) ?? ''),
      ...textTag('otel.status_code', statusNames.get(status.code) ?? ''),
      ...textTag('otel.status_description', status.message),
      ...(status.code === ERROR_STATUS
        ? [{ key: 'error', type: 'bool' as const, value: true }]
        : []),
      ...textTag('w3c.tracestate', span.traceState),
    ],
    logs: span.events.map(({ timeNs, name, attributes }) => ({
      timestamp: microseconds(timeNs),
      fields: [...textTag('event', name), ...jaegerTags(attributes)],
    })),
    processID,
    warnings: null,
  };
}

function jaegerProcess({ attributes }: Resource): { serviceName: string; tags: JaegerTag[] } {
  const tags = jaegerTags(attributes).filter(({ key }) => key !== 'service.name');
  return { serviceName: textOf(attributes.get('service.name')) ?? '', tags };
}

function jaegerTags(attributes: Attributes): JaegerTag[] {
  return [...attributes].map(([key, value]) => ({ key, ...jaegerValue(value) }));
}

function textTag(key: string, value: string): JaegerTag[] {
  return value === '' ? [] : [{ key, type: 'string', value }];
}

function jaegerValue(value: AttributeValue): Omit<JaegerTag, 'key'> {
  if (typeof value === 'boolean') return { type: 'bool', value };
  if (typeof value === 'number') return { type: 'int64', value };
  // A number that no double holds.
  if (typeof value === 'bigint') return { type: 'string', value: String(value) };
  if (value instanceof DoubleValue && Number.isFinite(value.value)) {
    return { type: 'float64', value: value.value };
  }
  if (value instanceof BytesValue) return { type: 'binary', value: value.base64 };
  return { type: 'string', value: typeof value === 'string' ? value : plainText(value) };
}

/** As deep as values may be nested when they are stored. */
function plainText(value: AttributeValue): string {
  return JSON.stringify(value, (_name, inner: unknown) => {
    if (inner instanceof Map) return Object.fromEntries(inner);
    if (inner instanceof DoubleValue) return inner.value;
    if (inner instanceof BytesValue) return inner.base64;
    return typeof inner === 'bigint' ? String(inner) : inner;
  });
}

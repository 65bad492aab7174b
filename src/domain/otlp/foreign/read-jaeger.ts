import type { JsonObject, JsonValue } from '../../json.ts';
import {
  type Attributes,
  type AttributeValue,
  BytesValue,
  DoubleValue,
  integerValue,
  textOf,
} from '../attribute.ts';
import {
  innerObject,
  list,
  memberOf,
  objectOf,
  text,
  uint64,
  wholeNumber,
} from '../json/json-members.ts';
import type { Group, Resource, Span, SpanEvent, SpanLink, SpanStatus } from '../telemetry.ts';
import { kindNumbers, nanoseconds, paddedId } from './foreign-ids.ts';

/** Tags that stand elsewhere in a span of OTLP. */
const PLACED = new Set([
  'span.kind',
  'otel.status_code',
  'otel.status_description',
  'otel.scope.name',
  'otel.scope.version',
  'otel.library.name',
  'otel.library.version',
  'w3c.tracestate',
]);
const statusCodes = new Map([
  ['OK', 1],
  ['ERROR', 2],
]);

/**
 * The spans of traces as Jaeger's page downloads them, and its query service answers.
 *
 * @throws {UndecodableBody} when they are of another form
 */
export function readJaeger(download: JsonObject): Group<Span>[] {
  return list(download, 'data', 'file').flatMap((element, index) => {
    const path = `data[${index}]`;
    const trace = objectOf(element, path);
    const processes = innerObject(trace, 'processes', path);
    return list(trace, 'spans', path).map((item, place) =>
      readSpan(objectOf(item, path), processes, `${path}.spans[${place}]`),
    );
  });
}

/** Each span by itself: its library is told by its tags. */
function readSpan(span: JsonObject, processes: JsonObject, path: string): Group<Span> {
  const tags = readTags(list(span, 'tags', path), path);
  const process = memberOf(processes, text(span, 'processID', path)) ?? memberOf(span, 'process');
  const startNs = nanoseconds(uint64(span, 'startTime', path));
  const traceId = paddedId(text(span, 'traceID', path), 32);
  const references = list(span, 'references', path).map((item) => objectOf(item, path));
  const parent = references.find(
    (reference) =>
      text(reference, 'refType', path) === 'CHILD_OF' &&
      paddedId(text(reference, 'traceID', path), 32) === traceId,
  );
  const isError = tags.get('error') === true || textOf(tags.get('error')) === 'true';
  const named = (...names: string[]) =>
    names.map((name) => textOf(tags.get(name))).find((value) => value !== null) ?? '';
  const parentId =
    parent === undefined ? text(span, 'parentSpanID', path) : text(parent, 'spanID', path);
  return {
    resource: readProcess(process, path),
    scope: {
      name: named('otel.scope.name', 'otel.library.name'),
      version: named('otel.scope.version', 'otel.library.version'),
      attributes: new Map(),
      droppedAttributes: 0,
      schemaUrl: '',
    },
    items: [
      {
        traceId,
        spanId: paddedId(text(span, 'spanID', path), 16),
        traceState: named('w3c.tracestate'),
        parentSpanId: parentId === '' ? '' : paddedId(parentId, 16),
        flags: 0,
        name: text(span, 'operationName', path),
        kind: kindNumbers.get(named('span.kind').toLowerCase()) ?? 1,
        startNs,
        endNs: startNs + nanoseconds(uint64(span, 'duration', path)),
        attributes: withoutPlaced(tags),
        droppedAttributes: 0,
        events: list(span, 'logs', path).map((log) => readLog(objectOf(log, path), path)),
        droppedEvents: 0,
        links: references.filter((one) => one !== parent).map((one) => readLink(one, path)),
        droppedLinks: 0,
        status: readStatus(named('otel.status_code'), named('otel.status_description'), isError),
      },
    ],
  };
}

function readStatus(code: string, message: string, isError: boolean): SpanStatus {
  return { code: statusCodes.get(code) ?? (isError ? 2 : 0), message };
}

function readProcess(value: JsonValue | undefined, path: string): Resource {
  const process = value === undefined ? {} : objectOf(value, path);
  const attributes = new Map(readTags(list(process, 'tags', path), path));
  attributes.set('service.name', text(process, 'serviceName', path));
  return { attributes, droppedAttributes: 0, schemaUrl: '' };
}

function readLog(log: JsonObject, path: string): SpanEvent {
  const fields = new Map(readTags(list(log, 'fields', path), path));
  const name = textOf(fields.get('event')) ?? '';
  fields.delete('event');
  return {
    timeNs: nanoseconds(uint64(log, 'timestamp', path)),
    name,
    attributes: fields,
    droppedAttributes: 0,
  };
}

function readLink(reference: JsonObject, path: string): SpanLink {
  return {
    traceId: paddedId(text(reference, 'traceID', path), 32),
    spanId: paddedId(text(reference, 'spanID', path), 16),
    traceState: '',
    attributes: new Map(),
    droppedAttributes: 0,
    flags: 0,
  };
}

function readTags(tags: readonly JsonValue[], path: string): Attributes {
  return new Map(
    tags.map((element) => {
      const tag = objectOf(element, path);
      return [text(tag, 'key', path), readValue(tag, path)];
    }),
  );
}

function readValue(tag: JsonObject, path: string): AttributeValue {
  const value = memberOf(tag, 'value') ?? null;
  switch (text(tag, 'type', path).toLowerCase()) {
    case 'bool':
      return value === true || value === 'true';
    case 'int64':
      return integerValue(wholeNumber(value) ?? 0n);
    case 'float64':
      return new DoubleValue(Number(value));
    case 'binary':
      return new BytesValue(String(value));
    default:
      return typeof value === 'string' ? value : JSON.stringify(value);
  }
}

function withoutPlaced(tags: Attributes): Attributes {
  return new Map([...tags].filter(([name]) => !PLACED.has(name)));
}

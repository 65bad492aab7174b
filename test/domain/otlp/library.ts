import protobuf from 'protobufjs';

/** The messages of OTLP for the library, as far as they are read here: numbers and types of fields. */

type FieldText = readonly [name: string, type: string, number: number];

function message(...fields: readonly FieldText[]) {
  return {
    fields: Object.fromEntries(
      fields.map(([name, type, id]) => [
        name,
        type.startsWith('repeated ')
          ? { type: type.slice('repeated '.length), id, rule: 'repeated' }
          : { type, id },
      ]),
    ),
  };
}

const attributes = (number: number): FieldText => ['attributes', 'repeated KeyValue', number];
const dropped = (number: number): FieldText => ['droppedAttributesCount', 'uint32', number];

const root = protobuf.Root.fromJSON({
  nested: {
    KeyValue: message(['key', 'string', 1], ['value', 'AnyValue', 2]),
    AnyValue: {
      ...message(
        ['stringValue', 'string', 1],
        ['boolValue', 'bool', 2],
        ['intValue', 'int64', 3],
        ['doubleValue', 'double', 4],
        ['arrayValue', 'ArrayValue', 5],
        ['kvlistValue', 'KeyValueList', 6],
        ['bytesValue', 'bytes', 7],
      ),
      oneofs: {
        value: {
          oneof: [
            'stringValue',
            'boolValue',
            'intValue',
            'doubleValue',
            'arrayValue',
            'kvlistValue',
            'bytesValue',
          ],
        },
      },
    },
    ArrayValue: message(['values', 'repeated AnyValue', 1]),
    KeyValueList: message(['values', 'repeated KeyValue', 1]),
    Resource: message(attributes(1), dropped(2)),
    Scope: message(['name', 'string', 1], ['version', 'string', 2], attributes(3), dropped(4)),
    Traces: message(['resourceSpans', 'repeated ResourceSpans', 1]),
    ResourceSpans: message(
      ['resource', 'Resource', 1],
      ['scopeSpans', 'repeated ScopeSpans', 2],
      ['schemaUrl', 'string', 3],
    ),
    ScopeSpans: message(
      ['scope', 'Scope', 1],
      ['spans', 'repeated Span', 2],
      ['schemaUrl', 'string', 3],
    ),
    Span: message(
      ['traceId', 'bytes', 1],
      ['spanId', 'bytes', 2],
      ['traceState', 'string', 3],
      ['parentSpanId', 'bytes', 4],
      ['name', 'string', 5],
      ['kind', 'uint32', 6],
      ['startTimeUnixNano', 'fixed64', 7],
      ['endTimeUnixNano', 'fixed64', 8],
      attributes(9),
      dropped(10),
      ['events', 'repeated Event', 11],
      ['droppedEventsCount', 'uint32', 12],
      ['links', 'repeated Link', 13],
      ['droppedLinksCount', 'uint32', 14],
      ['status', 'Status', 15],
      ['flags', 'fixed32', 16],
    ),
    Event: message(
      ['timeUnixNano', 'fixed64', 1],
      ['name', 'string', 2],
      attributes(3),
      dropped(4),
    ),
    Link: message(
      ['traceId', 'bytes', 1],
      ['spanId', 'bytes', 2],
      ['traceState', 'string', 3],
      attributes(4),
      dropped(5),
      ['flags', 'fixed32', 6],
    ),
    Status: message(['message', 'string', 2], ['code', 'uint32', 3]),
    Logs: message(['resourceLogs', 'repeated ResourceLogs', 1]),
    ResourceLogs: message(
      ['resource', 'Resource', 1],
      ['scopeLogs', 'repeated ScopeLogs', 2],
      ['schemaUrl', 'string', 3],
    ),
    ScopeLogs: message(
      ['scope', 'Scope', 1],
      ['logRecords', 'repeated LogRecord', 2],
      ['schemaUrl', 'string', 3],
    ),
    LogRecord: message(
      ['timeUnixNano', 'fixed64', 1],
      ['severityNumber', 'uint32', 2],
      ['severityText', 'string', 3],
      ['body', 'AnyValue', 5],
      attributes(6),
      dropped(7),
      ['flags', 'fixed32', 8],
      ['traceId', 'bytes', 9],
      ['spanId', 'bytes', 10],
      ['observedTimeUnixNano', 'fixed64', 11],
      ['eventName', 'string', 12],
    ),
  },
});

const byName = { traces: root.lookupType('Traces'), logs: root.lookupType('Logs') };

/** What the library reads, in the JSON of OTLP: ids in hexadecimal digits, long numbers as text. */
export function libraryJson(signal: keyof typeof byName, body: Uint8Array): Buffer {
  const type = byName[signal];
  const plain = type.toObject(type.decode(body), { longs: String, bytes: Buffer, json: true });
  return Buffer.from(JSON.stringify(plain, replaceBytes));
}

/** A body in protobuf, as the library writes it. */
export function libraryBytes(signal: keyof typeof byName, content: object): Buffer {
  const type = byName[signal];
  return Buffer.from(type.encode(type.fromObject(content)).finish());
}

function replaceBytes(this: unknown, name: string, value: unknown): unknown {
  const raw = name === '' ? value : (this as Record<string, unknown>)[name];
  if (!(raw instanceof Uint8Array)) return value;
  return Buffer.from(raw).toString(name.endsWith('Id') ? 'hex' : 'base64');
}

/** The JSON of OTLP has ids in hexadecimal digits, that of the library in Base64. */
export function withBase64Ids(body: Buffer): object {
  return JSON.parse(body.toString(), (name, value) =>
    /^(?:trace|span|parentSpan)Id$/.test(name) && typeof value === 'string'
      ? Buffer.from(value, 'hex').toString('base64')
      : value,
  );
}

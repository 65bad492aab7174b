import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRedaction, nothingRedacted } from '../../../src/domain/event/redaction.ts';
import { OtlpReader } from '../../../src/domain/otlp/otlp-batch.ts';
import { assertCarefully } from './careful.ts';
import { libraryBytes, withBase64Ids } from './library.ts';

const text = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const number = (key: string, intValue: string) => ({ key, value: { intValue } });
const server = { kind: 2 };
const client = { kind: 3 };

/** Members that spans have beside ids and times, and whether they can be read where they stand. */
const spans: Readonly<Record<string, readonly [isOrdinary: boolean, members: object]>> = {
  'nothing more': [true, {}],
  'a name with escapes': [true, { name: 'say "hello" – \\ ☃' }],
  'no name': [true, { name: '' }],
  'a name as SDKs mark ends': [true, { name: 'load:error' }],
  'a long name': [false, { name: 'x'.repeat(300) }],
  'a request': [
    true,
    { ...server, attributes: [text('http.method', 'get'), text('http.target', '/orders/17?q=1')] },
  ],
  'a request with a whole URL': [
    true,
    { ...server, attributes: [text('http.method', 'GET'), text('url.full', 'https://a.b/c/1')] },
  ],
  'a request with both generations': [
    true,
    {
      ...server,
      attributes: [
        text('http.target', '/old'),
        text('url.path', '/new/x%20y'),
        text('http.method', 'PUT'),
        text('http.request.method', 'POST'),
        number('http.status_code', '200'),
        number('http.response.status_code', '503'),
      ],
    },
  ],
  'a request without a URL': [
    true,
    { ...server, attributes: [text('http.method', 'GET'), text('http.route', '/a/:id')] },
  ],
  'a method that is no text': [false, { ...server, attributes: [number('http.method', '7')] }],
  'a status that is text': [
    false,
    { ...server, attributes: [text('http.method', 'GET'), text('http.status_code', '404')] },
  ],
  'a status of many digits': [
    false,
    {
      ...server,
      attributes: [text('http.method', 'GET'), number('http.status_code', '5000000000')],
    },
  ],
  'a refusal': [
    true,
    { ...server, attributes: [text('http.method', 'GET'), number('http.status_code', '404')] },
  ],
  'a method that has no value': [
    true,
    {
      ...server,
      attributes: [{ key: 'http.request.method', value: {} }, text('http.method', 'GET')],
    },
  ],
  'a name that comes twice': [
    true,
    { ...server, attributes: [text('http.method', 'GET'), text('http.method', 'PUT')] },
  ],
  'a query': [
    true,
    {
      ...client,
      attributes: [
        text('db.system', 'postgresql'),
        text('db.statement', `SELECT * FROM "t" WHERE id = 17 AND name = 'x'`),
        text('db.name', 'shop'),
      ],
    },
  ],
  'a query without a statement': [true, { ...client, attributes: [text('db.system', 'redis')] }],
  'a statement that is no text': [
    false,
    { ...client, attributes: [text('db.system', 'redis'), number('db.statement', '1')] },
  ],
  'a database with a long name': [
    false,
    { ...client, attributes: [text('db.system', 'redis'), text('db.name', 'x'.repeat(1025))] },
  ],
  'a message that is sent': [true, { kind: 4, attributes: [text('messaging.system', 'kafka')] }],
  'a message that is received': [
    true,
    { kind: 5, attributes: [text('messaging.operation.type', 'receive')] },
  ],
  'a failure': [true, { status: { code: 2, message: 'no "luck"' } }],
  'a failure of a step inside': [true, { parentSpanId: '00f067aa0ba902b9', status: { code: 2 } }],
  'a parent of zeros': [true, { parentSpanId: '0000000000000000' }],
  'half of a parent': [false, { parentSpanId: '00f067aa' }],
  'a trace id of zeros': [false, { traceId: '0'.repeat(32) }],
  'a span id that is short': [false, { spanId: '00f067aa' }],
  'no start': [false, { startTimeUnixNano: '0' }],
  'an end before its start': [false, { endTimeUnixNano: '1700000000000000000' }],
  'values of all kinds': [
    true,
    {
      traceState: 'a=b',
      flags: 257,
      droppedAttributesCount: 3,
      droppedEventsCount: 2,
      droppedLinksCount: 1,
      attributes: [
        { key: 'yes', value: { boolValue: true } },
        { key: 'pi', value: { doubleValue: 3.25 } },
        { key: 'whole', value: { doubleValue: 2 } },
        { key: 'bytes', value: { bytesValue: 'AAEC' } },
        number('below', '-9223372036854775808'),
        { key: 'nothing', value: {} },
        text('wide', 'ä€😀'),
      ],
    },
  ],
  'a list': [
    false,
    { attributes: [{ key: 'list', value: { arrayValue: { values: [{ intValue: '1' }] } } }] },
  ],
  'a map': [
    false,
    { attributes: [{ key: 'map', value: { kvlistValue: { values: [number('a', '1')] } } }] },
  ],
  'a NUL in a text': [false, { attributes: [text('a', 'x\0y')] }],
  'a name of other letters': [false, { attributes: [text('größe', 'x')] }],
  'an event': [false, { events: [{ timeUnixNano: '1800000000000000001', name: 'waited' }] }],
  'an exception': [
    false,
    {
      events: [
        {
          timeUnixNano: '1800000000000000001',
          name: 'exception',
          attributes: [text('exception.type', 'E')],
        },
      ],
    },
  ],
  'a link': [false, { links: [{ traceId: '1'.repeat(32), spanId: '2'.repeat(16) }] }],
  'a header that is not to be stored': [
    false,
    { attributes: [text('http.request.header.cookie', 'secret')] },
  ],
};

/** What only one of the formats has no quick way for. */
const oneFormat: ReadonlyMap<string, string> = new Map([['values of all kinds', 'json']]);

const redaction = compileRedaction({ headers: ['cookie'], tags: [], paths: [] });

function requestOf(members: object): Buffer {
  const span = {
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    spanId: '00f067aa0ba902b7',
    name: 'step',
    startTimeUnixNano: '1800000000000000000',
    endTimeUnixNano: '1800000000012345678',
    ...members,
  };
  const resource = { attributes: [text('service.name', 'shop')] };
  const scopeSpans = [{ scope: { name: 'library' }, spans: [span] }];
  return Buffer.from(JSON.stringify({ resourceSpans: [{ resource, scopeSpans }] }));
}

for (const [name, [isOrdinary, members]] of Object.entries(spans)) {
  test(`a span with ${name} becomes the same by either way`, () => {
    const json = requestOf(members);
    const bodies = { json, protobuf: libraryBytes('traces', withBase64Ids(json)) };
    for (const format of ['protobuf', 'json'] as const) {
      const batch = new OtlpReader(redaction).traces(bodies[format], format, null);
      const outlined = assertCarefully(batch, bodies[format], format, redaction);
      assert.equal(outlined > 0, isOrdinary && !oneFormat.get(name)?.includes(format), format);
      assert.ok(!batch.events.some(({ extra }) => extra.includes('secret')));
    }
  });
}

test('where paths are not to be stored, all texts are made at once', () => {
  const body = libraryBytes('traces', withBase64Ids(requestOf({})));
  const careful = compileRedaction({ headers: [], tags: [], paths: ['otel.name'] });
  const [event] = new OtlpReader(careful).traces(body, 'protobuf', null).events;
  assert.equal(event?.source, undefined);
  const [left] = new OtlpReader(nothingRedacted).traces(body, 'protobuf', null).events;
  assert.notEqual(left?.source, undefined);
});

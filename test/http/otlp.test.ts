import assert from 'node:assert/strict';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { RacewayError } from '../../src/domain/errors.ts';
import { readJsonSpans } from '../../src/domain/otlp/json/json-spans.ts';
import { readProtobufSpans } from '../../src/domain/otlp/protobuf/protobuf-spans.ts';
import { WireReader } from '../../src/domain/otlp/protobuf/wire-reader.ts';
import type { Group, Span } from '../../src/domain/otlp/telemetry.ts';
import type { App } from '../../src/http/context.ts';
import { libraryBytes } from '../domain/otlp/library.ts';
import { plainSpans, wholeGroups } from '../domain/otlp/plain.ts';
import { getSettled, KEY, testApp } from '../support/app.ts';
import { backends, memoryBackend } from '../support/backends.ts';
import {
  type RecordedExport,
  recordedExports,
  recordingNames,
} from '../support/otlp-recordings.ts';
import { storageWith } from '../support/storage-with.ts';

const PROTOBUF = { 'content-type': 'application/x-protobuf' };
const JSON_TYPE = { 'content-type': 'application/json' };
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const START = '1795979940880000001';

function spanOf(change: object = {}): object {
  return {
    traceId: TRACE,
    spanId: SPAN,
    name: 'work',
    kind: 1,
    startTimeUnixNano: START,
    endTimeUnixNano: '1795979940880000501',
    ...change,
  };
}

function bodyOf(spans: readonly object[], service = 'shop'): string {
  const attributes = [{ key: 'service.name', value: { stringValue: service } }];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] });
}

function postJson(app: App, body: string, headers: Record<string, string> = {}) {
  return app.inject({
    method: 'POST',
    url: '/v1/traces',
    headers: { ...JSON_TYPE, ...headers },
    body,
  });
}

function send(app: App, { path, headers, sent }: RecordedExport) {
  return app.inject({ method: 'POST', url: path, headers, body: sent });
}

async function exportedSpans(app: App, traceIds: Iterable<string>): Promise<Group<Span>[]> {
  const groups: Group<Span>[] = [];
  for (const traceId of traceIds) {
    const reply = await app.inject({ url: `/api/traces/${traceId}?format=otlp` });
    assert.equal(reply.statusCode, 200, reply.body);
    groups.push(...readJsonSpans(reply.rawPayload));
  }
  return groups;
}

for (const backend of backends) {
  test(`${backend.name}: recorded traffic comes back as the spans that were sent, and once`, async (t) => {
    const storage = await backend.open();
    const { app } = await testApp(t, { storage, bufferSize: 100_000 });
    const countEvents = async () => (await storage.statistics()).eventCount;
    for (const name of recordingNames()) {
      const exports = recordedExports(name);
      const traces = exports.filter(({ path }) => path === '/v1/traces');
      for (const one of exports) {
        const reply = await send(app, one);
        assert.equal(reply.statusCode, 200, `${name} ${reply.body}`);
        assert.equal(reply.headers['content-type'], one.headers['content-type']);
        if (one.path !== '/v1/traces') continue;
        assert.equal(reply.body, one.format === 'json' ? '{}' : '');
      }
      const sent = traces.flatMap(({ format, body }) =>
        wholeGroups(format === 'json' ? readJsonSpans(body) : readProtobufSpans(body)),
      );
      const traceIds = new Set(sent.flatMap(({ items }) => items.map(({ traceId }) => traceId)));
      assert.deepEqual(plainSpans(await exportedSpans(app, traceIds)), plainSpans(sent), name);
      const before = await countEvents();
      for (const one of exports) assert.equal((await send(app, one)).statusCode, 200);
      assert.equal(await countEvents(), before, `${name} was sent twice`);
    }
  });
}

test('what cannot be stored is counted with its reasons, and the rest is stored', async (t) => {
  const { app } = await testApp(t);
  const spans = [
    spanOf(),
    spanOf({ traceId: '00000000000000000000000000000000' }),
    spanOf({ traceId: 'abcd' }),
    spanOf({ spanId: '0000000000000000' }),
    spanOf({ startTimeUnixNano: '0' }),
    spanOf({ startTimeUnixNano: '18446744073709551615' }),
    spanOf({ attributes: [{ key: 'a', value: { stringValue: 'b\0' } }] }),
  ];
  const reply = await postJson(app, bodyOf(spans));
  assert.equal(reply.statusCode, 200);
  const { partialSuccess } = reply.json() as { partialSuccess: Record<string, string> };
  assert.equal(partialSuccess['rejectedSpans'], '6');
  assert.match(
    partialSuccess['errorMessage'] ?? '',
    /2 spans: has a trace id that is not 16 bytes/,
  );
  assert.equal((await app.inject({ url: `/api/traces/${TRACE}` })).statusCode, 200);
});

test('a partial success in protobuf has the count and the reasons', async (t) => {
  const { app } = await testApp(t);
  const body = libraryBytes('traces', {
    resourceSpans: [{ scopeSpans: [{ spans: [{ name: 'x', startTimeUnixNano: START }] }] }],
  });
  const reply = await app.inject({ method: 'POST', url: '/v1/traces', headers: PROTOBUF, body });
  assert.equal(reply.statusCode, 200);
  const reader = new WireReader(reply.rawPayload);
  assert.equal(reader.tag(), 0x0a);
  reader.enter();
  assert.deepEqual([reader.tag(), reader.int64()], [0x08, 1]);
  assert.equal(reader.tag(), 0x12);
  assert.match(reader.text(), /^1 span: has a trace id/);
});

test('an empty request is taken', async (t) => {
  const { app } = await testApp(t);
  for (const [headers, body, answer] of [
    [PROTOBUF, Buffer.alloc(0), ''],
    [JSON_TYPE, Buffer.from('{}'), '{}'],
    [JSON_TYPE, Buffer.from('{"resourceSpans":[]}'), '{}'],
  ] as const) {
    const reply = await app.inject({ method: 'POST', url: '/v1/traces', headers, body });
    assert.deepEqual([reply.statusCode, reply.body], [200, answer]);
  }
});

test('metrics are taken, and told to be of no use', async (t) => {
  const { app } = await testApp(t);
  const points = { sum: { dataPoints: [{}, {}] } };
  const body = JSON.stringify({
    resourceMetrics: [{ scopeMetrics: [{ metrics: [points, { gauge: { dataPoints: [{}] } }] }] }],
  });
  const reply = await app.inject({ method: 'POST', url: '/v1/metrics', headers: JSON_TYPE, body });
  assert.deepEqual(reply.json(), {
    partialSuccess: {
      rejectedDataPoints: '3',
      errorMessage: 'Raceway stores no metrics; set OTEL_METRICS_EXPORTER=none',
    },
  });
});

test('failures whose reason is logged are a Status in the format of the request', async (t) => {
  const { app } = await testApp(t, { server: { max_body_bytes: 2000 } });
  const json = await postJson(app, '{"resourceSpans":3}');
  assert.equal(json.statusCode, 400);
  assert.deepEqual(json.json(), {
    code: 3,
    message: 'no OTLP request: body.resourceSpans must be a list',
  });
  const broken = { method: 'POST', url: '/v1/traces', headers: PROTOBUF } as const;
  const binary = await app.inject({ ...broken, body: Buffer.from([0x0a, 0x7f]) });
  assert.equal(binary.statusCode, 400);
  assert.equal(binary.headers['content-type'], 'application/x-protobuf');
  assert.match(binary.rawPayload.subarray(4).toString(), /ends inside a field/);
  const large = await app.inject({ ...broken, body: Buffer.alloc(3000) });
  assert.equal(large.statusCode, 413);
  assert.equal(large.rawPayload[1], 8);
  const bomb = { ...broken, headers: { ...PROTOBUF, 'content-encoding': 'gzip' } };
  assert.equal((await app.inject({ ...bomb, body: gzipSync(Buffer.alloc(3000)) })).statusCode, 413);
});

test('a storage that is away, a full queue and a used-up budget ask to come again', async (t) => {
  const unavailable = () => Promise.reject(new RacewayError('unavailable', 'it is away'));
  const storage = storageWith(await memoryBackend.open(), { append: unavailable });
  const away = await testApp(t, { storage });
  const reply = await postJson(away.app, bodyOf([spanOf()]));
  assert.equal(reply.statusCode, 503);
  assert.ok(Number(reply.headers['retry-after']) > 0);
  assert.equal((reply.json() as { code: number }).code, 14);
  const { app } = await testApp(t, {
    server: { rate_limit_enabled: true, rate_limit_rpm: 1 },
  });
  assert.equal((await postJson(app, bodyOf([spanOf()]))).statusCode, 200);
  const limited = await postJson(app, bodyOf([spanOf()]));
  assert.equal(limited.statusCode, 429);
  assert.ok(Number(limited.headers['retry-after']) > 0);
  assert.equal((limited.json() as { code: number }).code, 8);
});

test('keys, types and methods are judged as everywhere', async (t) => {
  const { app } = await testApp(t, { server: { auth_enabled: true, api_keys: [KEY] } });
  const body = bodyOf([spanOf()]);
  const codeOf = (reply: { json(): unknown }) => (reply.json() as { code: string }).code;
  const unknown = await postJson(app, body);
  assert.deepEqual([unknown.statusCode, codeOf(unknown)], [401, 'unauthorized']);
  const key = { authorization: `Bearer ${KEY}` };
  assert.equal((await postJson(app, body, key)).statusCode, 200);
  // The specification of the headers variable asks for percent escapes, and not all decode them.
  assert.equal((await postJson(app, body, { authorization: `Bearer%20${KEY}` })).statusCode, 200);
  const type = await postJson(app, body, { ...key, 'content-type': 'text/plain' });
  assert.deepEqual([type.statusCode, codeOf(type)], [415, 'unsupported_media_type']);
  const method = await app.inject({ url: '/v1/traces', headers: key });
  assert.deepEqual([method.statusCode, codeOf(method)], [405, 'method_not_allowed']);
  const events = await app.inject({
    method: 'POST',
    url: '/events',
    headers: { ...PROTOBUF, ...key },
    body: Buffer.from([0]),
  });
  assert.deepEqual([events.statusCode, codeOf(events)], [415, 'unsupported_media_type']);
});

test('headers, tags and paths are redacted before anything is stored', async (t) => {
  const attributes = [
    { key: 'http.request.method', value: { stringValue: 'GET' } },
    { key: 'url.path', value: { stringValue: '/secret-path' } },
    {
      key: 'http.request.header.x_api_key',
      value: { arrayValue: { values: [{ stringValue: 'secret-key' }] } },
    },
    { key: 'user.email', value: { stringValue: 'secret-mail' } },
    { key: 'kept', value: { stringValue: 'shown' } },
  ];
  const events = [
    {
      name: 'exception',
      timeUnixNano: START,
      attributes: [{ key: 'exception.message', value: { stringValue: 'secret-message' } }],
    },
  ];
  const rules = [
    { headers: ['x-api-key'], tags: ['user.email', 'url.path', 'exception.message'] },
    {
      headers: ['x-api-key'],
      paths: ['otel.attributes."user.email"', 'otel.attributes."url.path"', 'kind.Error.message'],
    },
  ];
  for (const redact of rules) {
    const { app } = await testApp(t, { redact });
    assert.equal(
      (await postJson(app, bodyOf([spanOf({ kind: 2, attributes, events })]))).body,
      '{}',
    );
    for (const query of ['', '?format=otlp']) {
      const { body } = await app.inject({ url: `/api/traces/${TRACE}${query}` });
      assert.ok(!body.includes('secret'), body);
      assert.ok(body.includes('[redacted]') && body.includes('shown'));
    }
  }
});

const taggedSpan = {
  kind: 2,
  attributes: [
    ['raceway.tag.order', 'o-17'],
    ['user.id', 'alice'],
    ['raceway.tag.__proto__', 'x:y'],
    ['raceway.tag.long', 'v'.repeat(252)],
    ['raceway.tag.a:b', 'nobody can ask'],
    ['raceway.tag.', 'no key'],
    ['raceway.tag.scope', 'process'],
    ['http.route', '/pay'],
  ].map(([key, stringValue]) => ({ key, value: { stringValue } })),
};

function taggedBody(): string {
  const attributes = [
    { key: 'raceway.tag.region', value: { stringValue: 'eu' } },
    { key: 'raceway.tag.order', value: { stringValue: 'of the process' } },
  ];
  const many = Array.from({ length: 40 }, (_, place) => ({
    key: `raceway.tag.k${place}`,
    value: { intValue: String(place) },
  }));
  const inner = { spanId: '1'.repeat(16), parentSpanId: SPAN, attributes: many };
  const spans = [spanOf(taggedSpan), spanOf(inner)];
  return JSON.stringify({ resourceSpans: [{ resource: { attributes }, scopeSpans: [{ spans }] }] });
}

for (const backend of backends) {
  test(`attributes of spans and of their process are tags that lists find, up to their bounds: ${backend.name}`, async (t) => {
    const served = await testApp(t, { storage: await backend.open() });
    const { app } = served;
    assert.equal((await postJson(app, taggedBody())).body, '{}');
    const found = async (tag: string) =>
      (await getSettled(served, `/api/traces?tag=${encodeURIComponent(tag)}`)).total_traces;
    for (const tag of ['order:o-17', 'user.id:alice', '__proto__:x:y', 'region:eu', 'k31:31']) {
      assert.equal(await found(tag), 1, tag);
    }
    for (const tag of ['k32:32', 'scope:process', 'order:of the process', 'http.route:/pay']) {
      assert.equal(await found(tag), 0, tag);
    }
    const { body } = await app.inject(`/api/traces/${TRACE}?format=otlp`);
    assert.ok(body.includes('raceway.tag.scope') && body.includes('raceway.tag.k39'), body);
  });
}

test('what is taken out as a tag is taken out of the attribute that it was, and the other way round', async (t) => {
  const rules = [
    { tags: ['order', 'user.id', 'region'] },
    { paths: ['metadata.tags.order', 'metadata.tags."user.id"', 'metadata.tags.region'] },
    { paths: ['metadata.tags.*'] },
    { tags: ['raceway.tag.order', 'user.id', 'raceway.tag.region'] },
  ];
  for (const redact of rules) {
    const { app } = await testApp(t, { redact });
    assert.equal((await postJson(app, taggedBody())).body, '{}');
    for (const query of ['', '?format=otlp']) {
      const { body } = await app.inject({ url: `/api/traces/${TRACE}${query}` });
      assert.doesNotMatch(body, /o-17|alice|"eu"/, JSON.stringify(redact));
      assert.ok(body.includes('[redacted]'), body);
    }
  }
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readJsonSpans } from '../../src/domain/otlp/json/json-spans.ts';
import { spansToJson } from '../../src/domain/otlp/json/write-json.ts';
import { readProtobufSpans } from '../../src/domain/otlp/protobuf/protobuf-spans.ts';
import { plainSpans, wholeGroups } from '../domain/otlp/plain.ts';
import { testApp } from '../support/app.ts';
import { TestTerminal } from '../support/cli.ts';
import { listening } from '../support/http.ts';
import { recordedExports } from '../support/otlp-recordings.ts';

const recorded = recordedExports('go-otelsql--http-put')
  .filter(({ path }) => path === '/v1/traces')
  .flatMap(({ body }) => wholeGroups(readProtobufSpans(body)));
const sent = plainSpans(recorded);
const traceIds = [...new Set(Object.keys(sent).map((key) => key.slice(0, 32)))];

async function openServer(t: TestContext) {
  const { app } = await testApp(t);
  const client = await listening(app);
  const terminal = new TestTerminal(t);
  const url = `http://127.0.0.1:${client.port}`;
  const file = (name: string, text: string) => writeFileSync(join(terminal.cwd, name), text);
  const run = (name: string) => terminal.run(['import', name, '--server', url]);
  const spansOf = async (traceId: string) => {
    const reply = await client.send({ path: `/api/traces/${traceId}?format=otlp` });
    return plainSpans(readJsonSpans(Buffer.from(reply.text)));
  };
  return { app, client, terminal, file, run, spansOf };
}

test('requests of OTLP are imported, one a line and one in a file, and once', async (t) => {
  const { terminal, file, run, spansOf } = await openServer(t);
  file('lines.json', recorded.map((group) => spansToJson([group])).join('\n'));
  file('pretty.json', JSON.stringify(JSON.parse(spansToJson(recorded)), null, 2));
  for (const name of ['lines.json', 'pretty.json']) {
    assert.equal(await run(name), 0, terminal.everything());
    assert.equal(terminal.out.at(-1), `sent ${Object.keys(sent).length} spans, rejected 0`);
  }
  const stored = Object.assign({}, ...(await Promise.all(traceIds.map(spansOf))));
  assert.deepEqual(stored, sent);
});

test('what Jaeger answers is what its own download was', async (t) => {
  const { client, file, run, spansOf } = await openServer(t);
  file('otlp.json', spansToJson(recorded));
  assert.equal(await run('otlp.json'), 0);
  const answer = await client.send({ path: '/jaeger/api/traces?service=shop-go&limit=100' });
  const jaeger = JSON.parse(answer.text) as { data: { spans: object[] }[]; total: number };
  assert.equal(jaeger.data.flatMap(({ spans }) => spans).length, Object.keys(sent).length);
  const other = await openServer(t);
  other.file('jaeger.json', answer.text);
  assert.equal(await other.run('jaeger.json'), 0, other.terminal.everything());
  const [traceId = ''] = traceIds;
  const again = await other.client.send({ path: `/jaeger/api/traces/${traceId}` });
  const first = await client.send({ path: `/jaeger/api/traces/${traceId}` });
  assert.deepEqual(spansById(JSON.parse(again.text)), spansById(JSON.parse(first.text)));
  assert.deepEqual(Object.keys(await other.spansOf(traceId)), Object.keys(await spansOf(traceId)));
});

function spansById({ data }: { data: { spans: { spanID: string; tags: { key: string }[] }[] }[] }) {
  return data
    .flatMap(({ spans }) => spans)
    .map((span) => ({ ...span, tags: span.tags.toSorted((a, b) => (a.key < b.key ? -1 : 1)) }))
    .sort((a, b) => (a.spanID < b.spanID ? -1 : 1));
}

test('a download of Zipkin has a span for each half of a call', async (t) => {
  const { terminal, file, run, spansOf } = await openServer(t);
  const base = {
    traceId: 'a1b2c3d4e5f60718',
    id: '1122334455667788',
    timestamp: 1_795_979_940_880_001,
  };
  file(
    'zipkin.json',
    JSON.stringify([
      [
        {
          ...base,
          kind: 'CLIENT',
          name: 'get /docs',
          duration: 1500,
          localEndpoint: { serviceName: 'web' },
          remoteEndpoint: { serviceName: 'docs', ipv4: '10.0.0.2', port: 80 },
          annotations: [{ timestamp: base.timestamp + 3, value: 'sent' }],
        },
        {
          ...base,
          kind: 'SERVER',
          shared: true,
          name: 'get /docs',
          duration: 900,
          localEndpoint: { serviceName: 'docs' },
          tags: {
            'http.method': 'GET',
            'http.path': '/docs',
            'http.status_code': '500',
            error: '500',
          },
        },
      ],
    ]),
  );
  assert.equal(await run('zipkin.json'), 0, terminal.everything());
  const spans = Object.values(await spansOf('0000000000000000a1b2c3d4e5f60718')) as {
    spanId: string;
    parentSpanId: string;
    kind: number;
    startNs: bigint;
    endNs: bigint;
    status: { code: number };
  }[];
  const [client, server] = spans.toSorted((a, b) => b.kind - a.kind);
  assert.deepEqual([client?.spanId, client?.parentSpanId], [base.id, '']);
  assert.deepEqual([server?.spanId, server?.parentSpanId], ['9122334455667788', base.id]);
  assert.equal((client?.endNs ?? 0n) - (client?.startNs ?? 0n), 1_500_000n);
  assert.equal(server?.status.code, 2);
});

test('what is broken is told, and what is neither is read as an export', async (t) => {
  const { terminal, file, run } = await openServer(t);
  file('broken.json', '{"resourceSpans":[{"scopeSpans":3}]}');
  assert.equal(await run('broken.json'), 1);
  assert.match(
    terminal.told.at(-1) ?? '',
    /holds no spans: resourceSpans\[0\]\.scopeSpans must be a list/,
  );
  file('other.json', '{"data":[1]}');
  assert.equal(await run('other.json'), 1);
  assert.match(terminal.told.at(-1) ?? '', /is not a whole export/);
});

test('the routes of Jaeger answer in its form', async (t) => {
  const { client, file, run } = await openServer(t);
  file('otlp.json', spansToJson(recorded));
  assert.equal(await run('otlp.json'), 0);
  const get = async (path: string) => {
    const reply = await client.send({ path: `/jaeger/api${path}` });
    return { status: reply.status, body: JSON.parse(reply.text) as Record<string, unknown> };
  };
  assert.deepEqual((await get('/services')).body, {
    data: ['shop-go'],
    total: 1,
    limit: 0,
    offset: 0,
    errors: null,
  });
  const names = (await get('/services/shop-go/operations')).body['data'] as string[];
  assert.ok(names.includes('HTTP PUT'), names.join());
  const clients = (await get('/operations?service=shop-go&spanKind=client')).body['data'];
  assert.ok((clients as { name: string }[]).some(({ name }) => name === 'HTTP PUT'));
  const none = await get('/traces?service=shop-go&operation=nothing&lookback=1h');
  assert.deepEqual(none.body['data'], []);
  const quick = await get('/traces?service=shop-go&minDuration=10h');
  assert.deepEqual(quick.body['data'], []);
  const lastUs = 2n ** 63n / 1000n - 1n;
  const range = (startUs: bigint | string, endUs: bigint) =>
    get(`/traces?service=shop-go&start=${startUs}&end=${endUs}`);
  assert.notDeepEqual((await range(0n, lastUs)).body['data'], []);
  assert.deepEqual((await range(lastUs, lastUs)).body['data'], []);
  for (const [startUs, endUs] of [
    [0n, lastUs + 1n],
    [9_999_999_999_999_999n, lastUs],
    ['yesterday', lastUs],
    ['-1', lastUs],
    ['', lastUs],
  ] as const) {
    assert.equal((await range(startUs, endUs)).status, 400, `${startUs} to ${endUs}`);
  }
  const missing = await get('/traces/00000000000000000000000000000001');
  assert.equal(missing.status, 404);
  assert.deepEqual(missing.body['errors'], [{ code: 404, msg: 'trace not found' }]);
});

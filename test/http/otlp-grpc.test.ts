import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { settingsSchema } from '../../src/config/schema.ts';
import { RacewayError } from '../../src/domain/errors.ts';
import { openOtlpPorts } from '../../src/http/otlp/otlp-ports.ts';
import { KEY, type TestAppOptions, testApp } from '../support/app.ts';
import { memoryBackend } from '../support/backends.ts';
import { namedKey } from '../support/keys.ts';
import { recordedExports } from '../support/otlp-recordings.ts';
import { storageWith } from '../support/storage-with.ts';

const asItIs = (bytes: Buffer) => bytes;
const TRACES = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const METRICS = '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export';

const exports = recordedExports('node-default--pg-rmw');
const bodyOf = (path: string) => exports.find((one) => one.path === path)?.body ?? Buffer.alloc(0);

/** A server with both ports of its own, and a client of each. */
async function openPorts(t: TestContext, options: TestAppOptions = {}) {
  const tested = await testApp(t, options);
  const settings = settingsSchema.parse({});
  const ports = await openOtlpPorts(
    tested.app,
    {
      otlp: { http_port: 0, grpc_port: 0 },
      server: { ...settings.server, auth_enabled: false, max_body_bytes: 1_000_000 },
    },
    null,
  );
  const client = new Client(`127.0.0.1:${ports.grpcPort}`, credentials.createInsecure(), {
    'grpc.default_compression_algorithm': 2,
  });
  t.after(async () => {
    client.close();
    await ports.close(0);
  });
  const call = (path: string, body: Buffer, headers: Record<string, string> = {}) => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
    return new Promise<Buffer | ServiceError>((resolve) => {
      client.makeUnaryRequest(path, asItIs, asItIs, body, metadata, (error, answer) => {
        resolve(error ?? answer ?? Buffer.alloc(0));
      });
    });
  };
  return { ...tested, ports, call };
}

/** The code of an answer; 0 for one that is no failure. */
const codeOf = (answer: Buffer | ServiceError): number =>
  Buffer.isBuffer(answer) ? 0 : answer.code;

test('a batch is the same through gRPC and HTTP', async (t) => {
  const { call, app, storage } = await openPorts(t);
  assert.deepEqual(await call(TRACES, bodyOf('/v1/traces')), Buffer.alloc(0));
  const { eventCount } = await storage.statistics();
  assert.ok(eventCount > 0);
  const [first] = exports;
  assert.ok(first !== undefined);
  await app.inject({ method: 'POST', url: first.path, headers: first.headers, body: first.sent });
  assert.equal((await storage.statistics()).eventCount, eventCount);
});

test('metrics are answered with a partial success', async (t) => {
  const { call } = await openPorts(t);
  const answer = await call(METRICS, bodyOf('/v1/metrics'));
  assert.ok(Buffer.isBuffer(answer));
  assert.match(answer.toString(), /OTEL_METRICS_EXPORTER=none/);
});

test('each failure has the code that exporters act on', async (t) => {
  const options = { server: { auth_enabled: true, api_keys: [KEY] } };
  const { call } = await openPorts(t, options);
  const key = { authorization: `Bearer ${KEY}` };
  const body = bodyOf('/v1/traces');
  assert.equal(codeOf(await call(TRACES, body)), status.UNAUTHENTICATED);
  assert.equal(codeOf(await call(TRACES, body, key)), status.OK);
  const broken = await call(TRACES, Buffer.from([0x0a, 0x7f]), key);
  assert.equal(codeOf(broken), status.INVALID_ARGUMENT);
  assert.match((broken as ServiceError).details, /ends inside a field/);
  assert.equal(codeOf(await call(`${TRACES}All`, body, key)), status.UNIMPLEMENTED);
  const large = await call(TRACES, Buffer.alloc(1_100_000), key);
  assert.equal(codeOf(large), status.RESOURCE_EXHAUSTED);
});

test('a storage that is away and a used-up budget are told with the time to wait', async (t) => {
  const unavailable = () => Promise.reject(new RacewayError('unavailable', 'it is away'));
  const storage = storageWith(await memoryBackend.open(), { append: unavailable });
  const away = await openPorts(t, { storage });
  const answer = await away.call(TRACES, bodyOf('/v1/traces'));
  assert.equal(codeOf(answer), status.UNAVAILABLE);
  const limited = await openPorts(t, { server: { rate_limit_enabled: true, rate_limit_rpm: 1 } });
  assert.equal(codeOf(await limited.call(TRACES, bodyOf('/v1/traces'))), status.OK);
  const refused = await limited.call(TRACES, bodyOf('/v1/traces'));
  assert.equal(codeOf(refused), status.RESOURCE_EXHAUSTED);
  const [details] = (refused as ServiceError).metadata.get('grpc-status-details-bin');
  assert.match(String(details), /google\.rpc\.RetryInfo/);
});

test('a key without the scope is refused', async (t) => {
  const { call } = await openPorts(t, {
    server: { auth_enabled: true, keys: [namedKey(KEY, { scopes: ['read'] })] },
  });
  const answer = await call(TRACES, bodyOf('/v1/traces'), { authorization: `Bearer ${KEY}` });
  assert.equal(codeOf(answer), status.PERMISSION_DENIED);
});

test('the port of exporters answers OTLP, and nothing else of the API', async (t) => {
  const { ports } = await openPorts(t);
  const at = (path: string) => `http://127.0.0.1:${ports.httpPort}${path}`;
  const stored = await fetch(at('/v1/traces'), {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: new Uint8Array(bodyOf('/v1/traces')),
  });
  assert.deepEqual([stored.status, await stored.text()], [200, '']);
  assert.equal((await fetch(at('/health'))).status, 200);
  assert.equal((await fetch(at('/api/traces'))).status, 404);
});

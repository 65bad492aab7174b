import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { settingsSchema } from '../../src/config/schema.ts';
import { RacewayError } from '../../src/domain/errors.ts';
import { readJsonSpans } from '../../src/domain/otlp/json/json-spans.ts';
import { openOtlpPorts } from '../../src/http/otlp/otlp-ports.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { startServerProcess } from '../chaos/server-process.ts';
import { KEY, testApp } from '../support/app.ts';
import { memoryBackend } from '../support/backends.ts';
import { freePort } from '../support/free-port.ts';
import { namedKey } from '../support/keys.ts';
import { testDatabase } from '../support/postgres.ts';
import { storageWith } from '../support/storage-with.ts';
import { type ExporterKind, runExporter, type SentBatch } from './programs.ts';

const kinds: readonly ExporterKind[] = [
  { name: 'Node, HTTP and protobuf', language: 'node', protocol: 'protobuf' },
  { name: 'Node, HTTP and JSON', language: 'node', protocol: 'json' },
  { name: 'Node, gRPC', language: 'node', protocol: 'grpc' },
  { name: 'Python, HTTP and protobuf', language: 'python', protocol: 'protobuf' },
  { name: 'Python, gRPC', language: 'python', protocol: 'grpc' },
  { name: 'Python distribution as it is', language: 'python', protocol: 'distro' },
];

async function openServer(t: TestContext, storage: Storage, services: readonly string[]) {
  const keys = [namedKey(KEY, { services: [...services] })];
  const { app } = await testApp(t, { storage, server: { auth_enabled: true, keys } });
  const { server } = settingsSchema.parse({});
  const ports = await openOtlpPorts(
    app,
    { otlp: { http_port: 0, grpc_port: 0 }, server: { ...server, auth_enabled: true } },
    null,
  );
  t.after(() => ports.close(0));
  const isStored = async (id: string) => {
    const [traceId, spanId = ''] = id.split(' ');
    const headers = { authorization: `Bearer ${KEY}` };
    const reply = await app.inject({ url: `/api/traces/${traceId}?format=otlp`, headers });
    return reply.statusCode === 200 && holds(reply.body, spanId);
  };
  const target = {
    httpUrl: `http://127.0.0.1:${ports.httpPort}`,
    grpcUrl: `http://127.0.0.1:${ports.grpcPort}`,
    key: KEY,
  };
  return { isStored, target };
}

function holds(otlp: string, spanId: string): boolean {
  return [...readJsonSpans(Buffer.from(otlp))].some(({ items }) =>
    [...items].some((span) => span.spanId === spanId),
  );
}

async function storedOf(batches: readonly SentBatch[], isStored: (id: string) => Promise<boolean>) {
  const found: boolean[] = [];
  for (const id of batches.flatMap(({ ids }) => ids)) found.push(await isStored(id));
  return found;
}

for (const kind of kinds) {
  test(`${kind.name}: what is told to be stored is stored`, async (t) => {
    const { isStored, target } = await openServer(t, await memoryBackend.open(), ['exported']);
    const batches = await runExporter(kind, { ...target, batches: 3, size: 40 });
    assert.equal(batches.length, 3);
    assert.ok(batches.every(({ ok }) => ok));
    assert.ok((await storedOf(batches, isStored)).every((found) => found));
  });

  test(`${kind.name}: a database that was away for a while loses nothing that was not refused`, async (t) => {
    const memory = await memoryBackend.open();
    let refusals = 0;
    const storage = storageWith(memory, {
      append(...request) {
        refusals += 1;
        if (refusals > 2) return memory.append(...request);
        return Promise.reject(new RacewayError('unavailable', 'it is away'));
      },
    });
    const { isStored, target } = await openServer(t, storage, ['exported']);
    const batches = await runExporter(kind, { ...target, batches: 1, size: 20 });
    const stored = await storedOf(batches, isStored);
    if (kind.language === 'node' && kind.protocol === 'grpc') {
      // This one gives up at once, and says so: what it dropped is what was refused.
      assert.ok(batches.every(({ ok }) => !ok) && stored.every((found) => !found));
    } else assert.ok(refusals > 2 && stored.every((found) => found));
  });

  test(`${kind.name}: a partial success is taken for what it is`, async (t) => {
    const { isStored, target } = await openServer(t, await memoryBackend.open(), ['other']);
    const batches = await runExporter(kind, { ...target, batches: 1, size: 10 });
    assert.ok(batches.every(({ ok }) => ok));
    assert.ok((await storedOf(batches, isStored)).every((found) => !found));
  });

  test(`${kind.name}: with a wrong key nothing is stored, and the exporter knows`, async (t) => {
    const { isStored, target } = await openServer(t, await memoryBackend.open(), ['exported']);
    const wrong = { ...target, key: 'rwk-of-somebody-else-0123456789' };
    const batches = await runExporter(kind, { ...wrong, batches: 1, size: 10 });
    // The distribution tells nobody.
    if (kind.protocol !== 'distro') assert.ok(batches.every(({ ok }) => !ok));
    assert.ok((await storedOf(batches, isStored)).every((found) => !found));
  });
}

for (const kind of kinds.filter(({ protocol }) => protocol !== 'distro')) {
  test(`${kind.name}: what was told to be stored survives a killed server`, async (t) => {
    const { connection } = await testDatabase(t);
    const [http, grpc] = [await freePort(), await freePort()];
    const start = () =>
      startServerProcess(connection, {
        RACEWAY_API_KEYS: JSON.stringify([KEY]),
        RACEWAY_OTLP_HTTP_PORT: String(http),
        RACEWAY_OTLP_GRPC_PORT: String(grpc),
      });
    let server = await start();
    let acknowledgedCount = 0;
    let resolveEnough = () => {};
    const enough = new Promise<void>((resolve) => {
      resolveEnough = resolve;
    });
    const sending = runExporter(kind, {
      httpUrl: `http://127.0.0.1:${http}`,
      grpcUrl: `http://127.0.0.1:${grpc}`,
      key: KEY,
      batches: 30,
      size: 20,
      pauseMs: 100,
      told: ({ ok }) => {
        if (ok) acknowledgedCount += 1;
        if (acknowledgedCount === 3) resolveEnough();
      },
    });
    await Promise.race([enough, sending]);
    await server.end('SIGKILL');
    server = await start();
    t.after(() => (server.isRunning() ? server.end('SIGTERM') : null));
    const batches = await sending;
    const isStored = async (id: string) => {
      const [traceId, spanId = ''] = id.split(' ');
      const reply = await fetch(`${server.url}/api/traces/${traceId}?format=otlp`, {
        headers: { authorization: `Bearer ${KEY}` },
      });
      return reply.status === 200 && holds(await reply.text(), spanId);
    };
    const acknowledged = batches.filter(({ ok }) => ok);
    assert.ok(acknowledged.length >= 3);
    assert.ok((await storedOf(acknowledged, isStored)).every((found) => found));
    t.diagnostic(`${acknowledged.length} of ${batches.length} batches were acknowledged`);
  });
}

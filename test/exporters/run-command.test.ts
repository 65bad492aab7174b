/** `raceway run` tells exporters where to send by variables alone; those of the caller lead elsewhere. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';
import { exporterFolder } from './programs.ts';

const nodeProgram = `
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
const provider = new BasicTracerProvider({
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] });
for (const name of ['a', 'b', 'c', 'd']) provider.getTracer('t').startSpan(name).end();
await provider.shutdown();`;

/** Spans that arrived at the server of a run of this command. */
function arrivedOf(t: TestContext, command: readonly string[]): number {
  const scratch = mkdtempSync(join(tmpdir(), 'raceway-run-'));
  t.after(() => rmSync(scratch, { recursive: true }));
  const saved = join(scratch, 'events.ndjson');
  const typescript = join(repositoryRoot, 'node_modules/tsx/dist/esm/index.mjs');
  const raceway = ['--import', typescript, join(repositoryRoot, 'src/main.ts'), 'run'];
  const run = spawnSync(process.execPath, [...raceway, '--save', saved, '--', ...command], {
    cwd: exporterFolder,
    env: {
      PATH: process.env['PATH'],
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:1/v1/traces',
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20secret',
      OTEL_SDK_DISABLED: 'true',
    },
    encoding: 'utf8',
  });
  assert.equal(run.status, 0, run.stderr);
  assert.doesNotMatch(run.stderr, /no event arrived/);
  return JSON.parse(readFileSync(saved, 'utf8').trim().split('\n').at(-1) ?? '').count;
}

test('spans of Node arrive, whose process ends at once', (t) => {
  const command = [process.execPath, '--input-type=module', '-e', nodeProgram];
  assert.equal(arrivedOf(t, command), 4);
});

test('spans of the Python distribution arrive, which would take gRPC', (t) => {
  const [instrument, python] = ['venv/bin/opentelemetry-instrument', 'venv/bin/python'];
  const order = ['distro', '-', '-', '1', '4', '0'];
  assert.equal(arrivedOf(t, [instrument, python, 'python-exporter.py', ...order]), 4);
});

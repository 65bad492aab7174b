/** The examples of marks in the documentation, run as they stand there, give the race that they show. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { settingsSchema } from '../../src/config/schema.ts';
import { openOtlpPorts } from '../../src/http/otlp/otlp-ports.ts';
import { getSettled, testApp } from '../support/app.ts';
import { markExamples } from '../support/mark-examples.ts';
import { repositoryRoot } from '../support/repository.ts';
import { exporterFolder } from './programs.ts';

const run = promisify(execFile);

function exampleIn(language: string): string {
  const found = markExamples.find((example) => example.language === language);
  assert.ok(found !== undefined, language);
  return found.code;
}

function nodeProgram(): string {
  return `
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { context, SpanKind, trace } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BasicTracerProvider, BatchSpanProcessor } from '@opentelemetry/sdk-trace-base';
context.setGlobalContextManager(new AsyncLocalStorageContextManager());
const resource = resourceFromAttributes({ 'service.name': 'shop', 'service.instance.id': 'one' });
const provider = new BasicTracerProvider({ resource, spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())] });
let stock = 10;
const inside = [];
let open = () => {};
const bothRead = new Promise((resolve) => { open = resolve; });
async function payment() { inside.push(0); if (inside.length === 2) open(); await bothRead; }
async function take() {
${exampleIn('TypeScript')}}
const attributes = { 'http.request.method': 'POST', 'http.route': '/take', 'url.path': '/take' };
await Promise.all([1, 2].map(async () => {
  const span = provider.getTracer('t').startSpan('POST /take', { kind: SpanKind.SERVER, attributes });
  await context.with(trace.setSpan(context.active(), span), take);
  span.end();
}));
await provider.shutdown();`;
}

function pythonProgram(): string {
  const body = exampleIn('Python').replaceAll(/^/gm, '    ');
  return `
import threading
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

class shop: stock = 10
both_read = threading.Barrier(2)
def payment(): both_read.wait()
def take():
${body}
provider = TracerProvider(resource=Resource.create({"service.name": "shop", "service.instance.id": "one"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
tracer = provider.get_tracer("t")
def request():
    with tracer.start_as_current_span("POST /take", kind=trace.SpanKind.SERVER,
            attributes={"http.request.method": "POST", "http.route": "/take", "url.path": "/take"}):
        take()
threads = [threading.Thread(target=request) for _ in range(2)]
for thread in threads: thread.start()
for thread in threads: thread.join()
provider.shutdown()
`;
}

/** The command that runs a program; that of TypeScript lies where its packages are. */
function nodeCommand(): string[] {
  const file = join(exporterFolder, 'marks.mts');
  writeFileSync(file, nodeProgram());
  const typescript = join(repositoryRoot, 'node_modules/tsx/dist/esm/index.mjs');
  return [process.execPath, '--import', typescript, file];
}

const programs = {
  TypeScript: nodeCommand,
  Python: () => ['venv/bin/python', '-c', pythonProgram()],
} as const;

for (const [language, commandOf] of Object.entries(programs)) {
  test(`${language}: two requests as in the example lose an update`, async (t) => {
    const served = await testApp(t);
    const server = { ...settingsSchema.parse({}).server, auth_enabled: false };
    const ports = await openOtlpPorts(served.app, { otlp: { http_port: 0 }, server }, null);
    t.after(() => ports.close(0));
    const [program = '', ...args] = commandOf();
    const env = {
      PATH: process.env['PATH'],
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${ports.httpPort}`,
    };
    await run(program, args, { cwd: exporterFolder, env });
    const { issues } = await getSettled(served, '/api/races');
    const told = issues.map(({ variable, pattern, evidence }: Record<string, string>) =>
      [variable, pattern, evidence].join(' '),
    );
    assert.deepEqual(told, ['shop.stock lost_update E3']);
  });
}

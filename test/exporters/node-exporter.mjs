/**
 * Sends batches of spans by the exporters of OpenTelemetry for Node, and prints of each batch which
 * spans it had and whether the exporter was told that they are stored.
 *
 * Arguments: protocol, URL, key, batches, spans of a batch, pause between batches in milliseconds.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Metadata } from '@grpc/grpc-js';
import { SpanKind } from '@opentelemetry/api';
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc';
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

/** A slow machine gets the time that it needs. */
const timeoutMillis = 120_000;
const [protocol, url, key, batches, size, pauseMs] = process.argv.slice(2);

function createExporter() {
  if (protocol === 'grpc') {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${key}`);
    return new GrpcExporter({ url, metadata, timeoutMillis });
  }
  const Exporter = protocol === 'json' ? JsonExporter : ProtobufExporter;
  const headers = { authorization: `Bearer ${key}` };
  return new Exporter({ url: `${url}/v1/traces`, headers, timeoutMillis, compression: 'gzip' });
}

const finished = new InMemorySpanExporter();
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ 'service.name': 'exported' }),
  spanProcessors: [new SimpleSpanProcessor(finished)],
});
const tracer = provider.getTracer('test');
const exporter = createExporter();
const open = [];
for (let batch = 0; batch < Number(batches); batch += 1) {
  for (let index = 0; index < Number(size); index += 1) {
    const kind = index % 2 === 0 ? SpanKind.SERVER : SpanKind.CLIENT;
    const span = tracer.startSpan(`work ${index}`, { kind, attributes: { batch, index } });
    span.addEvent('step', { part: 1.5 });
    span.end();
  }
  await provider.forceFlush();
  const spans = finished.getFinishedSpans().slice();
  finished.reset();
  const ids = spans.map((span) => `${span.spanContext().traceId} ${span.spanContext().spanId}`);
  open.push(
    new Promise((resolve) => {
      exporter.export(spans, ({ code }) => {
        console.log(JSON.stringify({ ids, ok: code === 0 }));
        resolve();
      });
    }),
  );
  await wait(Number(pauseMs));
}
await Promise.all(open);
await exporter.shutdown();

"""Sends batches of spans as node-exporter.mjs does, by the exporters for Python: same arguments, same
lines. The protocol "distro" leaves everything to opentelemetry-distro and its variables."""

import json
import sys
import time

from opentelemetry import trace

protocol, url, key, batches, size, pause_ms = sys.argv[1:7]


def ids_of(spans):
    return [f"{s.get_span_context().trace_id:032x} {s.get_span_context().span_id:016x}" for s in spans]


def made(tracer, batch):
    spans = []
    for index in range(int(size)):
        kind = trace.SpanKind.SERVER if index % 2 == 0 else trace.SpanKind.CLIENT
        span = tracer.start_span(f"work {index}", kind=kind, attributes={"batch": batch, "index": index})
        span.add_event("step", {"part": 1.5})
        span.end()
        spans.append(span)
    return spans


def tell(spans, ok):
    print(json.dumps({"ids": ids_of(spans), "ok": ok}), flush=True)


if protocol == "distro":
    provider = trace.get_tracer_provider()
    for batch in range(int(batches)):
        spans = made(trace.get_tracer("test"), batch)
        tell(spans, provider.force_flush())
        time.sleep(int(pause_ms) / 1000)
else:
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SpanExportResult

    headers = {"authorization": f"Bearer {key}"}
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(endpoint=url, insecure=True, headers=tuple(headers.items()))
    else:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        exporter = OTLPSpanExporter(endpoint=f"{url}/v1/traces", headers=headers)
    tracer = TracerProvider(resource=Resource.create({"service.name": "exported"})).get_tracer("test")
    for batch in range(int(batches)):
        spans = made(tracer, batch)
        tell(spans, exporter.export(spans) == SpanExportResult.SUCCESS)
        time.sleep(int(pause_ms) / 1000)
    exporter.shutdown()

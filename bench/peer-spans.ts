import { libraryBytes, withBase64Ids } from '../test/domain/otlp/library.ts';
import { makeOtlpBodies } from './otlp-batches.ts';
import type { Peer } from './peer-programs.ts';

/** Requests of one peer, and a trace that each begins with. */
export interface PeerRequests {
  readonly requests: readonly Buffer[];
  readonly traceIds: readonly string[];
}

interface OtlpText {
  readonly key: string;
  readonly value: Readonly<Record<string, unknown>>;
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly OtlpText[];
}

interface OtlpBody {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes?: readonly OtlpText[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

/** Recorded spans with new ids, as a peer takes them: OTLP in protobuf, or the JSON of Zipkin. */
export function requestsFor(peer: Peer, spans: number, batchSize: number): PeerRequests {
  const texts = makeOtlpBodies({ events: spans, batchSize, gzip: false }, 'json');
  const traceIds: string[] = [];
  const requests = texts.map((text) => {
    const body = JSON.parse(text.toString()) as OtlpBody;
    traceIds.push(body.resourceSpans[0]?.scopeSpans[0]?.spans[0]?.traceId ?? '');
    const bytes =
      peer.format === 'zipkin'
        ? Buffer.from(JSON.stringify(zipkinSpans(body)))
        : libraryBytes('traces', withBase64Ids(text));
    return requestOf(peer, bytes);
  });
  return { requests, traceIds };
}

function requestOf({ format, ingestPath, headers }: Peer, body: Buffer): Buffer {
  const type = format === 'zipkin' ? 'application/json' : 'application/x-protobuf';
  const own = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const head =
    `POST ${ingestPath} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${type}\r\n` +
    `${own.join('')}content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** What says of a span in Zipkin's form what OTLP says of it. */
function zipkinSpans({ resourceSpans }: OtlpBody): readonly object[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const process = tagsOf(resource.attributes ?? []);
    const localEndpoint = { serviceName: process['service.name'] ?? 'unknown' };
    return scopeSpans.flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: span.traceId,
        id: span.spanId,
        ...(span.parentSpanId ? { parentId: span.parentSpanId } : {}),
        name: span.name,
        timestamp: microseconds(BigInt(span.startTimeUnixNano)),
        duration: Math.max(
          1,
          microseconds(BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)),
        ),
        localEndpoint,
        tags: { ...process, ...tagsOf(span.attributes ?? []) },
      })),
    );
  });
}

function tagsOf(attributes: readonly OtlpText[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [key, String(Object.values(value)[0])]),
  );
}

function microseconds(ns: bigint): number {
  return Number(ns / 1000n);
}

import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { spansToJson } from '../src/domain/otlp/json/write-json.ts';
import type { OtlpFormat } from '../src/domain/otlp/otlp-format.ts';
import { readProtobufSpans } from '../src/domain/otlp/protobuf/protobuf-spans.ts';
import type { Group, Span } from '../src/domain/otlp/telemetry.ts';
import { libraryBytes, withBase64Ids } from '../test/domain/otlp/library.ts';
import { recordedExports } from '../test/support/otlp-recordings.ts';
import { type BatchShape, EVENTS_PER_TRACE } from './batches.ts';

/** Stacks of which spans are sent, in turn: Node, Go, Java, Python, with their default settings. */
const recordings = [
  'node-default--pg-rmw',
  'go-otelpgx--pg-rmw',
  'java-default--pg-rmw',
  'py-psycopg--pg-rmw',
];

/** Bodies of `POST /v1/traces` like those of recorded exporters: ids are new, and all end now. */
export function makeOtlpBodies(shape: BatchShape, format: OtlpFormat): Buffer[] {
  const source = recordings.map(recordedSpans);
  const nowNs = BigInt(Date.now()) * 1_000_000n;
  const bodies: Buffer[] = [];
  for (let made = 0; made < shape.events; made += shape.batchSize) {
    const stack = source[bodies.length % source.length] ?? [];
    const size = Math.min(shape.batchSize, shape.events - made);
    const text = spansToJson(batchOf(stack, size, bodies.length, nowNs));
    const body =
      format === 'json'
        ? Buffer.from(text)
        : libraryBytes('traces', withBase64Ids(Buffer.from(text)));
    bodies.push(shape.gzip ? gzipSync(body) : body);
  }
  return bodies;
}

/** The whole request to send on a connection. */
export function otlpRequest(
  body: Buffer,
  { gzip }: BatchShape,
  format: OtlpFormat,
  key: string,
): Buffer {
  const type = format === 'json' ? 'application/json' : 'application/x-protobuf';
  const head =
    `POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${type}\r\n` +
    `authorization: Bearer ${key}\r\n${gzip ? 'content-encoding: gzip\r\n' : ''}` +
    `content-length: ${body.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), body]);
}

/** A span with what it came from. */
type Origin = Omit<Group<Span>, 'items'> & { readonly span: Span };

function recordedSpans(name: string): Origin[] {
  const spans: Origin[] = [];
  for (const { path, body } of recordedExports(name)) {
    if (path !== '/v1/traces') continue;
    for (const { resource, scope, items } of readProtobufSpans(body)) {
      for (const span of items) spans.push({ resource, scope, span });
    }
  }
  return spans;
}

/** The next spans of a stack, in groups as they came, with ids that this batch alone has. */
function batchOf(
  stack: readonly Origin[],
  size: number,
  turn: number,
  nowNs: bigint,
): Group<Span>[] {
  const chosen = Array.from({ length: size }, (_, index) => {
    const origin = stack[(turn * size + index) % stack.length] as Origin;
    const round = Math.floor(index / stack.length);
    return { ...origin, round, key: `${origin.span.traceId} ${round}` };
  });
  const traceIds = joinedTraces(chosen.map(({ key }) => key));
  const salts = chosen.map(() => 0n);
  const newId = (id: string, round: number) => {
    if (id === '') return '';
    salts[round] ||= randomBytes(8).readBigUInt64BE();
    return (BigInt(`0x${id}`) ^ (salts[round] as bigint)).toString(16).padStart(16, '0');
  };
  const groups: (Group<Span> & { items: Span[] })[] = [];
  for (const { resource, scope, span, round, key } of chosen) {
    const last = groups.at(-1);
    const group = last?.scope === scope ? last : { resource, scope, items: [] };
    if (group !== last) groups.push(group);
    group.items.push({
      ...span,
      traceId: traceIds.get(key) as string,
      spanId: newId(span.spanId, round),
      parentSpanId: newId(span.parentSpanId, round),
      startNs: nowNs - (span.endNs - span.startNs),
      endNs: nowNs,
    });
  }
  return groups;
}

/** New ids of traces: recorded ones are joined until they have as many spans as those of `/events`. */
function joinedTraces(traceOfSpans: readonly string[]): Map<string, string> {
  const counts = new Map<string, number>();
  for (const trace of traceOfSpans) counts.set(trace, (counts.get(trace) ?? 0) + 1);
  const joined = new Map<string, string>();
  let id = '';
  let spans = EVENTS_PER_TRACE;
  for (const [trace, count] of counts) {
    if (spans >= EVENTS_PER_TRACE) {
      id = randomBytes(16).toString('hex');
      spans = 0;
    }
    joined.set(trace, id);
    spans += count;
  }
  return joined;
}

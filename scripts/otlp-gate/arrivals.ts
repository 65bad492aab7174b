import type { AttributeValue } from '../../src/domain/otlp/attribute.ts';
import { readJsonSpans } from '../../src/domain/otlp/json/json-spans.ts';
import { spansToJson } from '../../src/domain/otlp/json/write-json.ts';
import { readProtobufSpans } from '../../src/domain/otlp/protobuf/protobuf-spans.ts';
import type { Group, Span } from '../../src/domain/otlp/telemetry.ts';
import { libraryBytes } from '../../test/domain/otlp/library.ts';
import type { RecordedExport } from '../../test/support/otlp-recordings.ts';

type Exports = readonly RecordedExport[];

/** The same traffic, as it might have come otherwise. */
export const arrivals = {
  recorded: (exports) => exports,
  shuffled: (exports) => shuffled(exports),
  single: (exports) => exports.flatMap(singleSpans),
  twice: (exports) => [...exports, ...exports],
  'second half first': (exports) => [
    ...exports.slice(exports.length >> 1),
    ...exports.slice(0, exports.length >> 1),
  ],
  // Some spans of a request over one, some over the other.
  'half over gRPC': (exports) =>
    exports.flatMap(singleSpans).map((one, place) => (place % 2 === 0 ? one : overGrpc(one))),
  'twice, over both': (exports) => exports.flatMap((one) => [one, overGrpc(one)]),
  'without parameters': (exports) => exports.map((one) => mapSpans(one, withoutParameters)),
  // Only spans are moved: marks in log records would stay behind in traces that are not there, and values in
  // marks would begin anew in the middle of a variable's life.
  'ten times': (exports) =>
    exports.some((one) => one.path !== '/v1/traces' || hasMarks(one))
      ? exports
      : Array.from({ length: 10 }, (_, time) =>
          exports.map((one) => mapSpans(one, (span) => shifted(span, time))),
        ).flat(),
} satisfies Record<string, (exports: Exports) => Exports>;

export type ArrivalName = keyof typeof arrivals;

/** The same order each time. */
function shuffled(exports: Exports): Exports {
  return exports
    .map((one, place) => ({ one, key: ((place + 1) * 7919) % 1009 }))
    .sort((a, b) => a.key - b.key)
    .map(({ one }) => one);
}

function groupsOf({ format, body }: RecordedExport): Iterable<Group<Span>> {
  return format === 'json' ? readJsonSpans(body) : readProtobufSpans(body);
}

function mapSpans(one: RecordedExport, change: (span: Span) => Span): RecordedExport {
  if (one.path !== '/v1/traces') return one;
  const groups = Array.from(groupsOf(one), (group) => ({
    ...group,
    items: Array.from(group.items, change),
  }));
  return jsonExport(groups);
}

function jsonExport(groups: readonly Group<Span>[]): RecordedExport {
  const body = Buffer.from(spansToJson(groups));
  return {
    path: '/v1/traces',
    format: 'json',
    headers: { 'content-type': 'application/json' },
    sent: body,
    body,
  };
}

function singleSpans(one: RecordedExport): Exports {
  if (one.path !== '/v1/traces') return [one];
  return Array.from(groupsOf(one), (group) =>
    Array.from(group.items, (span) => jsonExport([{ ...group, items: [span] }])),
  ).flat();
}

/** What an exporter of gRPC would have sent; what is not of spans goes as it was. */
function overGrpc(one: RecordedExport): RecordedExport {
  if (one.path !== '/v1/traces') return one;
  const body = one.format === 'json' ? protobufBody(one.body) : one.body;
  return { ...one, format: 'protobuf', headers: {}, sent: body, body, transport: 'grpc' };
}

const IDS: ReadonlySet<string> = new Set(['traceId', 'spanId', 'parentSpanId']);

function protobufBody(body: Buffer): Buffer {
  const content = JSON.parse(body.toString(), (name, value: unknown) =>
    IDS.has(name) && typeof value === 'string' ? Buffer.from(value, 'hex') : value,
  ) as object;
  return libraryBytes('traces', content);
}

const PARAMETERS =
  /^(?:db\.query\.parameter\.|db\.postgresql\.values$|db\.statement\.parameters$|pgx\.query\.parameters$)/;

function withoutParameters(span: Span): Span {
  const attributes = new Map<string, AttributeValue>(
    [...span.attributes].filter(([name]) => !PARAMETERS.test(name)),
  );
  return { ...span, attributes };
}

function hasMarks(one: RecordedExport): boolean {
  for (const { items } of groupsOf(one)) {
    for (const { events } of items) {
      if (events.some(({ name }) => name.startsWith('raceway.'))) return true;
    }
  }
  return false;
}

/** Long enough for no two runs to meet. */
const RUN_NS = 600_000_000_000n;

/** The span in a trace of its own, at a later time. */
function shifted(span: Span, time: number): Span {
  const digit = time.toString(16);
  const id = (text: string) => (text === '' ? '' : digit + text.slice(1));
  const later = BigInt(time) * RUN_NS;
  return {
    ...span,
    traceId: id(span.traceId),
    spanId: id(span.spanId),
    parentSpanId: id(span.parentSpanId),
    startNs: span.startNs + later,
    endNs: span.endNs + later,
    events: span.events.map((event) => ({ ...event, timeNs: event.timeNs + later })),
  };
}

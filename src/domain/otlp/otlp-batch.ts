import type { EventRecord } from '../event/event.ts';
import { eventText } from '../event/event.ts';
import { readEvent } from '../event/read-event.ts';
import type { Redaction } from '../event/redaction.ts';
import { parseJson } from '../json.ts';
import { AttributeWriter } from './attribute-text.ts';
import { readJsonLogs } from './json/json-logs.ts';
import { countJsonPoints } from './json/json-metrics.ts';
import { JsonSpanScan } from './json/json-span-scan.ts';
import { outlineJsonSpans, readJsonSpan, readJsonSpans, UnusualBody } from './json/json-spans.ts';
import { LogRecords } from './log-records.ts';
import type { OtlpFormat } from './otlp-format.ts';
import { addOutlined } from './outline/outline-records.ts';
import { SpanOutline } from './outline/span-outline.ts';
import { SpanSender } from './outline/span-sender.ts';
import { readProtobufLogs } from './protobuf/protobuf-logs.ts';
import { countProtobufPoints } from './protobuf/protobuf-metrics.ts';
import {
  outlineProtobufSpans,
  readProtobufSpan,
  readProtobufSpans,
} from './protobuf/protobuf-spans.ts';
import { SpanScan } from './protobuf/span-scan.ts';
import { Rejections } from './rejections.ts';
import { SpanRecords } from './span-records.ts';
import type { Group, Span } from './telemetry.ts';

/** What a request brought: events to be stored, and what was refused. */
export interface OtlpBatch {
  readonly events: readonly EventRecord[];
  readonly rejections: Rejections;
  /** The instrumentation scopes that made statements for databases, by service. */
  readonly statementScopes: ReadonlyMap<string, ReadonlySet<string>>;
}

/** What reads one span from the bytes that it was sent as. */
export const spanReaders: Readonly<Record<OtlpFormat, (bytes: Buffer) => Span>> = {
  protobuf: readProtobufSpan,
  json: readJsonSpan,
};

/** Reads OTLP requests. It keeps nothing of them but names of attributes. */
export class OtlpReader {
  readonly #redaction: Redaction;
  readonly #writer: AttributeWriter;
  readonly #spans: SpanRecords;
  readonly #logs: LogRecords;
  readonly #scan: SpanScan;
  readonly #jsonScan: JsonSpanScan;

  /** @param redaction takes out of spans what is not to be stored */
  constructor(redaction: Redaction) {
    this.#redaction = redaction;
    this.#writer = new AttributeWriter(redaction.takesAttribute);
    this.#spans = new SpanRecords(this.#writer);
    this.#logs = new LogRecords(this.#writer);
    const outline = new SpanOutline(redaction.takesAttribute);
    this.#scan = new SpanScan(outline);
    this.#jsonScan = new JsonSpanScan(outline);
  }

  /**
   * @param services the only ones whose spans may be stored; null: all
   * @throws {UndecodableBody} when the body is no request of the protocol
   */
  traces(body: Buffer, format: OtlpFormat, services: ReadonlySet<string> | null): OtlpBatch {
    const outlines = this.#redaction.isOfHeadersOnly ? this.#outlines(body, format) : null;
    if (outlines !== null) {
      try {
        return this.#batchOf(outlines, format, services);
      } catch (error) {
        if (!(error instanceof UnusualBody)) throw error;
      }
    }
    const spans = format === 'json' ? readJsonSpans(body) : readProtobufSpans(body);
    return this.#batchOf(spans, format, services);
  }

  #outlines(body: Buffer, format: OtlpFormat): Iterable<Group<Span | SpanOutline>> | null {
    if (format === 'json') return outlineJsonSpans(body, this.#jsonScan);
    return outlineProtobufSpans(body, this.#scan);
  }

  #batchOf(
    groups: Iterable<Group<Span | SpanOutline>>,
    format: OtlpFormat,
    services: ReadonlySet<string> | null,
  ): OtlpBatch {
    const events: EventRecord[] = [];
    const rejections = new Rejections('span');
    const statementScopes = new Map<string, Set<string>>();
    for (const group of groups) {
      const { scope } = group;
      const before = events.length;
      const origin = this.#spans.origin(group);
      const barred = barredService(origin.parts.service, services);
      const sender = new SpanSender(origin, scope, this.#spans, format, spanReaders[format]);
      for (const item of group.items) {
        const isOutline = item instanceof SpanOutline;
        const isOrdinary = isOutline && (barred ?? origin.fault) === null;
        if (isOrdinary && addOutlined(item, sender, events)) continue;
        const span = isOutline ? spanReaders[format](item.span) : item;
        const fault = barred ?? this.#spans.add(span, scope, origin, events);
        if (fault !== null) rejections.add(fault);
      }
      if (hasStatement(events, before)) {
        const { service } = origin.parts;
        const known = statementScopes.get(service) ?? new Set();
        statementScopes.set(service, known.add(scope.name));
      }
    }
    return { events: this.#redacted(events), rejections, statementScopes };
  }

  /**
   * Of log records those are kept that say something of a span: marks and exceptions.
   *
   * @param services as for {@link traces}
   * @throws {UndecodableBody} when the body is no request of the protocol
   */
  logs(body: Buffer, format: OtlpFormat, services: ReadonlySet<string> | null): OtlpBatch {
    const groups = format === 'json' ? readJsonLogs(body) : readProtobufLogs(body);
    const events: EventRecord[] = [];
    const rejections = new Rejections('log record');
    for (const group of groups) {
      const { parts, members, fault: broken } = this.#spans.origin(group);
      const barred = barredService(parts.service, services) ?? broken;
      for (const record of group.items) {
        const fault = barred ?? this.#logs.add(record, parts, members, events);
        if (fault !== null) rejections.add(fault);
      }
    }
    return { events: this.#redacted(events), rejections, statementScopes: new Map() };
  }

  /** Events whose content is subject to paths are read anew, as any other. */
  #redacted(events: readonly EventRecord[]): readonly EventRecord[] {
    if (this.#redaction.isOfHeadersOnly) return events;
    return events.map((event) => {
      const { value, unusual } = parseJson(eventText(event));
      const outcome = readEvent(value, unusual, this.#redaction.apply);
      if ('faults' in outcome) throw new Error(`an event of a span is none: ${event.kind}`);
      return { ...outcome.record, isError: event.isError };
    });
  }
}

/**
 * How many data points a request has, of which none are stored.
 *
 * @throws {UndecodableBody} when the body is no request of the protocol
 */
export function countMetricPoints(body: Buffer, format: OtlpFormat): number {
  return format === 'json' ? countJsonPoints(body) : countProtobufPoints(body);
}

/** Whether one of the events from a place on is a statement for a database. */
function hasStatement(events: readonly EventRecord[], from: number): boolean {
  for (let index = from; index < events.length; index += 1) {
    if (events[index]?.kind === 'DatabaseQuery') return true;
  }
  return false;
}

function barredService(service: string, services: ReadonlySet<string> | null): string | null {
  if (services === null || services.has(service)) return null;
  return `is of another service than this key may write: ${[...services].join(', ')}`;
}

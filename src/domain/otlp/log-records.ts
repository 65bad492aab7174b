import { createHash } from 'node:crypto';
import type { EventRecord } from '../event/event.ts';
import type { AttributeWriter } from './attribute-text.ts';
import { spanEventId, spanParts, traceUuid } from './event-ids.ts';
import { exceptionPayload } from './exception-payload.ts';
import { markPayload } from './mark-payload.ts';
import type { EventPayload } from './payload.ts';
import type { ResourceParts } from './resource-parts.ts';
import { idFault } from './span-records.ts';
import { InstantWriter, isInstant } from './span-time.ts';
import type { LogRecord } from './telemetry.ts';

const NO_USE = 'is neither a raceway.* mark nor an exception of a span';
const NO_TIME = 'has a time outside the years 1970 to 2261';
/** Hexadecimal digits of a hash that tell one record of a span from another. */
const HASH_DIGITS = 16;

/** Turns those log records into events that are marks or exceptions of a span; others are of no use here. */
export class LogRecords {
  readonly #writer: AttributeWriter;
  readonly #instants = new InstantWriter();

  constructor(writer: AttributeWriter) {
    this.#writer = writer;
  }

  /**
   * Adds the event of a log record to a list, or tells why there is none.
   *
   * @param origin the members `scope` and `resource` of `otel`
   */
  add(
    record: LogRecord,
    parts: ResourceParts,
    origin: string,
    records: EventRecord[],
  ): string | null {
    const { traceId, spanId, timeNs, observedNs } = record;
    const instantNs = timeNs === 0n ? observedNs : timeNs;
    const isTimed = isInstant(instantNs);
    const payload = this.#payload(record);
    const fault =
      payload === null ? NO_USE : (idFault(traceId, spanId) ?? (isTimed ? null : NO_TIME));
    if (payload === null || fault !== null) {
      this.#writer.takeFault();
      return fault;
    }
    const members = this.#members(record, payload);
    const text = `"part":"log",${members}${origin}`;
    const unfit = this.#writer.takeFault();
    if (unfit !== null) return unfit;
    records.push({
      id: logEventId(spanId, `${payload.kind}${payload.payload}${text}`),
      traceId: traceUuid(traceId),
      parentId: spanEventId(spanId, 'span'),
      timestamp: this.#instants.write(instantNs),
      timestampNs: instantNs,
      kind: payload.kind,
      service: parts.service,
      payload: payload.payload,
      metadata:
        `{"thread_id":"span ${spanId}","distributed_span_id":"${spanId}","upstream_span_id":null,` +
        `${parts.metadata},"tags":${payload.tags},"duration_ns":null}`,
      vector: '[]',
      lockSet: '[]',
      extra: `{"otel":{"span_id":"${spanId}",${text}}}`,
      operation: payload.operation,
      isError: false,
    });
    return null;
  }

  #payload({ eventName, attributes, traceId }: LogRecord): EventPayload | null {
    if (traceId === '') return null;
    const mark = markPayload(eventName, attributes, eventName, this.#writer);
    return mark ?? exceptionPayload(attributes, this.#writer);
  }

  #members(record: LogRecord, payload: EventPayload): string {
    const writer = this.#writer;
    let text = `"time_ns":"${record.timeNs}","observed_ns":"${record.observedNs}"`;
    if (record.eventName !== '') text += `,"event_name":${writer.text(record.eventName)}`;
    if (record.severityNumber !== 0) text += `,"severity_number":${record.severityNumber}`;
    if (record.severityText !== '') text += `,"severity_text":${writer.text(record.severityText)}`;
    if (record.flags !== 0) text += `,"flags":${record.flags}`;
    if (record.body !== null) text += `,"body":${writer.value(record.body)}`;
    if (record.attributes.size > 0) {
      text += `,"attributes":${writer.attributes(record.attributes, payload.moved)}`;
    }
    const { droppedAttributes } = record;
    return droppedAttributes > 0 ? `${text},"dropped_attributes":${droppedAttributes}` : text;
  }
}

/** A log record has no id of its own: what it says is what it is known by. */
function logEventId(spanId: string, content: string): string {
  const hash = createHash('sha256').update(`${spanId} ${content}`).digest('hex');
  const digits = hash.slice(0, HASH_DIGITS);
  return `${spanId.slice(0, 8)}-${spanId.slice(8, 12)}-8${spanParts.log}-8${digits.slice(0, 3)}-${digits.slice(3, 15)}`;
}

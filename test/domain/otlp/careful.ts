import assert from 'node:assert/strict';
import type { EventRecord } from '../../../src/domain/event/event.ts';
import { nothingRedacted, type Redaction } from '../../../src/domain/event/redaction.ts';
import { SpansOfAppend } from '../../../src/domain/latency/spans-of-append.ts';
import { AttributeWriter } from '../../../src/domain/otlp/attribute-text.ts';
import { readJsonSpans } from '../../../src/domain/otlp/json/json-spans.ts';
import type { OtlpBatch } from '../../../src/domain/otlp/otlp-batch.ts';
import type { OtlpFormat } from '../../../src/domain/otlp/otlp-format.ts';
import { SpanEvent } from '../../../src/domain/otlp/outline/span-event.ts';
import { readProtobufSpans } from '../../../src/domain/otlp/protobuf/protobuf-spans.ts';
import { Rejections } from '../../../src/domain/otlp/rejections.ts';
import { SpanRecords } from '../../../src/domain/otlp/span-records.ts';
import { summarise } from '../../../src/domain/trace/trace.ts';
import { nothingBegun } from '../../support/nothing-begun.ts';
import { plainEvent } from './plain.ts';

const RECEIVED_NS = 1_900_000_000_000_000_000n;

/** What a request of spans becomes when each of them is built before it is looked at. */
function carefulTraces(body: Buffer, format: OtlpFormat, redaction: Redaction) {
  const records = new SpanRecords(new AttributeWriter(redaction.takesAttribute));
  const events: EventRecord[] = [];
  const rejections = new Rejections('span');
  for (const group of format === 'json' ? readJsonSpans(body) : readProtobufSpans(body)) {
    const origin = records.origin(group);
    for (const span of group.items) {
      const fault = records.add(span, group.scope, origin, events);
      if (fault !== null) rejections.add(fault);
    }
  }
  return { events, rejections };
}

/**
 * Holds what the reader made of a request to the careful way: all texts, what is known without them,
 * durations, and summaries of traces.
 *
 * @returns how many events were left as outlines
 */
export function assertCarefully(
  { events, rejections }: Pick<OtlpBatch, 'events' | 'rejections'>,
  body: Buffer,
  format: OtlpFormat,
  redaction = nothingRedacted,
): number {
  const careful = carefulTraces(body, format, redaction);
  // First what is known without texts: to read one fills them in.
  assert.deepEqual(events.map(known), careful.events.map(known));
  assert.deepEqual(durations(events), durations(careful.events));
  assert.deepEqual(summaries(events), summaries(careful.events));
  assert.deepEqual(events.map(plainEvent), careful.events);
  assert.equal(rejections.count, careful.rejections.count);
  assert.equal(rejections.message, careful.rejections.message);
  return events.filter((event) => event instanceof SpanEvent).length;
}

function known({ id, traceId, parentId, timestamp, timestampNs, ...more }: EventRecord): unknown {
  const { kind, service, operation, isError } = more;
  return { id, traceId, parentId, timestamp, timestampNs, kind, service, operation, isError };
}

/** Doubled ids as bodies that were changed have them make pairs that no storage has. */
function durations(events: readonly EventRecord[]): unknown[] {
  const ids = new Set<string>();
  const distinct = events.filter(({ traceId, id }) => {
    const key = traceId + id;
    return !ids.has(key) && ids.add(key);
  });
  const spans = new SpansOfAppend(distinct, distinct).spans(nothingBegun, RECEIVED_NS);
  return spans.map(({ event, durationMs, startNs, keyText, hour }) => {
    return { id: event.id, durationMs, startNs, keyText, hour };
  });
}

function summaries(events: readonly EventRecord[]): unknown[] {
  return [...new Set(events.map(({ traceId }) => traceId))].map((traceId) =>
    summarise(
      events.filter((event) => event.traceId === traceId),
      RECEIVED_NS,
    ),
  );
}

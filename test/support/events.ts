import { readBatch } from '../../src/domain/event/batch.ts';
import type { EventRecord, TraceEvent } from '../../src/domain/event/event.ts';
import type { KindName } from '../../src/domain/event/event-kind.ts';
import { decodeEvents } from '../../src/domain/event/event-parts.ts';
import { parseTimestamp } from '../../src/domain/timestamp.ts';
import type { AppendRequest } from '../../src/storage/storage.ts';

/** What a test says of a wire event; everything else gets a plain default. */
export interface EventSketch {
  readonly id?: string;
  readonly trace?: string;
  readonly parent?: string | null;
  /** RFC 3339, or milliseconds after 2024-01-01T12:00:00Z. */
  readonly at?: string | number;
  readonly kind?: KindName;
  readonly payload?: object;
  readonly service?: string;
  readonly instance?: string | null;
  readonly thread?: string;
  readonly span?: string | null;
  readonly upstream?: string | null;
  readonly durationNs?: number | null;
  readonly environment?: string;
  readonly tags?: object;
  readonly vector?: readonly (readonly [string, number])[];
  readonly locks?: readonly string[];
}

const DEFAULT_TRACE = 'aaaaaaaa-aaaa-4aaa-aaaa-aaaaaaaaaaaa';
const BASE_MS = Date.UTC(2024, 0, 1, 12);
let counter = 0;

/** A UUID of its own for each call. */
export function freshId(): string {
  counter += 1;
  return `00000000-0000-4000-8000-${counter.toString(16).padStart(12, '0')}`;
}

/** A wire event, as an SDK would send it. */
export function wireEvent(sketch: EventSketch = {}): Record<string, unknown> {
  const at = sketch.at ?? 0;
  const payload = sketch.payload ?? {
    function_name: 'work',
    module: 'app',
    args: null,
    file: 'app.ts',
    line: 1,
  };
  return {
    id: sketch.id ?? freshId(),
    trace_id: sketch.trace ?? DEFAULT_TRACE,
    parent_id: sketch.parent ?? null,
    timestamp: typeof at === 'number' ? isoTime(at) : at,
    kind: { [sketch.kind ?? 'FunctionCall']: payload },
    metadata: {
      thread_id: sketch.thread ?? 'main',
      process_id: 1,
      service_name: sketch.service ?? 'web',
      environment: sketch.environment ?? 'test',
      tags: sketch.tags ?? {},
      duration_ns: sketch.durationNs ?? null,
      instance_id: sketch.instance === undefined ? 'web-1' : sketch.instance,
      distributed_span_id: sketch.span ?? null,
      upstream_span_id: sketch.upstream ?? null,
    },
    causality_vector: sketch.vector ?? [],
    lock_set: sketch.locks ?? [],
  };
}

/** Milliseconds (microsecond fractions allowed) after the base instant as RFC 3339 text. */
export function isoTime(ms: number): string {
  const micros = Math.round(ms * 1000);
  const whole = new Date(BASE_MS + Math.floor(micros / 1000)).toISOString().slice(0, 23);
  return `${whole}${String(((micros % 1000) + 1000) % 1000).padStart(3, '0')}Z`;
}

/** The payload of an access to a variable. */
export function access(variable: string, accessType: string, more: object = {}): object {
  return { variable, new_value: 1, location: `${variable}:1`, access_type: accessType, ...more };
}

/** Wire events as the server would store them; throws when one is refused. */
export function records(events: readonly object[]): readonly EventRecord[] {
  const batch = readBatch(Buffer.from(JSON.stringify({ events })));
  if (batch === null || batch.rejected.length > 0) {
    throw new Error(`refused: ${JSON.stringify(batch?.rejected)}`);
  }
  return batch.events;
}

/** Wire events as analysis reads them. */
export function traceEvents(events: readonly object[]): TraceEvent[] {
  return decodeEvents(records(events));
}

/** Wire events as analysis reads them, unchecked: for tests that need very many. */
export function uncheckedTraceEvents(events: readonly Record<string, unknown>[]): TraceEvent[] {
  return events.map((event) => {
    const [kind, payload] = Object.entries(event['kind'] as object)[0] as [KindName, unknown];
    return {
      id: event['id'],
      traceId: event['trace_id'],
      parentId: event['parent_id'],
      timestamp: event['timestamp'],
      timestampNs: parseTimestamp(event['timestamp'] as string),
      kind,
      payload,
      metadata: event['metadata'],
      vector: event['causality_vector'],
      lockSet: event['lock_set'],
    } as TraceEvent;
  });
}

/** Requests that were sent without a key. */
export function keyless(...requests: readonly (readonly EventRecord[])[]): AppendRequest[] {
  return requests.map((events) => ({ events, keyName: null }));
}

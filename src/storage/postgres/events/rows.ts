import type { EventRecord } from '../../../domain/event/event.ts';
import type { KindName } from '../../../domain/event/event-kind.ts';
import { nothingTold, type TraceLatency } from '../../../domain/latency/verdict.ts';
import type { TraceSummary } from '../../../domain/trace/trace.ts';
import type { KeyNames } from '../../key-names.ts';
import { nameKey } from '../../name-key.ts';
import type { SealedEvent } from '../../sealed/sealed-code.ts';

/** Between rows and the domain. Rows are arrays, in the order of the columns in event-queries.ts. */

/** The rows of `insertEvents` as JSON text; the JSON parts are put in as they are. */
export function eventRows(events: readonly EventRecord[]): string {
  return `[${events.map(eventRow).join(',')}]`;
}

/** The rows of `restoreEvents`. */
export function receivedEventRows(events: readonly SealedEvent[]): string {
  const rows = events.map(
    ({ event, receivedUs }) => `${eventRow(event).slice(0, -1)},"received_us":${receivedUs}}`,
  );
  return `[${rows.join(',')}]`;
}

function eventRow(event: EventRecord): string {
  const parent = event.parentId === null ? '' : `,"parent_id":"${event.parentId}"`;
  const extra = event.extra === '' ? '' : `,"extra":${event.extra}`;
  return (
    `{"trace_id":${JSON.stringify(event.traceId)},"id":"${event.id}"${parent},` +
    `"timestamp_text":"${event.timestamp}","timestamp_ns":${event.timestampNs},` +
    `"kind":"${event.kind}","service":${JSON.stringify(event.service)},` +
    `"operation":${JSON.stringify(event.operation)},"is_error":${event.isError},` +
    `"payload":${event.payload},"metadata":${event.metadata},` +
    `"causality_vector":${event.vector},"lock_set":${event.lockSet}${extra}}`
  );
}

/**
 * The rows of `mergeTraces` as JSON text.
 *
 * @param latency what was told of the events, by trace id
 * @param keyNames names of the keys that the events were sent with, by trace id
 */
export function traceRows(
  summaries: readonly TraceSummary[],
  latency: ReadonlyMap<string, TraceLatency>,
  keyNames: KeyNames,
): string {
  const rows = summaries.map((summary) => ({
    ...latencyColumns(latency.get(summary.traceId) ?? nothingTold),
    trace_id: summary.traceId,
    event_count: summary.eventCount,
    error_count: summary.errorCount,
    first_timestamp_ns: String(summary.first.timestampNs),
    first_event_id: summary.first.eventId,
    first_timestamp: summary.first.timestamp,
    last_timestamp_ns: String(summary.last.timestampNs),
    last_event_id: summary.last.eventId,
    last_timestamp: summary.last.timestamp,
    root: summary.root,
    root_standing: summary.rootRank.standing,
    root_timestamp_ns: String(summary.rootRank.timestampNs),
    root_event_id: summary.rootRank.eventId,
    last_activity_ns: String(summary.lastActivityNs),
    key_names: keyNames.of(summary.traceId),
    environments: summary.environments,
  }));
  return JSON.stringify(rows);
}

function latencyColumns(told: TraceLatency): object {
  return {
    anomaly_count: told.anomalyCount,
    judged_count: told.judgedCount,
    unjudged_count: told.unjudgedCount,
    learning_count: told.learningCount,
  };
}

/** The rows of `mergeTraceServices` as JSON text; events without a service count for none. */
export function traceServiceRows(traceId: string, events: readonly EventRecord[]): object[] {
  const counts = new Map<string, number>();
  for (const { service } of events) {
    if (service !== '') counts.set(service, (counts.get(service) ?? 0) + 1);
  }
  return [...counts].map(([service, eventCount]) => ({
    trace_id: traceId,
    service_key: nameKey(service),
    service,
    event_count: eventCount,
  }));
}

/** A row of `EVENT_COLUMNS`. */
export function eventOf(row: readonly unknown[]): EventRecord {
  const [traceId, id, parentId, timestamp, timestampNs, kind, service, ...more] = row;
  const [payload, metadata, vector, lockSet, extra, operation, isError] = more;
  return {
    id: id as string,
    traceId: traceId as string,
    parentId: parentId as string | null,
    timestamp: timestamp as string,
    timestampNs: BigInt(timestampNs as string),
    kind: kind as KindName,
    service: service as string,
    payload: payload as string,
    metadata: metadata as string,
    // A JSON null becomes an SQL null on its way into a column.
    vector: (vector as string | null) ?? 'null',
    lockSet: (lockSet as string | null) ?? 'null',
    extra: (extra as string | null) ?? '',
    operation: operation as string,
    isError: isError as boolean,
  };
}

/** A row of `SUMMARY_COLUMNS`. */
export function summaryOf(row: readonly unknown[]): TraceSummary {
  const [traceId, eventCount, errorCount, anomalyCount, ...ends] = row;
  const [firstNs, firstId, first, lastNs, lastId, last, root, lastActivityNs, ...found] = ends;
  const [raceCount, rootStanding, rootNs, rootId, environments, services] = found;
  return {
    traceId: traceId as string,
    eventCount: Number(eventCount),
    errorCount: Number(errorCount),
    anomalyCount: Number(anomalyCount),
    first: {
      timestampNs: BigInt(firstNs as string),
      eventId: firstId as string,
      timestamp: first as string,
    },
    last: {
      timestampNs: BigInt(lastNs as string),
      eventId: lastId as string,
      timestamp: last as string,
    },
    root: root as string,
    rootRank: {
      standing: rootStanding as number,
      timestampNs: BigInt(rootNs as string),
      eventId: rootId as string,
    },
    // Sorted here: Postgres compares bytes, the domain UTF-16 code units.
    services: (services as string[]).sort(),
    environments: (environments as string[]).sort(),
    lastActivityNs: BigInt(lastActivityNs as string),
    raceCount: Number(raceCount),
  };
}

import type { SealPlace, SealQuery } from '../../seal-store.ts';
import { eraseRows, type Query } from '../connection/query.ts';
import { TO_ANALYSE } from '../derived/claim-queries.ts';
import { EVENT_COLUMNS } from '../events/event-queries.ts';
import { NOT_PINNED, RECEIVED_NS } from '../events/receipt-queries.ts';

/** The statements of sealed traces. */

/** Events of a trace that is sealed at most: each page of a reader, and each late event, takes all of them. */
export const SEALED_EVENTS_MAX = 5000;

/** Before every trace. */
const START: SealPlace = { receivedNs: -1n, traceId: '' };

/** Whether a trace may be sealed, apart from its age. */
function isReady(isAnalysed: boolean): string {
  const analysed = `AND NOT (${TO_ANALYSE}) AND compare_mark = compared_mark`;
  return `(event_count <= ${SEALED_EVENTS_MAX} AND ${NOT_PINNED} ${isAnalysed ? analysed : ''})`;
}

/** A row of {@link selectUnsealed}. */
export interface UnsealedRow {
  readonly trace_id: string;
  readonly received_ns: string;
  readonly event_count: string;
  readonly is_ready: boolean;
}

/** Traces that were left alone for long enough, in the order of the index over those that are not sealed. */
export function selectUnsealed({ beforeNs, after, isAnalysed }: SealQuery, limit: number): Query {
  const { receivedNs, traceId } = after ?? START;
  return {
    text: `
      SELECT trace_id, ${RECEIVED_NS} AS received_ns, event_count, ${isReady(isAnalysed)} AS is_ready
      FROM traces
      WHERE sealed_on IS NULL AND ${RECEIVED_NS} < $1
        AND (${RECEIVED_NS}, trace_id) > ($2::bigint, $3)
      ORDER BY ${RECEIVED_NS}, trace_id
      LIMIT $4`,
    values: [String(beforeNs), String(receivedNs), traceId, limit],
  };
}

/** Locks those of some traces that may still be sealed and that nobody else holds. */
export function lockUnsealed(
  traceIds: readonly string[],
  { beforeNs, isAnalysed }: SealQuery,
): Query {
  return {
    text: `
      SELECT trace_id, ${RECEIVED_NS} AS received_ns, event_count, true AS is_ready
      FROM traces
      WHERE trace_id = ANY($1::text[]) AND sealed_on IS NULL AND ${RECEIVED_NS} < $2
        AND ${isReady(isAnalysed)}
      ORDER BY trace_id
      FOR UPDATE SKIP LOCKED`,
    values: [traceIds, String(beforeNs)],
  };
}

/**
 * All events of traces, and none behind the one at which their texts reach `characters`; by trace, in order. Before
 * each, when it was received in microseconds.
 */
export function selectEventsOf(traceIds: readonly string[], characters: number): Query {
  const names = EVENT_COLUMNS.replaceAll('::text', '');
  return {
    text: `
      SELECT received_us, ${names}
      FROM (
        SELECT *, sum(
          length(payload) + length(metadata) + coalesce(length(causality_vector), 0)
          + coalesce(length(lock_set), 0) + coalesce(length(extra), 0)
        ) OVER (ORDER BY trace_id, timestamp_ns, id) AS characters
        FROM (
          SELECT (extract(epoch FROM received_at) * 1000000)::bigint AS received_us, ${EVENT_COLUMNS}
          FROM events WHERE trace_id = ANY($1::text[])
        ) AS unsealed
      ) AS measured
      WHERE characters < $2
      ORDER BY trace_id, timestamp_ns, id`,
    values: [traceIds, characters],
  };
}

/** A row of `sealed_traces`. */
export interface SealedRow {
  readonly traceId: string;
  readonly day: string;
  readonly eventCount: number;
  readonly document: Buffer;
}

/** Stores documents; one of a trace that was sealed on the same day before takes the place of that. */
export function upsertSealed(rows: readonly SealedRow[]): Query {
  return {
    text: `
      INSERT INTO sealed_traces (trace_id, sealed_on, event_count, document)
      SELECT trace_id, sealed_on, event_count, document
      FROM unnest($1::text[], $2::date[], $3::integer[], $4::bytea[])
        AS sealed (trace_id, sealed_on, event_count, document)
      ON CONFLICT (trace_id, sealed_on) DO UPDATE SET
        event_count = excluded.event_count, document = excluded.document`,
    values: [
      rows.map(({ traceId }) => traceId),
      rows.map(({ day }) => day),
      rows.map(({ eventCount }) => eventCount),
      rows.map(({ document }) => document),
    ],
  };
}

/** Notes where the events of traces are. */
export function markSealed(rows: readonly SealedRow[]): Query {
  return {
    text: `
      UPDATE traces SET sealed_on = sealed.sealed_on
      FROM unnest($1::text[], $2::date[]) AS sealed (trace_id, sealed_on)
      WHERE traces.trace_id = sealed.trace_id`,
    values: [rows.map(({ traceId }) => traceId), rows.map(({ day }) => day)],
  };
}

/** Takes the events of traces away that were sealed, and gives their number. */
export function eraseSealedEvents(traceIds: readonly string[]): Query {
  return eraseRows('events', 'trace_id = ANY($1::text[])', [traceIds]);
}

/** A row of {@link selectSealedDays}. */
export interface SealedDayRow {
  readonly trace_id: string;
  readonly day: string;
  readonly event_count: string;
}

/** Those of some traces that are sealed, and where. */
export function selectSealedDays(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT trace_id, sealed_on::text AS day, event_count FROM traces
      WHERE trace_id = ANY($1::text[]) AND sealed_on IS NOT NULL
      ORDER BY trace_id`,
    values: [traceIds],
  };
}

/** A row of {@link selectSealed}. */
export interface DocumentRow {
  readonly trace_id: string;
  readonly document: Buffer;
  /** Another once somebody changed the row. */
  readonly version: string;
}

/** Documents of one day. With the day as a value Postgres looks into its partition alone. */
export function selectSealed(day: string, traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT trace_id, document, xmin::text AS version FROM sealed_traces
      WHERE sealed_on = $1::date AND trace_id = ANY($2::text[])
      ORDER BY trace_id`,
    values: [day, traceIds],
  };
}

/** Notes that the events of a trace are rows again; gives its id, or nothing when it is not sealed there any more. */
export function markUnsealed(traceId: string, day: string): Query {
  return {
    text: `
      UPDATE traces SET sealed_on = NULL WHERE trace_id = $1 AND sealed_on = $2::date
      RETURNING trace_id`,
    values: [traceId, day],
  };
}

/** Empties a document, which takes no right to delete; gives its id, or nothing when it is another by now. */
export function emptySealed(traceId: string, day: string, version: string): Query {
  return {
    text: `
      UPDATE sealed_traces SET document = '', event_count = 0
      WHERE trace_id = $1 AND sealed_on = $2::date AND xmin::text = $3
      RETURNING trace_id`,
    values: [traceId, day, version],
  };
}

/** Erases what is, or was, sealed of traces on any day. */
export function eraseSealed(traceIds: readonly string[]): Query {
  return eraseRows('sealed_traces', 'trace_id = ANY($1::text[])', [traceIds]);
}

/** Sealed traces whose last event was received before an instant; they are kept because they are pinned. */
export function selectSealedBefore(beforeNs: bigint, limit: number): Query {
  return {
    text: `
      SELECT trace_id FROM traces
      WHERE sealed_on IS NOT NULL AND ${RECEIVED_NS} < $1
      ORDER BY ${RECEIVED_NS}, trace_id
      LIMIT $2`,
    values: [String(beforeNs), limit],
  };
}

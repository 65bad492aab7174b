import type { TriageRecord } from '../../../domain/findings/triage.ts';
import type { Query } from '../connection/query.ts';
import { IS_KEPT } from './derived-queries.ts';
import { IS_LIVE, PATTERN } from './issue-filter-queries.ts';
import { FINDINGS_IN_ORDER } from './issue-queries.ts';

/** The statements about what persons said of issues, and about which ones are ignored. */

/** Records by fingerprint, locked: rows of a fingerprint and the text of its record. */
export function lockTriage(fingerprints: readonly string[]): Query {
  return {
    text: `
      SELECT fingerprint, record::text FROM triage WHERE fingerprint = ANY($1::text[])
      ORDER BY fingerprint FOR UPDATE`,
    values: [fingerprints],
  };
}

export function selectTriage(fingerprint: string): Query {
  return { text: 'SELECT record::text FROM triage WHERE fingerprint = $1', values: [fingerprint] };
}

/** Records behind a fingerprint, by fingerprint. */
export function selectTriages(after: string, limit: number): Query {
  return {
    text: `
      SELECT fingerprint, record::text FROM triage WHERE fingerprint > $1
      ORDER BY fingerprint LIMIT $2`,
    values: [after, limit],
  };
}

/** Fingerprints of what was to end by a moment. */
export function selectEnded(nowMs: number): Query {
  return {
    text: 'SELECT fingerprint FROM triage WHERE until_ms <= $1 ORDER BY fingerprint',
    values: [nowMs],
  };
}

export function upsertTriage(records: ReadonlyMap<string, TriageRecord>): Query {
  const rows = [...records].sort().map(([fingerprint, record]) => ({
    fingerprint,
    state: record.triage.state,
    until_ms: record.triage.untilMs,
    pinned_ids: record.triage.pin?.traces.map(({ traceId }) => traceId) ?? null,
    record,
  }));
  return {
    text: `
      INSERT INTO triage (fingerprint, state, until_ms, pinned_ids, record)
      SELECT fingerprint, state, until_ms, pinned_ids, record
      FROM json_to_recordset($1::json) AS said (
        fingerprint text, state text, until_ms bigint, pinned_ids text[], record json
      )
      ON CONFLICT (fingerprint) DO UPDATE SET
        state = excluded.state, until_ms = excluded.until_ms, pinned_ids = excluded.pinned_ids,
        record = excluded.record`,
    values: [JSON.stringify(rows)],
  };
}

/** 'expiry' in ASCII, as a number: the key of the advisory lock of whoever erases what expired, or pins. */
export const EXPIRY_LOCK_KEY = String(0x657870697279n);

/** Held to the end of the transaction: what is pinned is not about to be erased for its age. */
export const lockExpiry: Query = {
  text: 'SELECT pg_advisory_xact_lock($1::bigint)',
  values: [EXPIRY_LOCK_KEY],
};

/** Fingerprints of what is pinned, each with what it holds, as JSON. */
export const selectPins: Query = {
  text: `
    SELECT fingerprint, (record -> 'triage' -> 'pin')::text FROM triage
    WHERE pinned_ids IS NOT NULL
    ORDER BY fingerprint`,
};

/** Fingerprints of pins that hold one of some traces. */
export function selectPinsOf(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT fingerprint FROM triage
      WHERE pinned_ids IS NOT NULL AND pinned_ids && $1::text[] COLLATE "C"
      ORDER BY fingerprint`,
    values: [traceIds],
  };
}

/** Fingerprints of pins whose issue is not there, while nothing waits for its analysis. */
export const selectLostPins: Query = {
  text: `
    SELECT fingerprint FROM triage
    WHERE pinned_ids IS NOT NULL
      AND NOT EXISTS (
        SELECT FROM issues WHERE issues.fingerprint = triage.fingerprint AND ${IS_LIVE}
      )
    ORDER BY fingerprint`,
};

/** The traces of the witnesses that an issue shows, best first. */
export function selectWitnessTraces(fingerprint: string, witnesses: number): Query {
  return {
    text: `
      SELECT trace_ids FROM findings
      WHERE fingerprint = $1 AND retracted_at IS NULL
        AND is_request_local = (SELECT is_request_local FROM issues WHERE issues.fingerprint = $1)
      ORDER BY ${FINDINGS_IN_ORDER}
      LIMIT $2`,
    values: [fingerprint, witnesses],
  };
}

/** A row of {@link selectJudged}. */
export interface JudgedRow {
  readonly fingerprint: string;
  readonly subject: string;
  readonly pattern: string;
  readonly is_ignored: boolean;
  readonly ignoring_rule: string | null;
  readonly state: string | null;
}

/** Issues as rules judge them, with what is noted of them. */
export function selectJudged(fingerprints: readonly string[]): Query {
  return {
    text: `
      SELECT fingerprint, subject::text, ${PATTERN} AS pattern, is_ignored, ignoring_rule, triage.state
      FROM issues LEFT JOIN triage USING (fingerprint)
      WHERE fingerprint = ANY($1::text[])
      ORDER BY fingerprint`,
    values: [fingerprints],
  };
}

/** Notes which issues are ignored, and by which rule. */
export function updateDispositions(rows: string): Query {
  return {
    text: `
      UPDATE issues SET is_ignored = judged.is_ignored, ignoring_rule = judged.ignoring_rule
      FROM json_to_recordset($1::json) AS judged (
        fingerprint text, is_ignored boolean, ignoring_rule text
      )
      WHERE issues.fingerprint = judged.fingerprint`,
    values: [rows],
  };
}

/** Traces that take part in issues. */
export function selectMembers(fingerprints: readonly string[]): Query {
  return {
    text: `
      SELECT DISTINCT unnest(trace_ids) AS trace_id FROM findings
      WHERE fingerprint = ANY($1::text[]) AND ${IS_KEPT}
      ORDER BY trace_id`,
    values: [fingerprints],
  };
}

/** When the last events of traces were received, in nanoseconds since 1970. */
export function selectReceiptsOf(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT trace_id, coalesce(last_received_ns, last_activity_ns) FROM traces
      WHERE trace_id = ANY($1::text[])`,
    values: [traceIds],
  };
}

/** Issues that something was said of, and that traces take part in, but no others. */
export function selectLonelyIssues(traceIds: readonly string[]): Query {
  return {
    text: `
      SELECT DISTINCT fingerprint FROM findings
      WHERE trace_ids && $1::text[] COLLATE "C" AND ${IS_KEPT}
        AND fingerprint IN (SELECT fingerprint FROM triage)
        AND NOT EXISTS (
          SELECT FROM findings AS other
          WHERE other.fingerprint = findings.fingerprint AND other.retracted_at IS NULL
            AND NOT other.trace_ids && $1::text[] COLLATE "C"
        )
      ORDER BY fingerprint`,
    values: [traceIds],
  };
}

/** Some fingerprints of issues behind one, in order. */
export function selectFingerprints(after: string, limit: number): Query {
  return {
    text: 'SELECT fingerprint FROM issues WHERE fingerprint > $1 ORDER BY fingerprint LIMIT $2',
    values: [after, limit],
  };
}

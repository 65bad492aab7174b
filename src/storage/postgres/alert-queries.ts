import { shownByDefault } from '../../domain/findings/issue.ts';
import { CONDITION_REST_MS, RECEIVER_CLAIM_MS } from '../alert-store.ts';
import type { Query } from './connection/query.ts';
import { fingerprintsWithin } from './derived/issue-queries.ts';

/** The statements about the books of receivers of alerts. */

export function selectBook(receiver: string): Query {
  return { text: 'SELECT 1 FROM alert_receivers WHERE name = $1', values: [receiver] };
}

export function insertBook(receiver: string): Query {
  return {
    text: 'INSERT INTO alert_receivers (name) VALUES ($1) ON CONFLICT (name) DO NOTHING',
    values: [receiver],
  };
}

/** A row of {@link selectUnnoted}. */
export interface UnnotedRow {
  readonly fingerprint: string;
  readonly evidence: string;
  readonly regressed_ms: string | null;
  readonly noted_evidence: string | null;
  readonly noted_regressed_ms: string | null;
}

/** Issues that lists show, with better evidence than a book says; levels are in the order of their texts. */
export function selectUnnoted(receiver: string, limit: number): Query {
  const values: unknown[] = [receiver, limit];
  const parameter = (value: unknown) => `$${values.push(value)}`;
  return {
    text: `
      SELECT issue.fingerprint, issue.best_evidence AS evidence, back.regressed_ms,
        known.evidence AS noted_evidence, known.regressed_ms AS noted_regressed_ms
      FROM issues AS issue
      LEFT JOIN LATERAL (
        SELECT (record -> 'triage' ->> 'regressedMs')::bigint AS regressed_ms FROM triage
        WHERE triage.fingerprint = issue.fingerprint
      ) AS back ON true
      LEFT JOIN alert_news AS known ON known.receiver = $1 AND known.subject = issue.fingerprint
      WHERE issue.fingerprint IN (${fingerprintsWithin(shownByDefault, parameter)})
        AND (
          known.subject IS NULL OR issue.best_evidence > known.evidence
          OR coalesce(back.regressed_ms, 0) > coalesce(known.regressed_ms, 0)
        )
      ORDER BY issue.fingerprint
      LIMIT $2`,
    values,
  };
}

/** Notes issues, in order, so that two instances never wait for each other. */
export function mergeIssueNotes(receiver: string, notes: string): Query {
  return {
    text: `
      INSERT INTO alert_news AS known (receiver, subject, evidence, regressed_ms, news, noted_at)
      SELECT $1, subject, evidence, regressed_ms, news, now()
      FROM json_to_recordset($2::json) AS note (
        subject text, evidence text, regressed_ms bigint, news text
      )
      ORDER BY subject COLLATE "C"
      ON CONFLICT (receiver, subject) DO UPDATE SET
        evidence = greatest(known.evidence, excluded.evidence),
        regressed_ms = greatest(known.regressed_ms, excluded.regressed_ms), noted_at = excluded.noted_at,
        news = CASE
          WHEN coalesce(known.news, 'escalated') = 'escalated' THEN coalesce(excluded.news, known.news)
          ELSE known.news
        END
      WHERE excluded.evidence > known.evidence
        OR coalesce(excluded.regressed_ms, 0) > coalesce(known.regressed_ms, 0)`,
    values: [receiver, notes],
  };
}

/** Has conditions told of that were not for a while. */
export function mergeConditionNotes(receiver: string, conditions: readonly string[]): Query {
  return {
    text: `
      INSERT INTO alert_news AS known (receiver, subject, news, noted_at)
      SELECT $1, name, 'condition', now() FROM unnest($2::text[]) AS name
      ORDER BY name COLLATE "C"
      ON CONFLICT (receiver, subject) DO UPDATE SET news = excluded.news, noted_at = excluded.noted_at
      WHERE known.noted_at <= now() - $3 * interval '1 millisecond'`,
    values: [receiver, conditions, CONDITION_REST_MS],
  };
}

/** A row of {@link claimReceiver}. */
export interface ClaimedReceiverRow {
  readonly failures: number;
  readonly is_one_by_one: boolean;
}

/** Claims a receiver for which something waits; one instance at a time has it. */
export function claimReceiver(receiver: string, claimant: string): Query {
  return {
    text: `
      UPDATE alert_receivers SET
        claimant = $2, claimed_until = now() + $3 * interval '1 millisecond'
      WHERE name IN (
        SELECT name FROM alert_receivers
        WHERE name = $1 AND due_at <= now() AND (claimant IS NULL OR claimed_until < now())
          AND EXISTS (SELECT FROM alert_news WHERE receiver = $1 AND news IS NOT NULL)
        FOR UPDATE SKIP LOCKED
      )
      RETURNING failures, is_one_by_one`,
    values: [receiver, claimant, RECEIVER_CLAIM_MS],
  };
}

/** A row of {@link selectWaiting}. */
export interface WaitingRow {
  readonly subject: string;
  readonly news: string;
  readonly evidence: string | null;
  readonly noted_ms: string;
  readonly reference: string | null;
}

/** What waits for a receiver, what was noted first in front. */
export function selectWaiting(receiver: string, limit: number): Query {
  return {
    text: `
      SELECT subject, news, evidence, extract(epoch FROM noted_at) * 1000 AS noted_ms, reference
      FROM alert_news WHERE receiver = $1 AND news IS NOT NULL
      ORDER BY noted_at, subject
      LIMIT $2`,
    values: [receiver, limit],
  };
}

/** Ends a claim; no row when it was lost. */
export function releaseReceiver(
  receiver: string,
  claimant: string,
  next: {
    readonly failures: number;
    readonly isOneByOne: boolean;
    readonly fault: string | null;
    readonly pauseMs: number;
  },
): Query {
  return {
    text: `
      UPDATE alert_receivers SET
        claimant = NULL, claimed_until = NULL, failures = $3, is_one_by_one = $4, fault = $5,
        due_at = now() + $6 * interval '1 millisecond'
      WHERE name = $1 AND claimant = $2
      RETURNING name`,
    values: [receiver, claimant, next.failures, next.isOneByOne, next.fault, next.pauseMs],
  };
}

/** Notes what waits no longer; of an issue that more was noted of meanwhile, that is told next. */
export function finishNews(receiver: string, done: string, reference: string | null): Query {
  return {
    text: `
      UPDATE alert_news AS known SET
        news = CASE WHEN known.evidence IS DISTINCT FROM done.evidence THEN 'escalated' END,
        reference = coalesce(known.reference, $3)
      FROM json_to_recordset($2::json) AS done (subject text, news text, evidence text)
      WHERE known.receiver = $1 AND known.subject = done.subject AND known.news = done.news`,
    values: [receiver, done, reference],
  };
}

/** A row of {@link selectBacklogs}. */
export interface BacklogRow {
  readonly name: string;
  readonly waiting: string;
  readonly fault: string | null;
}

export const selectBacklogs: Query = {
  text: `
    SELECT name, fault, (
      SELECT count(*) FROM alert_news WHERE receiver = name AND news IS NOT NULL
    ) AS waiting
    FROM alert_receivers ORDER BY name`,
};

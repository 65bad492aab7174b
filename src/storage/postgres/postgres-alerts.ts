import type { Evidence } from '../../domain/findings/finding.ts';
import type {
  AlertStore,
  IssueNote,
  ReceiverBacklog,
  ReceiverClaim,
  SendingOutcome,
  UnnotedIssue,
  WaitingNews,
} from '../alert-store.ts';
import {
  type BacklogRow,
  type ClaimedReceiverRow,
  claimReceiver,
  finishNews,
  insertBook,
  mergeConditionNotes,
  mergeIssueNotes,
  releaseReceiver,
  selectBacklogs,
  selectBook,
  selectUnnoted,
  selectWaiting,
  type UnnotedRow,
  type WaitingRow,
} from './alert-queries.ts';
import type { PostgresPool } from './connection/pool.ts';

/** The books of receivers in the database: all instances have the same. */
export class PostgresAlerts implements AlertStore {
  readonly #pool: PostgresPool;

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  async knowsReceiver(receiver: string): Promise<boolean> {
    return (await this.#pool.read((session) => session(selectBook(receiver)))).length > 0;
  }

  async beginBook(receiver: string): Promise<void> {
    await this.#pool.write((session) => session(insertBook(receiver)));
  }

  async unnotedIssues(receiver: string, limit: number): Promise<readonly UnnotedIssue[]> {
    const query = selectUnnoted(receiver, limit);
    const rows = await this.#pool.read((session) => session.named<UnnotedRow>(query));
    return rows.map((row) => ({
      fingerprint: row.fingerprint,
      evidence: row.evidence as Evidence,
      regressedMs: numberOrNull(row.regressed_ms),
      noted:
        row.noted_evidence === null
          ? null
          : {
              evidence: row.noted_evidence as Evidence,
              regressedMs: numberOrNull(row.noted_regressed_ms),
            },
    }));
  }

  async noteIssues(receiver: string, notes: readonly IssueNote[]): Promise<void> {
    if (notes.length === 0) return;
    const rows = notes.map(({ fingerprint, evidence, regressedMs, news }) => ({
      subject: fingerprint,
      evidence,
      regressed_ms: regressedMs,
      news,
    }));
    await this.#pool.write((session) => session(mergeIssueNotes(receiver, JSON.stringify(rows))));
  }

  async noteConditions(receiver: string, conditions: readonly string[]): Promise<void> {
    if (conditions.length === 0) return;
    await this.#pool.write((session) => session(mergeConditionNotes(receiver, conditions)));
  }

  async claimReceiver(
    receiver: string,
    claimant: string,
    limit: number,
  ): Promise<ReceiverClaim | null> {
    return this.#pool.write(async (session) => {
      const [claimed] = await session.named<ClaimedReceiverRow>(claimReceiver(receiver, claimant));
      if (claimed === undefined) return null;
      const rows = await session.named<WaitingRow>(selectWaiting(receiver, limit));
      return {
        failures: claimed.failures,
        isOneByOne: claimed.is_one_by_one,
        waiting: rows.map((row) => ({
          subject: row.subject,
          news: row.news as WaitingNews,
          evidence: row.evidence as Evidence | null,
          notedMs: Math.floor(Number(row.noted_ms)),
          reference: row.reference,
        })),
      };
    });
  }

  async finishSending(
    receiver: string,
    claimant: string,
    { done, reference, ...next }: SendingOutcome,
  ): Promise<void> {
    const rows = done.map(({ subject, news, evidence }) => ({ subject, news, evidence }));
    await this.#pool.write(async (session) => {
      const held = await session(releaseReceiver(receiver, claimant, next));
      if (held.length === 0 || rows.length === 0) return;
      await session(finishNews(receiver, JSON.stringify(rows), reference));
    });
  }

  async backlogs(): Promise<ReadonlyMap<string, ReceiverBacklog>> {
    const rows = await this.#pool.read((session) => session.named<BacklogRow>(selectBacklogs));
    return new Map(
      rows.map(({ name, waiting, fault }) => [name, { waiting: Number(waiting), fault }]),
    );
  }
}

function numberOrNull(text: string | null): number | null {
  return text === null ? null : Number(text);
}

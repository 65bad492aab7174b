import { compareCodePoints } from '../../domain/code-points.ts';
import { type Evidence, evidenceLevels } from '../../domain/findings/finding.ts';
import {
  type AlertStore,
  CONDITION_REST_MS,
  type IssueNote,
  RECEIVER_CLAIM_MS,
  type ReceiverBacklog,
  type ReceiverClaim,
  type SendingOutcome,
  type UnnotedIssue,
  type WaitingNews,
  type WaitingSubject,
} from '../alert-store.ts';
import type { IssueLevel } from './derived/issue-level.ts';

/**
 * Rows that one book keeps: more than there are races in any code. The oldest are forgotten, for hostile
 * clients may invent races.
 */
const ROWS_MAX = 20_000;

interface Row {
  evidence: Evidence | null;
  regressedMs: number | null;
  news: WaitingNews | null;
  notedMs: number;
  reference: string | null;
}

interface Book {
  readonly rows: Map<string, Row>;
  dueMs: number;
  failures: number;
  isOneByOne: boolean;
  fault: string | null;
  claimant: string | null;
  claimedUntilMs: number;
}

/** The books of receivers in this process: what was told is forgotten with it, as the races are. */
export class AlertBooks implements AlertStore {
  readonly #books = new Map<string, Book>();
  readonly #issues: () => Iterable<IssueLevel>;

  /** @param issues gives those that lists show */
  constructor(issues: () => Iterable<IssueLevel>) {
    this.#issues = issues;
  }

  async knowsReceiver(receiver: string): Promise<boolean> {
    return this.#books.has(receiver);
  }

  async beginBook(receiver: string): Promise<void> {
    this.#bookOf(receiver);
  }

  async unnotedIssues(receiver: string, limit: number): Promise<readonly UnnotedIssue[]> {
    const rows = this.#books.get(receiver)?.rows;
    const found: UnnotedIssue[] = [];
    for (const { fingerprint, evidence, regressedMs } of this.#issues()) {
      const row = rows?.get(fingerprint);
      if (row !== undefined && !knowsMore(row, { evidence, regressedMs })) continue;
      const noted =
        row === undefined || row.evidence === null
          ? null
          : { evidence: row.evidence, regressedMs: row.regressedMs };
      found.push({ fingerprint, evidence, regressedMs, noted });
    }
    return found.sort((a, b) => compareCodePoints(a.fingerprint, b.fingerprint)).slice(0, limit);
  }

  async noteIssues(receiver: string, notes: readonly IssueNote[]): Promise<void> {
    const { rows } = this.#bookOf(receiver);
    for (const { fingerprint, evidence, regressedMs, news } of notes) {
      const row = rows.get(fingerprint);
      const notedMs = Date.now();
      if (row === undefined) {
        rows.set(fingerprint, { evidence, regressedMs, news, notedMs, reference: null });
      } else if (knowsMore(row, { evidence, regressedMs })) {
        const waits = row.news === null || row.news === 'escalated' ? news : null;
        Object.assign(row, { evidence, regressedMs, notedMs, news: waits ?? row.news });
      }
      const [oldest] = rows.size > ROWS_MAX ? rows.keys() : [];
      if (oldest !== undefined) rows.delete(oldest);
    }
  }

  async noteConditions(receiver: string, conditions: readonly string[]): Promise<void> {
    const { rows } = this.#bookOf(receiver);
    const notedMs = Date.now();
    for (const name of conditions) {
      const row = rows.get(name);
      if (row !== undefined && notedMs - row.notedMs < CONDITION_REST_MS) continue;
      const news = 'condition';
      rows.set(name, { evidence: null, regressedMs: null, news, notedMs, reference: null });
    }
  }

  async claimReceiver(
    receiver: string,
    claimant: string,
    limit: number,
  ): Promise<ReceiverClaim | null> {
    const book = this.#books.get(receiver);
    const nowMs = Date.now();
    if (book === undefined || book.dueMs > nowMs) return null;
    if (book.claimant !== null && book.claimedUntilMs > nowMs) return null;
    const waiting = waitingOf(book).slice(0, limit);
    if (waiting.length === 0) return null;
    book.claimant = claimant;
    book.claimedUntilMs = nowMs + RECEIVER_CLAIM_MS;
    return { waiting, failures: book.failures, isOneByOne: book.isOneByOne };
  }

  async finishSending(
    receiver: string,
    claimant: string,
    { done, reference, failures, isOneByOne, fault, pauseMs }: SendingOutcome,
  ): Promise<void> {
    const book = this.#books.get(receiver);
    if (book === undefined || book.claimant !== claimant) return;
    for (const { subject, news, evidence } of done) {
      const row = book.rows.get(subject);
      if (row === undefined || row.news !== news) continue;
      row.news = row.evidence === evidence ? null : 'escalated';
      row.reference ??= reference;
    }
    const dueMs = Date.now() + pauseMs;
    Object.assign(book, { failures, isOneByOne, fault, dueMs, claimant: null });
  }

  async backlogs(): Promise<ReadonlyMap<string, ReceiverBacklog>> {
    return new Map(
      [...this.#books].map(([receiver, book]) => [
        receiver,
        { waiting: waitingOf(book).length, fault: book.fault },
      ]),
    );
  }

  #bookOf(receiver: string): Book {
    const known = this.#books.get(receiver);
    if (known !== undefined) return known;
    const book = {
      rows: new Map<string, Row>(),
      dueMs: 0,
      failures: 0,
      isOneByOne: false,
      fault: null,
      claimant: null,
      claimedUntilMs: 0,
    };
    this.#books.set(receiver, book);
    return book;
  }
}

function waitingOf({ rows }: Book): WaitingSubject[] {
  const waiting: WaitingSubject[] = [];
  for (const [subject, { news, evidence, notedMs, reference }] of rows) {
    if (news !== null) waiting.push({ subject, news, evidence, notedMs, reference });
  }
  return waiting.sort((a, b) => a.notedMs - b.notedMs || compareCodePoints(a.subject, b.subject));
}

/** Whether more is known than a row says. */
function knowsMore(
  row: Pick<Row, 'evidence' | 'regressedMs'>,
  { evidence, regressedMs }: Pick<IssueLevel, 'evidence' | 'regressedMs'>,
): boolean {
  const levelOf = (level: Evidence | null) => (level === null ? -1 : evidenceLevels.indexOf(level));
  return levelOf(evidence) > levelOf(row.evidence) || (regressedMs ?? 0) > (row.regressedMs ?? 0);
}

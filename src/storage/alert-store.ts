import type { Evidence } from '../domain/findings/finding.ts';
import type { News } from '../domain/findings/triage.ts';

/** What waits to be told of a subject: news of a race, or a condition of the server. */
export type WaitingNews = News | 'condition';

/** An issue of which more is known than a receiver's book says. */
export interface UnnotedIssue {
  /** Its own fingerprint. */
  readonly fingerprint: string;
  readonly evidence: Evidence;
  /** `regressedMs` of its triage. */
  readonly regressedMs: number | null;
  /** What the book says; null: nothing. */
  readonly noted: NotedIssue | null;
}

/** What a book says of an issue. */
export interface NotedIssue {
  readonly evidence: Evidence;
  readonly regressedMs: number | null;
}

/** What is to be noted of an issue. */
export interface IssueNote extends NotedIssue {
  readonly fingerprint: string;
  /** Waits to be told from now on; null: nothing does. */
  readonly news: News | null;
}

/** Something that waits to be told. */
export interface WaitingSubject {
  /** A fingerprint, or the name of a condition. */
  readonly subject: string;
  readonly news: WaitingNews;
  /** The evidence when it was noted; null: of a condition. */
  readonly evidence: Evidence | null;
  readonly notedMs: number;
  /** What the receiver called it when it was told of before. */
  readonly reference: string | null;
}

/** A receiver that is to be sent to, by nobody else until the claim ends. */
export interface ReceiverClaim {
  /** What was noted first in front. */
  readonly waiting: readonly WaitingSubject[];
  /** Failures in a row. */
  readonly failures: number;
  /** The last message was refused for what stood in it: one thing at a time then. */
  readonly isOneByOne: boolean;
}

/** How an attempt to send ended. */
export interface SendingOutcome {
  /** What waits no longer, for it was told or never will be. What was noted of it meanwhile waits on. */
  readonly done: readonly WaitingSubject[];
  /** What the receiver calls the one thing that it was told of; null: nothing. */
  readonly reference: string | null;
  readonly failures: number;
  readonly isOneByOne: boolean;
  /** Why it failed; null: it did not. */
  readonly fault: string | null;
  /** When the next attempt may be made. */
  readonly pauseMs: number;
}

/** What waits for a receiver. */
export interface ReceiverBacklog {
  readonly waiting: number;
  readonly fault: string | null;
}

/**
 * Who was told of what: a book for each receiver of alerts, by its name. It outlives the process as far as
 * the storage does, and instances share it, so that each thing is told once. It has fingerprints and no text
 * of a trace, so that an erasure has nothing to erase.
 *
 * A row is never taken away: nothing needs the right to delete.
 */
export interface AlertStore {
  /**
   * Whether the book of a receiver was begun: what is known before that is noted and not told, or whoever
   * turns alerts on would be told of years.
   */
  knowsReceiver(receiver: string): Promise<boolean>;

  /** Begins the book of a receiver. */
  beginBook(receiver: string): Promise<void>;

  /**
   * Issues that lists show (evidence E1 and up) with better evidence than the book of a receiver says, or
   * that opened again since; by fingerprint.
   */
  unnotedIssues(receiver: string, limit: number): Promise<readonly UnnotedIssue[]>;

  /**
   * Notes what is known of issues. What the book knows already changes nothing; what waits untold is not
   * called anything less: a race that is new stays new.
   */
  noteIssues(receiver: string, notes: readonly IssueNote[]): Promise<void>;

  /** Has conditions told of, but for those noted less than {@link CONDITION_REST_MS} ago. */
  noteConditions(receiver: string, conditions: readonly string[]): Promise<void>;

  /**
   * Claims a receiver for which something waits, whose pause is over and that nobody else has claimed;
   * null: there is nothing to do.
   */
  claimReceiver(receiver: string, claimant: string, limit: number): Promise<ReceiverClaim | null>;

  /** Notes how an attempt ended, and ends the claim; nothing when the claim was lost. */
  finishSending(receiver: string, claimant: string, outcome: SendingOutcome): Promise<void>;

  /** What waits, by receiver; those without a book have nothing. */
  backlogs(): Promise<ReadonlyMap<string, ReceiverBacklog>>;
}

/** How long a condition that goes on is not told of again. */
export const CONDITION_REST_MS = 3_600_000;
/** How long a claim on a receiver is kept: several times the longest attempt. */
export const RECEIVER_CLAIM_MS = 60_000;

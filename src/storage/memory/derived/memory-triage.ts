import type { FindingRules } from '../../../domain/findings/finding-rules.ts';
import type { Issue } from '../../../domain/findings/issue.ts';
import type { Pin, PinOffer } from '../../../domain/findings/pin.ts';
import {
  imported,
  type TriageAuthor,
  type TriageChange,
  type TriageRecord,
} from '../../../domain/findings/triage.ts';
import { type NamedTriage, soundChange, type TriageStore } from '../../triage-store.ts';
import type { PinListener } from './derived-trace.ts';
import type { IssueBook } from './issue-book.ts';
import type { TriageBook } from './triage-book.ts';

/** What persons said of the issues of the memory backend. */
export class MemoryTriage implements TriageStore {
  readonly #issues: IssueBook;
  readonly #book: TriageBook;
  readonly #listener: PinListener;
  readonly #isDone: () => boolean;

  /** @param isDone tells whether nothing waits for its analysis */
  constructor(issues: IssueBook, book: TriageBook, listener: PinListener, isDone: () => boolean) {
    this.#issues = issues;
    this.#book = book;
    this.#listener = listener;
    this.#isDone = isDone;
  }

  async of(fingerprint: string): Promise<TriageRecord | null> {
    return this.#issues.triageOf(fingerprint);
  }

  async change(
    fingerprint: string,
    change: TriageChange,
    author: TriageAuthor,
  ): Promise<Issue | null> {
    const offer = change.isPinned === true ? await this.#pinOffer(fingerprint) : null;
    const issue = this.#issues.retriage(fingerprint, (known) =>
      soundChange(known, change, author, offer),
    );
    this.#listener.grown();
    await this.#book.keepAll();
    await this.#issues.settled();
    return issue;
  }

  /** Before traces are erased: see {@link TriageStore}. */
  forgetWords(traceIds: readonly string[]): void {
    this.#issues.forgetWords(new Set(traceIds));
    this.#book.forgetPinned(traceIds);
  }

  async settle(nowMs: number, rules: FindingRules): Promise<void> {
    if (this.#isDone()) this.#book.unpinWhere((name) => !this.#issues.isKnown(name), nowMs);
    this.#issues.settle(nowMs, rules);
    await this.#issues.settled();
  }

  async records(after: string, limit: number): Promise<readonly NamedTriage[]> {
    return this.#book.records(after, limit);
  }

  async merge(brought: readonly NamedTriage[], author: TriageAuthor): Promise<number> {
    let taken = 0;
    for (const { fingerprint, record } of brought) {
      const next = imported(this.#book.of(fingerprint), record, author);
      if (next === null) continue;
      taken += 1;
      this.#book.put(fingerprint, next);
      this.#issues.rejudge(fingerprint);
    }
    this.#listener.grown();
    await this.#book.keepAll();
    await this.#issues.settled();
    return taken;
  }

  async pins(): Promise<readonly Pin[]> {
    return this.#book.pinsBut(null);
  }

  async #pinOffer(fingerprint: string): Promise<PinOffer> {
    const { isStored, sizesOf, pinRoom: roomOf } = this.#listener;
    const witnesses = this.#issues.witnessTraces(fingerprint);
    const sizes = [...(await sizesOf(witnesses.flat()))];
    return {
      witnesses,
      // Some may have been given up while others were read.
      sizes: new Map(sizes.filter(([traceId]) => isStored(traceId))),
      others: this.#book.pinsBut(this.#issues.ownName(fingerprint)),
      room: roomOf(),
    };
  }
}

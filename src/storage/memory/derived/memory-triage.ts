import type { FindingRules } from '../../../domain/findings/finding-rules.ts';
import type { Issue } from '../../../domain/findings/issue.ts';
import type { TriageAuthor, TriageChange, TriageRecord } from '../../../domain/findings/triage.ts';
import { soundChange, type TriageStore } from '../../triage-store.ts';
import type { IssueBook } from './issue-book.ts';
import type { TriageBook } from './triage-book.ts';

/** What persons said of the issues of the memory backend. */
export class MemoryTriage implements TriageStore {
  readonly #issues: IssueBook;
  readonly #book: TriageBook;
  readonly #grown: () => void;

  /** @param grown told when more may be kept than before */
  constructor(issues: IssueBook, book: TriageBook, grown: () => void) {
    this.#issues = issues;
    this.#book = book;
    this.#grown = grown;
  }

  async of(fingerprint: string): Promise<TriageRecord | null> {
    return this.#issues.triageOf(fingerprint);
  }

  async change(
    fingerprint: string,
    change: TriageChange,
    author: TriageAuthor,
  ): Promise<Issue | null> {
    const issue = this.#issues.retriage(fingerprint, (known) => soundChange(known, change, author));
    this.#grown();
    await this.#book.keepAll();
    return issue;
  }

  /** Before traces are erased: see {@link TriageStore}. */
  forgetWords(traceIds: readonly string[]): void {
    this.#issues.forgetWords(new Set(traceIds));
  }

  async settle(nowMs: number, rules: FindingRules): Promise<void> {
    this.#issues.settle(nowMs, rules);
  }
}

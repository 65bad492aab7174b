import type { Evidence } from '../../../domain/findings/finding.ts';
import { type Entry, namesOf } from './issue-entry.ts';

/** An issue as far as alerts look at it. */
export interface IssueLevel {
  readonly fingerprint: string;
  readonly evidence: Evidence;
  readonly regressedMs: number | null;
}

/** The same of the issues of a book. */
export function* levelsOf(entries: Iterable<Entry>): Generator<IssueLevel> {
  for (const entry of entries) {
    const { subject, disposition } = entry;
    yield {
      fingerprint: subject.fingerprint,
      evidence: namesOf(entry).evidence,
      regressedMs: disposition.triage?.regressedMs ?? null,
    };
  }
}

import type { Evidence } from '../../../domain/findings/finding.ts';

/** An issue as far as alerts look at it. */
export interface IssueLevel {
  readonly fingerprint: string;
  readonly evidence: Evidence;
  readonly regressedMs: number | null;
}

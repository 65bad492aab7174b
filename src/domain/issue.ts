import {
  type AnomalyClass,
  type Evidence,
  evidenceLevels,
  type Finding,
  type IssueSubject,
  lockings,
  type Pattern,
  patterns,
  type Severity,
  type Verdict,
  valueEffects,
} from './finding.ts';

/** An issue: all findings of one fingerprint, and how many pairs of traces could have had one. */
export interface Issue {
  readonly subject: IssueSubject;
  /** Of its best finding; with evidence E0 when nothing but the possibility is known. */
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  readonly anomalyClass: AnomalyClass | null;
  readonly verdict: Verdict | null;
  /** Event pairs: racing inside traces, and conflicting across them, whenever they happened. */
  readonly count: number;
  /** Pairs of traces that accessed one variable at both sites, overlapping or not. */
  readonly tracePairs: number;
  /** Of its findings, nanoseconds since 1970 as decimal text; null when there are none. */
  readonly firstNs: string | null;
  readonly lastNs: string | null;
  /** JSON texts of {@link FindingWitness}es, best rank first. */
  readonly witnesses: readonly string[];
}

/** What a query says of the issues that it finds. */
export interface IssueFilter {
  readonly evidenceMin: Evidence;
  /** Exact variable or pattern of a variable. */
  readonly variable: string | null;
  readonly service: string | null;
  readonly severity: Severity | null;
  readonly pattern: Pattern | null;
  /** Also issues of unknown scope that nothing proves. */
  readonly anyScope: boolean;
}

/** Which issues a list shows. */
export interface IssueQuery extends IssueFilter {
  readonly limit: number;
  readonly offset: number;
}

export interface IssuePage {
  readonly issues: readonly Issue[];
  readonly total: number;
  /** Sum of the counts of all issues that match. */
  readonly pairs: number;
}

/** Witnesses that one issue shows; with a trace, only the best one that it takes part in. */
export const WITNESSES_SHOWN = 8;

/**
 * The place of a finding among others (docs/analysis.md, "Ranking"), as a number: the smaller, the earlier it
 * deserves a look. Its decimal digits are, from the left: whether nobody knows that both sites meet
 * the same variable and no value tells, evidence, pattern, locking, effect of the values.
 */
export function rankOf(
  scope: IssueSubject['scope'],
  finding: Pick<Finding, 'evidence' | 'pattern' | 'locking' | 'valueEffect'>,
): number {
  const isProven = finding.evidence === 'E3' || finding.evidence === 'E4';
  const digits = [
    scope === 'unknown' && !isProven ? 1 : 0,
    evidenceLevels.length - 1 - evidenceLevels.indexOf(finding.evidence),
    patterns.indexOf(finding.pattern),
    lockings.indexOf(finding.locking),
    valueEffects.indexOf(finding.valueEffect),
  ];
  return digits.reduce((rank, digit) => rank * 10 + digit, 0);
}

/** The rank of an issue of which only the possibility is known. */
export function possibleRank(subject: IssueSubject): number {
  const pattern = subject.severity === 'CRITICAL' ? 'write_write' : 'read_write';
  return rankOf(subject.scope, {
    evidence: 'E0',
    pattern,
    locking: 'none',
    valueEffect: 'unknown',
  });
}

/** What a rank says of its finding. */
export function readRank(rank: number): {
  evidence: Evidence;
  pattern: Pattern;
  doubtful: boolean;
} {
  const digit = (place: number) => Math.floor(rank / 10 ** place) % 10;
  return {
    evidence: evidenceLevels[evidenceLevels.length - 1 - digit(3)] as Evidence,
    pattern: patterns[digit(2)] as Pattern,
    doubtful: digit(4) === 1,
  };
}

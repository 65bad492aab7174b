import type {
  Evidence,
  Finding,
  IssueSubject,
  Locking,
  PairScope,
  Pattern,
  Severity,
  ValueEffect,
} from './finding.ts';

/**
 * What the rank of a finding, or of an issue, is made of; the first that differs decides
 * (docs/analysis.md, "Ranking").
 */
export interface RankedTraits {
  readonly scope: PairScope;
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  readonly severity: Severity;
  readonly locking: Locking;
  readonly valueEffect: ValueEffect;
}

/*
 * A rank is a sum of weights, and it is stored: whoever changes a weight adds a migration that
 * converts every rank. Between any two weights of a list there is room for others, which change
 * nothing. All that a list and those below it can add up to is less than the smallest room in the
 * list above.
 */

const DOUBTFUL_WEIGHT = 1_000_000_000;

/** Proven is proven, whether by the values of one variable (E3) or of several (E4). Room: 100,000,000. */
const evidenceWeights = {
  E4: 200_000_000,
  E3: 200_000_000,
  E2: 400_000_000,
  E1: 600_000_000,
  E0: 800_000_000,
} satisfies Record<Evidence, number>;

/** What says most of what went wrong comes first. Room: 1,000,000. */
const patternWeights = {
  lost_update: 10_000_000,
  double_submit: 12_000_000,
  check_then_insert: 14_000_000,
  check_then_act: 16_000_000,
  dirty_read: 20_000_000,
  write_skew: 30_000_000,
  non_repeatable_read: 40_000_000,
  write_write: 50_000_000,
  read_write: 60_000_000,
} satisfies Record<Pattern, number>;

/** Room: 100,000. */
const severityWeights = { CRITICAL: 300_000, WARNING: 600_000 } satisfies Record<Severity, number>;

/** Who locks on both sides meant to exclude, and failed. Room: 10,000. */
const lockingWeights = {
  inconsistent: 20_000,
  none: 40_000,
  reader_only: 60_000,
} satisfies Record<Locking, number>;

const valueEffectWeights = {
  different: 2000,
  unknown: 4000,
  same: 6000,
} satisfies Record<ValueEffect, number>;

/** The smaller, the earlier it deserves a look. Tells nothing else: names are kept beside it. */
export function rankOf(traits: RankedTraits): number {
  return (
    (isDoubtful(traits) ? DOUBTFUL_WEIGHT : 0) +
    evidenceWeights[traits.evidence] +
    patternWeights[traits.pattern] +
    severityWeights[traits.severity] +
    lockingWeights[traits.locking] +
    valueEffectWeights[traits.valueEffect]
  );
}

/** The levels of evidence at which values prove that something went wrong. */
export const provingEvidence: readonly Evidence[] = ['E3', 'E4'];

/** Whether nobody knows that both sites meet the same variable, and no values prove it. */
export function isDoubtful({ scope, evidence }: Pick<RankedTraits, 'scope' | 'evidence'>): boolean {
  return scope === 'unknown' && !provingEvidence.includes(evidence);
}

/** What an issue is ranked by while only its possibility is known. */
export function possibleTraits({ scope, severity }: IssueSubject): RankedTraits {
  const pattern = severity === 'CRITICAL' ? 'write_write' : 'read_write';
  return { scope, severity, evidence: 'E0', pattern, locking: 'none', valueEffect: 'unknown' };
}

/** What decides of a place in a list, but for a name. */
export interface Placed {
  readonly rank: number;
  /** When it was seen last, nanoseconds since 1970; null: never. */
  readonly lastNs: bigint | null;
}

/** A finding or an issue that has a place in a list. */
export interface Ranked extends Placed {
  readonly fingerprint: string;
}

/** Sorts what deserves a look first to the front: by rank, last seen, fingerprint. */
export function compareRanked(a: Ranked, b: Ranked): number {
  return comparePlaced(a, b) || compare(a.fingerprint, b.fingerprint);
}

/** The same for those that have no fingerprint yet, or more than one of each. */
export function comparePlaced(a: Placed, b: Placed): number {
  return a.rank - b.rank || compareLastSeen(a.lastNs, b.lastNs);
}

/** What was seen last comes first, what was never seen last. */
function compareLastSeen(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return compare(b, a);
}

/** A finding with what places it among others. */
export interface RankedFinding extends Ranked {
  readonly finding: Finding;
}

/** Ranks a finding. */
export function rankedFinding(finding: Finding): RankedFinding {
  const { scope, severity, fingerprint } = finding.subject;
  const { evidence, pattern, locking, valueEffect } = finding;
  return {
    rank: rankOf({ scope, severity, evidence, pattern, locking, valueEffect }),
    lastNs: BigInt(finding.lastNs),
    fingerprint,
    finding,
  };
}

/** {@link compareRanked}; of one issue's findings seen at the same time, by the ids of their events. */
export function compareRankedFindings(a: RankedFinding, b: RankedFinding): number {
  return compareRanked(a, b) || compare(eventIds(a), eventIds(b));
}

function eventIds({ finding }: RankedFinding): string {
  return finding.witness.events.map((event) => event.event_id).join(' ');
}

function compare<Value extends bigint | string>(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import type { AccessSite } from './footprint.ts';

/** What proves a finding, strongest last (docs/analysis.md, "Evidence"). */
export const evidenceLevels = ['E0', 'E1', 'E2', 'E3', 'E4'] as const;
/** One of {@link evidenceLevels}. */
export type Evidence = (typeof evidenceLevels)[number];

/** What happened, as values and order tell; most telling first. */
export const patterns = [
  'lost_update',
  'double_submit',
  'check_then_insert',
  'check_then_act',
  'dirty_read',
  'write_skew',
  'non_repeatable_read',
  'write_write',
  'read_write',
] as const;
/** One of {@link patterns}. */
export type Pattern = (typeof patterns)[number];

/** Patterns of two acts, which tell what two operations did to each other on a variable. */
export const actPatterns: readonly Pattern[] = [
  'lost_update',
  'double_submit',
  'check_then_insert',
  'check_then_act',
];
/** Patterns that say nothing more where acts are told of. */
export const absorbedPatterns: readonly Pattern[] = ['write_write', 'read_write'];

/** Isolation anomalies (Adya, Liskov & O'Neil, ICDE 2000) that a dependency cycle or value proves. */
export const anomalyClasses = ['G0', 'G1a', 'G1b', 'G1c', 'G-single', 'G2-item'] as const;
/** One of {@link anomalyClasses}. */
export type AnomalyClass = (typeof anomalyClasses)[number];

/** What is known of two accesses of one name: one store, one process's memory, or nobody knows. */
export type PairScope = 'shared' | 'process' | 'unknown';

/** Both sites write: critical; one does: a warning. */
export type Severity = 'CRITICAL' | 'WARNING';
/** Whether this run shows the race, or only the order of a lock kept the two apart in it. */
export type Verdict = 'confirmed' | 'predicted';

/** Lock use on the two sides: different locks, none at all, or only a reader's. */
export type Locking = 'inconsistent' | 'none' | 'reader_only';

/** What two writes leave behind: different values, nobody knows, or the same value. */
export type ValueEffect = 'different' | 'unknown' | 'same';

/** Digits of a fingerprint that tell the code and the variable; the environments follow. */
export const FINGERPRINT_DIGITS = 16;

/** What stays the same of an issue over all its occurrences; its fingerprint names it. */
export interface IssueSubject {
  /** With its environments (`fingerprintIn`): what tells issues apart in storage. */
  readonly fingerprint: string;
  /** With runs of digits and UUIDs as `*`. */
  readonly variable: string;
  readonly scope: PairScope;
  /** Sorted as the fingerprint sorts them. */
  readonly sites: readonly [AccessSite, AccessSite];
  /** Distinct services of the sites, sorted; the empty name is left out. */
  readonly services: readonly string[];
  /** Distinct environments of the sites, sorted: two where a variable is one for all of them. */
  readonly environments: readonly string[];
  /** Both sites write: critical; one does: a warning. */
  readonly severity: Severity;
}

/** One event of a witness, enough to find it and to read the story. */
export interface FindingEvent {
  readonly trace_id: string;
  readonly event_id: string;
  readonly timestamp: string;
  readonly thread: string;
  readonly service: string;
  /** Of the service, where it says one. */
  readonly release?: string;
  /** Method and route pattern of the request, and the function that it was in; null where unknown. */
  readonly operation: string | null;
  readonly function: string | null;
  readonly location: string;
  readonly access_type: string;
  readonly old_value: unknown;
  readonly new_value: unknown;
}

/** One step of a witness's interleaving; `column` 1 is the first event's side. */
export interface FindingStep extends FindingEvent {
  readonly column: 1 | 2;
  readonly variable: string;
}

/** What a person needs to believe one occurrence of an issue. Members are wire names. */
export interface FindingWitness {
  /** The concrete variable. */
  readonly variable: string;
  /** As the sites of the issue; where both are the same, the earlier event first. */
  readonly events: readonly [FindingEvent, FindingEvent];
  /** The read that one of the two decided on, where that is what went wrong. */
  readonly check: FindingEvent | null;
  readonly steps: readonly FindingStep[];
  /** One sentence. */
  readonly explanation: string;
}

/**
 * One occurrence of an issue, in one trace or between two. The first trace by id of a causal group
 * owns the findings inside the group. Who owns those between traces is told in docs/analysis.md, "Who
 * owns an occurrence". A trace owns at most one finding of each fingerprint inside its group, and one
 * with others.
 */
export interface Finding {
  readonly subject: IssueSubject;
  /** The other trace; null for a finding inside a causal group. */
  readonly otherTraceId: string | null;
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  readonly anomalyClass: AnomalyClass | null;
  /** Each trace has a variable of its own, as its values tell, so that nothing can go wrong. */
  readonly isRequestLocal: boolean;
  /** Null across traces: there every schedule was possible. */
  readonly verdict: Verdict | null;
  readonly locking: Locking;
  readonly valueEffect: ValueEffect;
  /** Pairs behind it that values prove, and pairs of accesses that were only there at one time. */
  readonly provenPairs: number;
  readonly overlappingPairs: number;
  /** The earlier and the later event of the witness: nanoseconds since 1970 as decimal text. */
  readonly firstNs: string;
  readonly lastNs: string;
  /** All traces that take part (two, or the members of a cycle; the owner included), sorted. */
  readonly traceIds: readonly string[];
  readonly witness: FindingWitness;
}

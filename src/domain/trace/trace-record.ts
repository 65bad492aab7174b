import type {
  AnomalyClass,
  Evidence,
  IssueSubject,
  Pattern,
  Verdict,
} from '../findings/finding.ts';
import type { Footprint } from '../findings/footprint.ts';

export type LinkType = 'HttpCall' | 'DatabaseQuery' | 'Custom';

/** How often one service called another. */
export interface ServiceCalls {
  readonly from: string;
  readonly to: string;
  readonly linkType: LinkType;
  readonly calls: number;
}

/** What lists of findings sort, count and filter by. */
export interface CountedFinding {
  readonly fingerprint: string;
  /** Made by the comparison with other traces, not by the analysis of the trace. */
  readonly isAcross: boolean;
  /** The variable of the witness. */
  readonly variable: string;
  readonly isCritical: boolean;
  /** For sorting alone: see domain/findings/ranking.ts. */
  readonly rank: number;
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  readonly anomalyClass: AnomalyClass | null;
  readonly verdict: Verdict | null;
  readonly isRequestLocal: boolean;
  /** Names the variable's pattern and the two operations that met: see `meetingName`. */
  readonly meeting: string;
  readonly provenPairs: number;
  readonly overlappingPairs: number;
  /** All traces that take part, the owner included; sorted. */
  readonly traceIds: readonly string[];
}

/** A finding as it is stored, with the witness as JSON text. */
export interface StoredFinding extends CountedFinding {
  /** First and last access of all occurrences: nanoseconds since 1970, as decimal text. */
  readonly firstNs: string;
  readonly lastNs: string;
  readonly witness: string;
}

/**
 * The budgets (src/analysis/budgets.ts) that may keep findings out of a record, or let those in it
 * be less than exact: in the order in which an analysis meets them. Of several that it met it names
 * the first of this list.
 */
export const recordLimits = [
  'analysis_memory',
  'group_events',
  'group_characters',
  'traces_per_group',
  'await_edges',
  'clock_words',
  'locks_per_set',
  'race_comparisons',
  'signatures_per_variable',
  'race_pairs',
  'race_details',
  'stale_writers',
  'footprint_signatures',
  'footprint_accesses',
  'footprint_variables',
  'neighbours_before',
  'neighbours_after',
  'cycle_traces',
] as const;
export type RecordLimit = (typeof recordLimits)[number];

/** What a budget kept out of a record. */
export interface Cut {
  readonly limit: RecordLimit;
  /** The variable that is less than whole; null: any may be. */
  readonly variable: string | null;
}

/** A cut, and the trace whose record it is in. */
export interface CutOfTrace extends Cut {
  readonly traceId: string;
}

/** Budgets of one variable in one trace: what others did to the variable, and all else, is whole. */
const confinedLimits: readonly RecordLimit[] = [
  'footprint_accesses',
  'footprint_signatures',
  'signatures_per_variable',
  'locks_per_set',
  'stale_writers',
];

/** Budgets whose cuts may have kept any finding out, not only one trace's on a variable that it names. */
export const openLimits = recordLimits.filter((limit) => !confinedLimits.includes(limit));

/** Whether lists of findings are less than whole because of a cut. */
export function isOpen({ limit, variable }: Cut): boolean {
  return variable === null || !confinedLimits.includes(limit);
}

/** Cuts that one record tells of; one trace may meet a budget on thousands of variables. */
export const CUTS_PER_RECORD = 64;

/** Cuts as a record keeps them: each once, in the order of {@link recordLimits}, then by variable. */
export function keptCuts(cuts: readonly Cut[]): readonly Cut[] {
  const byText = new Map(cuts.map((cut) => [JSON.stringify([cut.limit, cut.variable]), cut]));
  return [...byText.values()].sort(compareCuts).slice(0, CUTS_PER_RECORD);
}

function compareCuts(a: Cut, b: Cut): number {
  const byLimit = recordLimits.indexOf(a.limit) - recordLimits.indexOf(b.limit);
  if (byLimit !== 0) return byLimit;
  const [left, right] = [a.variable ?? '', b.variable ?? ''];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The limit of several that an answer names; null when none was met. */
export function firstLimit(met: ReadonlySet<RecordLimit>): RecordLimit | null {
  return recordLimits.find((limit) => met.has(limit)) ?? null;
}

/** What the analysis of one trace leaves behind; a later one takes its place. */
export interface TraceRecord {
  readonly traceId: string;
  /** Events of the trace that were looked at. */
  readonly eventCount: number;
  /** The claim's mark: a newer one means that it is to be analysed again. */
  readonly mark: number;
  /** Traces of its causal group, itself included; sorted. */
  readonly group: readonly string[];
  /** Span ids by which other traces may find this one, and those it looks for in other traces. */
  readonly ownSpans: readonly string[];
  readonly missingSpans: readonly string[];
  /** Distinct environments of its events; a trace stored before these were noted learns them so. */
  readonly environments: readonly string[];
  /** What lists find it by, see `tagsOfTrace`. */
  readonly tags: readonly string[];
  readonly footprints: readonly Footprint[];
  /** Findings inside the causal group, when this trace owns them. */
  readonly findings: readonly StoredFinding[];
  /** What the findings are about. */
  readonly subjects: readonly IssueSubject[];
  /** Calls whose callee is in this trace. */
  readonly calls: readonly ServiceCalls[];
  /** What budgets kept out of the analysis; none: it is whole. */
  readonly cuts: readonly Cut[];
}

/** As much of records as everything that is counted over traces is a sum of. */
export interface CountedRecord extends Pick<TraceRecord, 'footprints' | 'calls'> {
  /** Findings inside causal groups, and between traces. */
  readonly findings: readonly CountedFinding[];
}

/** Findings between a trace and others, all that it owns. */
export interface ComparisonRecord {
  readonly traceId: string;
  /** The claim's mark: a newer one means that there is more to compare. */
  readonly mark: number;
  readonly findings: readonly StoredFinding[];
  readonly subjects: readonly IssueSubject[];
  /** What budgets kept out of the comparison; none: it is whole. */
  readonly cuts: readonly Cut[];
}

/** The traces that a record names: its causal group, and those that take part in its findings. */
export function namedTraces({
  group = [],
  findings,
}: Pick<TraceRecord, 'findings'> & Partial<Pick<TraceRecord, 'group'>>): readonly string[] {
  return [...group, ...findings.flatMap(({ traceIds }) => traceIds)];
}

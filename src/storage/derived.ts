import type { Footprint } from '../domain/findings/footprint.ts';
import type { Issue, IssueBounds, IssuePage, IssueQuery } from '../domain/findings/issue.ts';
import type { VariablePage, VariableQuery } from '../domain/findings/variable-query.ts';
import type { VariableCourses, VariableSummary } from '../domain/findings/variable-state.ts';
import type { IssueGlances } from '../domain/issue-traits.ts';
import type {
  ComparisonRecord,
  CutOfTrace,
  RecordLimit,
  ServiceCalls,
  TraceRecord,
} from '../domain/trace/trace-record.ts';
import type { TriageStore } from './triage-store.ts';

/** A trace handed out for analysis. */
export interface ClaimedTrace {
  readonly traceId: string;
  readonly eventCount: number;
  readonly mark: number;
}

/** A trace handed out for comparison with others. */
export interface ClaimedComparison {
  readonly traceId: string;
  readonly mark: number;
  /** The trace itself changed, so that those which meet it must be compared again too. */
  readonly spreads: boolean;
}

/** Of the traces that are to be compared those that accessed one of some variables, or those that did not. */
export interface ComparisonChoice {
  readonly variables: readonly string[];
  readonly hasOne: boolean;
}

/** Traces that met on a variable: what is known of some may change by what others did. */
export interface Encounter {
  /** Traces that changed; nothing is new to one that was compared after all of these had. */
  readonly changedIds: readonly string[];
  readonly traceIds: readonly string[];
}

/** A trace that accessed one of the variables asked for, before or after the place asked for. */
export interface Neighbour {
  readonly traceId: string;
  readonly variable: string;
  /** First and last access to the variable. */
  readonly firstNs: bigint;
  readonly lastNs: bigint;
  readonly isTransaction: boolean;
}

/** Where to look for neighbours: a footprint's place among those of its variable. */
export interface FootprintPlace {
  readonly variable: string;
  readonly firstNs: bigint;
  readonly traceId: string;
}

/** Which footprints of a variable are asked for, by the first access of each. Times are half open. */
export interface VariableHistoryQuery {
  readonly variable: string;
  readonly sinceNs: bigint | null;
  readonly untilNs: bigint | null;
  /** The footprint that the page before ended with. */
  readonly before: Omit<FootprintPlace, 'variable'> | null;
  /** Traces with an event of this one; null: all. */
  readonly environment: string | null;
  readonly limit: number;
}

/** A span id that a trace has, or looks for (`isMissing`), since now or no more. */
export interface ChangedSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly isMissing: boolean;
}

/** What analyses found out about causal groups that other traces do not know yet. */
export interface Regrouping {
  /** Of interest to those that they link; record by record, first those that a trace has. */
  readonly spans: readonly ChangedSpan[];
  /** Traces that were, or are now, in one group with a trace whose group changed. */
  readonly traceIds: readonly string[];
}

/** What analyses mean for other traces. */
export interface Aftermath extends Regrouping {
  /** Where the traces were found before, and are not any more. */
  readonly left: readonly Neighbour[];
}

/** What waits for the analysis, to be told to people. */
export interface WaitingWork {
  /** Traces that are not part of findings yet, each once. */
  readonly traces: number;
  /** Since when one of them waits at most, in milliseconds since 1970; null when none waits. */
  readonly oldestMs: number | null;
}

/** What budgets kept out of what was found out. */
export interface CutSummary {
  readonly cuts: readonly CutOfTrace[];
  /** All cuts, listed or not. */
  readonly count: number;
  /** Of the cuts that are open (`isOpen`) the first limit by name; null: there are none. */
  readonly truncatedBy: RecordLimit | null;
}

/** A variable that is part of an issue. */
export interface RacedVariable extends VariableSummary {
  /** `CRITICAL` when one of the issues asked for is. */
  readonly severity: 'CRITICAL' | 'WARNING';
  readonly traceIds: readonly string[];
}

export interface ServiceCallTotals extends ServiceCalls {
  /** Traces in which the call was made. */
  readonly traceCount: number;
}

/**
 * What was found out about stored traces. All of it follows from the events, and is brought up to
 * date in two steps: a trace whose events changed is analysed by itself, then it is compared with
 * the traces that meet it. Writers only mark traces. An analyser claims marked traces, so that each
 * is done once, whatever the number of instances. A claim without an answer within {@link
 * CLAIM_SECONDS} is handed out again.
 *
 * A record replaces what the same trace left before. Nothing needs the right to delete.
 *
 * Lists of traces are in the order of their ids by code points, lists of services and variables in that
 * of `compareNames` (src/storage/name-key.ts), where nothing else is said.
 */
export interface DerivedStore {
  /** What persons said of issues. */
  readonly triage: TriageStore;

  /**
   * Traces whose events changed since they were analysed, but for those that rest ({@link
   * RESTING_EVENTS}). When more of them wait than the limit lets
   * through, those that came last come first, but for {@link OLDEST_SHARE}, for which those come that wait
   * longest: what is new is seen soon, and none waits for ever.
   *
   * @param eventsMax traces with more events are left alone; null: none is
   */
  claimTraces(
    claimant: string,
    limit: number,
    eventsMax: number | null,
  ): Promise<readonly ClaimedTrace[]>;

  /**
   * Traces that own one of `missing` or look for one of `own`, other than `traceId`; sorted. A span
   * that several traces own links none.
   */
  linkedTraces(
    traceId: string,
    spans: { readonly own: readonly string[]; readonly missing: readonly string[] },
  ): Promise<readonly string[]>;

  /**
   * Stores analyses of claimed traces; those whose claim was lost meanwhile are left out. Gives what
   * that means for other traces.
   */
  recordTraces(claimant: string, records: readonly TraceRecord[]): Promise<Aftermath>;

  /**
   * Traces that are to be compared with others, analysed and not changed since, or at rest; claimed as
   * above.
   *
   * @param choice null: all
   */
  claimComparisons(
    claimant: string,
    limit: number,
    choice: ComparisonChoice | null,
  ): Promise<readonly ClaimedComparison[]>;

  /** Footprints of traces, each once, by trace and variable; unknown traces have none. */
  footprints(traceIds: readonly string[]): Promise<readonly Footprint[]>;

  /**
   * For each place, one after the other, the `before` and `after` nearest footprints of other traces, by
   * (first access, trace id).
   */
  neighbours(
    places: readonly FootprintPlace[],
    before: number,
    after: number,
  ): Promise<readonly Neighbour[]>;

  /**
   * Stores comparisons of claimed traces, and marks the traces that met one which is new to them to
   * be compared again.
   */
  recordComparisons(
    claimant: string,
    records: readonly ComparisonRecord[],
    met: readonly Encounter[],
  ): Promise<void>;

  /**
   * Marks the traces that a regrouping concerns, so that they are analysed again although their
   * events did not change. This is a step of its own, because an analyser sees what others have
   * stored only once they are done.
   */
  regroup(regrouping: Regrouping): Promise<void>;

  /** Gives claims back, for instance when the process ends. */
  releaseClaims(claimant: string): Promise<void>;

  /** Traces that wait for analysis, and those that wait for comparison; counted up to `limit` each. */
  backlog(limit: number): Promise<number>;

  /** All that waits for analysis or comparison. */
  waiting(): Promise<WaitingWork>;

  /**
   * What budgets kept out of the last analysis or comparison of stored traces: the first cuts by trace,
   * those of the analysis in front of those of the comparison, at most so many.
   */
  cuts(limit: number): Promise<CutSummary>;

  issues(query: IssueQuery): Promise<IssuePage>;

  /** What lists filter and count issues by: of the first so many of all that may be listed, best rank first. */
  issueGlances(limit: number): Promise<IssueGlances>;

  issue(fingerprint: string): Promise<Issue | null>;

  /**
   * The issues that traces take part in, best rank first, each with the best witness that names one of
   * them; without those that are doubtful as far as these traces go.
   */
  issuesOfTraces(traceIds: readonly string[], limit: number): Promise<readonly Issue[]>;

  /**
   * By caller, then called service, then kind; with an environment the calls of the traces with an event
   * of it.
   */
  serviceCalls(environment?: string | null): Promise<readonly ServiceCallTotals[]>;

  /**
   * One page of variables. Where two are equal in what they are sorted by, the one accessed more comes
   * first, then they go by name.
   */
  variables(query: VariableQuery): Promise<VariablePage>;

  /** Footprints of one variable, the latest first: by (first access, trace id). */
  variableHistory(query: VariableHistoryQuery): Promise<readonly Footprint[]>;

  /** The variables accessed most, most first; then by name. With an environment, what was done there. */
  topVariables(limit: number, environment?: string | null): Promise<readonly VariableSummary[]>;

  /** What single requests did to the variables accessed most, most first; those without requests left out. */
  courses(limit: number): Promise<readonly VariableCourses[]>;

  /**
   * Variables with findings of issues within the bounds; from E0 on also those of which only the
   * possibility is known, within the same bounds. Those of most traces come first, then those of most
   * accesses, then by name; each with its first traces by (first access, trace id). With an environment
   * counts are of what was done there, and traces those with an event of it.
   */
  racedVariables(bounds: IssueBounds, limit: number): Promise<readonly RacedVariable[]>;
}

/** Of the traces that are claimed at once, so many that wait longest. */
export const OLDEST_SHARE = 1 / 4;

/** How many of the traces that are claimed at once are those that wait longest. */
export function oldestOf(limit: number): number {
  return Math.floor(limit * OLDEST_SHARE);
}

/** How long a claim is kept for its claimant. */
export const CLAIM_SECONDS = 60;

/**
 * A trace that had so many events when it was analysed rests before it is analysed from the start again
 * for a few more: for a {@link REST_MS_PER_EVENT} each, unless it has twice as many or others changed its
 * group meanwhile. So a trace that grows for hours takes a few percent of a processor, however often it
 * is written, and is out of date for no longer than it rests.
 */
export const RESTING_EVENTS = 1000;
/** Some twenty times what the analysis of an event takes. */
export const REST_MS_PER_EVENT = 1;
/** A trace of 200,000 events or more. */
export const REST_MS_MAX = 200_000;
/** A trace that has so many times as many events as were analysed rests no longer. */
export const REST_GROWTH = 2;

/** Trace ids shown of one {@link RacedVariable}. */
export const RACED_TRACES_SHOWN = 100;

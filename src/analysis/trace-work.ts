import type { TraceEvent } from '../domain/event/event.ts';
import { Exclusion, type ExclusionRule } from '../domain/exclusion.ts';
import type { Finding, IssueSubject } from '../domain/findings/finding.ts';
import type { Footprint } from '../domain/findings/footprint.ts';
import {
  type ComparisonRecord,
  keptCuts,
  type RecordLimit,
  type TraceRecord,
} from '../domain/trace/trace-record.ts';
import { tagsOfTrace } from '../domain/trace/trace-tags.ts';
import { type ExcludedEvents, excludedEvents } from './accesses/excluded-events.ts';
import { searchFootprints } from './accesses/footprints.ts';
import { TraceComparison } from './across/across.ts';
import { branchConflicts } from './across/branch-conflicts.ts';
import { serviceCalls } from './dependencies.ts';
import { storedFindings } from './issues/derivation.ts';
import { globalSpans, groupAround, missingSpans } from './order/groups.ts';
import { analyseOrder, type CausalOrder } from './order/order.ts';
import { withDerivedEvents } from './spans/derive.ts';
import type { StatementReader } from './statements/statement-reader.ts';
import { searchRaces } from './within/races.ts';
import { findingsWithin } from './within/within.ts';

/** What the configuration says of analysis. */
export interface AnalysisSwitches {
  /** Look for races (`race_detection.enabled`). */
  readonly races: boolean;
  /** Join the spans of several services (`distributed_tracing.enabled`). */
  readonly spans: boolean;
  /** What is left out (`analysis.exclude`). */
  readonly exclude?: readonly ExclusionRule[];
  /** Words of one relation's clocks, where there is less memory than `budgets.clockWords` takes. */
  readonly clockWords?: number;
}

/** A trace and the events of its whole causal group. */
export interface TraceGroupEvents {
  readonly traceId: string;
  /** Events of the trace itself when it was claimed. */
  readonly eventCount: number;
  /** The claim's mark. */
  readonly mark: number;
  readonly events: readonly TraceEvent[];
  /** The budget that kept events or traces of the group out. */
  readonly truncatedBy: RecordLimit | null;
}

/**
 * Makes the record of one trace. What concerns the whole causal group stands in the record of its
 * first trace by id alone, so that nothing counts twice.
 */
export function recordOf(
  work: TraceGroupEvents,
  switches: AnalysisSwitches,
  reader: StatementReader,
): TraceRecord {
  const { traceId, eventCount, mark } = work;
  const own = work.events.filter((event) => event.traceId === traceId);
  const spans = switches.spans
    ? { ownSpans: globalSpans(own), missingSpans: missingSpans(own) }
    : { ownSpans: [], missingSpans: [] };
  const environments = [...new Set(own.map(({ metadata }) => metadata.environment))].sort();
  const tags = tagsOfTrace(own.map(({ metadata }) => metadata));
  const events = joined(traceId, work.events, switches);
  const { clockWords } = switches;
  const group = [...new Set(events.map((event) => event.traceId))].sort();
  const isFirst = group[0] === traceId;
  const steps = switches.races ? withDerivedEvents(events, reader) : events;
  const hasCalls = isFirst && switches.spans && hasSeveralServices(events);
  // Who looks for no races has a use for the order where calls are told by it.
  const isOrdered = hasCalls || (switches.races && steps === events);
  const order = isOrdered ? analyseOrder(events, clockWords) : null;
  const calls = hasCalls && order !== null ? serviceCalls(order) : [];
  let races: ReturnType<typeof racesOf> = { footprints: [], findings: [], subjects: [], cuts: [] };
  if (switches.races) {
    const known = steps === events ? order : null;
    const stepOrder = known ?? analyseOrder(steps, clockWords);
    races = racesOf(traceId, group, stepOrder, isFirst, excludedBy(switches, stepOrder));
  }
  const ofGroup = work.truncatedBy === null ? [] : [{ limit: work.truncatedBy, variable: null }];
  const cuts = keptCuts([...ofGroup, ...races.cuts]);
  const said = { group, environments, tags, ...spans, ...races, calls, cuts };
  return { traceId, eventCount, mark, ...said };
}

function hasSeveralServices(events: readonly TraceEvent[]): boolean {
  const first = events[0]?.metadata.service_name;
  return events.some(({ metadata }) => metadata.service_name !== first);
}

/** A trace that is compared with others. */
export type ComparedTrace = Pick<ComparisonRecord, 'traceId' | 'mark' | 'cuts'>;

/** What traces leave behind that were compared, ready to be stored. */
export function comparisonsOf(
  targets: readonly ComparedTrace[],
  footprints: readonly Footprint[],
): readonly ComparisonRecord[] {
  const comparison = new TraceComparison(footprints);
  return targets.map((target) => {
    const findings = comparison.findingsOf(target.traceId);
    const stored = storedFindings(target.traceId, findings, true);
    return { ...target, findings: stored, subjects: subjectsOf(findings) };
  });
}

/**
 * The events to analyse: those of the causal group; or, when spans are not to be joined, those of
 * the trace alone, without the ids that join them.
 */
export function joined(
  traceId: string,
  events: readonly TraceEvent[],
  { spans }: AnalysisSwitches,
): readonly TraceEvent[] {
  if (spans) return groupAround(traceId, events);
  return events.map((event) => ({
    ...event,
    metadata: { ...event.metadata, upstream_span_id: null },
  }));
}

/** What of a causal group the configuration leaves out; null: nothing. */
export function excludedBy(
  { exclude = [] }: AnalysisSwitches,
  order: CausalOrder,
): ExcludedEvents | null {
  return excludedEvents(order, new Exclusion(exclude));
}

function racesOf(
  traceId: string,
  group: readonly string[],
  order: CausalOrder,
  isFirst: boolean,
  excluded: ExcludedEvents | null,
) {
  const search = searchFootprints(order, group, excluded);
  const within = isFirst ? searchRaces(order, excluded) : null;
  const findings =
    within === null
      ? []
      : [...findingsWithin(order, within.races), ...branchConflicts(search.footprints)];
  return {
    footprints: search.footprints.filter((footprint) => footprint.traceId === traceId),
    findings: storedFindings(traceId, findings, false),
    subjects: subjectsOf(findings),
    cuts: [...(within?.cuts ?? []), ...(search.cuts.get(traceId) ?? [])],
  };
}

function subjectsOf(findings: readonly Finding[]): readonly IssueSubject[] {
  return [...new Map(findings.map(({ subject }) => [subject.fingerprint, subject])).values()];
}

import type { TraceEvent } from '../domain/event.ts';
import { type JsonValue, stringifyJson } from '../domain/json.ts';
import { auditTrails } from './audit-trail.ts';
import { criticalPath, noCriticalPath } from './critical-path.ts';
import { traceDependencies } from './dependencies.ts';
import { diagnose } from './diagnostics.ts';
import { findLockOverlaps } from './lock-overlaps.ts';
import { analyseOrder, type CausalOrder } from './order.ts';
import type { RaceDetail } from './race-detail.ts';
import { findRaces, type RaceFindings } from './races.ts';
import { type AnalysisSwitches, joined } from './trace-work.ts';

/** Everything that the analysis of one trace shows, as JSON texts: values stay exact. */
export interface TraceReport {
  /** Traces of the causal group, sorted. */
  readonly traceIds: readonly string[];
  readonly analysis: string;
  /** By variable. */
  readonly auditTrails: ReadonlyMap<string, string>;
  /** All zeros when no event took time. */
  readonly criticalPath: string;
  readonly dependencies: string;
}

/** Races whose display lines are part of `analysis.anomalies`; all of them are in `race_details`. */
const RACES_TOLD = 100;

/**
 * Analyses a trace together with its causal group.
 *
 * @param cutBy name of the limit that kept events of the group out, null when all are here
 */
export function traceReport(
  traceId: string,
  events: readonly TraceEvent[],
  switches: AnalysisSwitches,
  cutBy: string | null,
): TraceReport {
  const order = analyseOrder(joined(traceId, events, switches));
  const races = switches.races ? findRaces(order) : noRaces;
  const trails = switches.races ? auditTrails(order) : new Map<string, never[]>();
  return {
    traceIds: order.traces,
    analysis: exact(analysisOf(order, races, cutBy)),
    auditTrails: new Map([...trails].map(([variable, accesses]) => [variable, exact(accesses)])),
    criticalPath: withTraceId(traceId, criticalPath(order) ?? noCriticalPath),
    dependencies: withTraceId(traceId, traceDependencies(order)),
  };
}

const noRaces: RaceFindings = {
  potential_races: 0,
  concurrent_events: 0,
  race_details: [],
  site_pairs: 0,
  complete: true,
  truncated_by: null,
};

function analysisOf(order: CausalOrder, races: RaceFindings, cutBy: string | null) {
  const { incomplete, ...diagnostics } = diagnose(order);
  const locks = findLockOverlaps(order);
  return {
    concurrent_events: races.concurrent_events,
    potential_races: races.potential_races,
    anomalies: displayLines(races),
    race_details: races.race_details,
    site_pairs: races.site_pairs,
    complete: races.complete && cutBy === null,
    truncated_by: cutBy ?? races.truncated_by,
    /** Locks that did not exclude. */
    lock_overlaps: locks.overlaps,
    lock_overlap_count: locks.count,
    incomplete,
    diagnostics,
  };
}

/** What older clients show as it is: eight lines a race, or one line when there is none. */
function displayLines({ race_details: details }: RaceFindings): string[] {
  if (details.length === 0) return ['No races found'];
  return details.slice(0, RACES_TOLD).flatMap(linesOf);
}

function linesOf(race: RaceDetail): string[] {
  const [type1, type2] = race.access_types;
  return [
    `${race.severity} RACE on ${race.variable}`,
    `  1: ${type1} by ${race.services[0]} thread ${race.event1_thread}`,
    `     at ${race.event1_location}, ${race.event1_timestamp}`,
    `  2: ${type2} by ${race.services[1]} thread ${race.event2_thread}`,
    `     at ${race.event2_location}, ${race.event2_timestamp}`,
    `  verdict: ${race.verdict}, evidence ${race.evidence}, ${race.pair_count} event pairs`,
    `  ${race.description}`,
    '',
  ];
}

function withTraceId(traceId: string, members: object): string {
  return exact({ trace_id: traceId, ...members });
}

function exact(value: unknown): string {
  return stringifyJson(value as JsonValue, true);
}

import { storedIdOf, type TraceEvent } from '../domain/event/event.ts';
import { type EventKeys, eventKeys } from '../domain/event-keys.ts';
import type { NamedRaces } from '../domain/findings/issue.ts';
import {
  holdsExactNumber,
  type JsonObject,
  type JsonValue,
  stringifyJson,
} from '../domain/json.ts';
import type { RecordLimit } from '../domain/trace/trace-record.ts';
import { findAccesses } from './accesses/accesses.ts';
import { findLockSets } from './accesses/lock-sets.ts';
import { traceDependencies } from './dependencies.ts';
import { diagnose } from './order/diagnostics.ts';
import { analyseOrder, type CausalOrder } from './order/order.ts';
import { withDerivedEvents } from './spans/derive.ts';
import type { StatementReader } from './statements/statement-reader.ts';
import { criticalPath, noCriticalPath } from './time/critical-path.ts';
import { findLockOverlaps } from './time/lock-overlaps.ts';
import { layTimeline, type RowLocks } from './time/timeline.ts';
import { type AnalysisSwitches, excludedBy, joined } from './trace-work.ts';
import { auditTrails } from './within/audit-trail.ts';
import { type RaceDetail, raceDetails } from './within/race-detail.ts';
import { type RaceSearch, searchRaces } from './within/races.ts';

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
  /** Members of a {@link Timeline}. */
  readonly timeline: string;
  /** By row of the timeline, where its event is stored. */
  readonly timelineEvents: EventKeys;
}

/** Races whose display lines are part of `analysis.anomalies`; all of them are in `race_details`. */
const RACES_TOLD = 100;

/**
 * Analyses a trace together with its causal group.
 *
 * @param truncatedBy name of the limit that kept events of the group out, null when all are here
 * @param named what the issues that the trace takes part in say of it
 */
export function traceReport(
  traceId: string,
  events: readonly TraceEvent[],
  switches: AnalysisSwitches,
  truncatedBy: RecordLimit | null,
  named: NamedRaces,
  reader: StatementReader,
): TraceReport {
  const whole = joined(traceId, events, switches);
  const order = analyseOrder(whole, switches.clockWords);
  const stepEvents = switches.races ? withDerivedEvents(whole, reader) : whole;
  const steps = stepEvents === whole ? order : analyseOrder(stepEvents, switches.clockWords);
  const excluded = excludedBy(switches, steps);
  const search = switches.races ? searchRaces(steps, excluded) : noRaces;
  const isUnusual = steps.events.some(holdsExactValue);
  const text = (value: object) => stringifyJson(value as JsonObject, isUnusual);
  const { timeline, events: rows } = layTimeline(
    order,
    racingIn(order, steps, search.racing),
    locksIn(order, steps),
  );
  const eventOfRow = (number: number) => order.events[number] as TraceEvent;
  const trails = new Map<string, string>();
  for (const [variable, accesses] of auditTrails(
    steps,
    search,
    named.byEvent,
    excluded === null ? null : findAccesses(steps),
  )) {
    trails.set(variable, text(accesses));
  }
  return {
    traceIds: order.traces,
    analysis: text(analysisOf(order, steps, search, truncatedBy, named, excluded?.count ?? 0)),
    auditTrails: trails,
    criticalPath: text({ trace_id: traceId, ...(criticalPath(order) ?? noCriticalPath) }),
    dependencies: text({ trace_id: traceId, ...traceDependencies(order) }),
    timeline: text(timeline),
    timelineEvents: eventKeys(Array.from(rows, eventOfRow), order.traces),
  };
}

/** What races, by event of another order; a span does when a step that follows from it does. */
function racingIn(order: CausalOrder, steps: CausalOrder, racing: Uint8Array): Uint8Array {
  if (order === steps) return racing;
  const ids = new Set<string>();
  racing.forEach((races, number) => {
    const event = steps.events[number];
    if (races === 1 && event !== undefined) ids.add(`${event.traceId} ${storedIdOf(event)}`);
  });
  return Uint8Array.from(order.events, ({ traceId, id }) => Number(ids.has(`${traceId} ${id}`)));
}

/** The locks that were held at accesses, those that follow from a span at the span. */
function locksIn(order: CausalOrder, steps: CausalOrder): RowLocks {
  const { sets, setOf } = findLockSets(steps);
  if (order === steps) return { sets, setOf };
  const byName = new Map<string, number>();
  steps.events.forEach((event, number) => {
    const set = setOf(number);
    if (set !== 0) byName.set(`${event.traceId} ${storedIdOf(event)}`, set);
  });
  const nameOf = ({ traceId, id }: TraceEvent) => `${traceId} ${id}`;
  return { sets, setOf: (event) => byName.get(nameOf(order.events[event] as TraceEvent)) ?? 0 };
}

const noRaces: RaceSearch = {
  races: [],
  eventPairs: 0,
  sitePairs: 0,
  truncatedBy: null,
  cuts: [],
  variables: [],
  racing: new Uint8Array(0),
};

/** Whether an access has a value that the built-in writer would change. */
function holdsExactValue({ kind, payload }: TraceEvent): boolean {
  return (
    kind === 'StateChange' &&
    (holdsExactNumber(payload.old_value as JsonValue) ||
      holdsExactNumber(payload.new_value as JsonValue))
  );
}

function analysisOf(
  order: CausalOrder,
  steps: CausalOrder,
  search: RaceSearch,
  truncatedBy: RecordLimit | null,
  named: NamedRaces,
  excludedCount: number,
) {
  const { incomplete, ...diagnostics } = diagnose(order);
  const locks = findLockOverlaps(order);
  const details = raceDetails(steps, search.races, named.shown);
  const limit = truncatedBy ?? search.truncatedBy;
  return {
    concurrent_events: search.eventPairs,
    potential_races: search.eventPairs,
    anomalies: displayLines(details, named, excludedCount),
    race_details: details,
    site_pairs: search.sitePairs,
    complete: limit === null,
    truncated_by: limit,
    /** Locks that did not exclude. */
    lock_overlaps: locks.overlaps,
    lock_overlap_count: locks.count,
    incomplete,
    /** Events that `analysis.exclude` leaves out. */
    excluded_events: excludedCount,
    diagnostics,
  };
}

/**
 * What older clients show as it is: eight lines a race inside the trace, one line an issue that it takes
 * part in, or one line when there is neither.
 */
function displayLines(
  details: readonly RaceDetail[],
  { explanations }: NamedRaces,
  excludedCount: number,
): string[] {
  const leftOut =
    excludedCount === 0 ? [] : [`${excludedCount} events are left out of the analysis`];
  if (details.length === 0 && explanations.length === 0) return ['No races found', ...leftOut];
  const inside = [...leftOut, ...details.slice(0, RACES_TOLD).flatMap(linesOf)];
  if (explanations.length === 0) return inside;
  const told = explanations.slice(0, RACES_TOLD).map((explanation) => `  ${explanation}`);
  return [...inside, `TAKES PART IN ${explanations.length} RACES over all traces:`, ...told];
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

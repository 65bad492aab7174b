import type { EventRecord } from '../event/event.ts';
import { PartsReader } from '../event/event-parts.ts';
import { millisecondsBetween } from '../timestamp.ts';

/** One event at either end of a trace, and what the summary shows of it. */
export interface TraceEnd {
  readonly timestampNs: bigint;
  readonly eventId: string;
  /** The event's timestamp as it was sent. */
  readonly timestamp: string;
}

/**
 * How good an event is as the root of its trace, the least the best: without a parent (0, or 1 when
 * another process called it) or with one (2), then by timestamp and id. Time alone would name traces
 * after any event of the first millisecond: an SDK's clock may be that wrong.
 */
export interface RootRank {
  readonly standing: number;
  readonly timestampNs: bigint;
  readonly eventId: string;
}

/** What lists show of a trace; kept up to date with every event that is stored. */
export interface TraceSummary {
  readonly traceId: string;
  readonly eventCount: number;
  readonly errorCount: number;
  /** Spans that were slow or fast for their operation. */
  readonly anomalyCount: number;
  readonly first: TraceEnd;
  readonly last: TraceEnd;
  /** Operation of the root event. */
  readonly root: string;
  readonly rootRank: RootRank;
  /** Distinct service names, sorted; the empty name is no service. */
  readonly services: readonly string[];
  /** Distinct environments, sorted. */
  readonly environments: readonly string[];
  /**
   * When something last happened, in nanoseconds since 1970. Of each event the earlier of its own
   * time and the time received counts, so that a clock in the future cannot keep a trace at the top
   * for ever.
   */
  readonly lastActivityNs: bigint;
  /** Issues that the trace takes part in, as far as it is analysed. */
  readonly raceCount: number;
}

/** Wall time from the first to the last event, in milliseconds. */
export function durationMs(summary: TraceSummary): number {
  return millisecondsBetween(summary.first.timestampNs, summary.last.timestampNs);
}

/** The total order of events: all nine digits of the timestamp, then the id. */
export function compareEvents(
  a: { readonly timestampNs: bigint; readonly id: string },
  b: { readonly timestampNs: bigint; readonly id: string },
): number {
  if (a.timestampNs !== b.timestampNs) return a.timestampNs < b.timestampNs ? -1 : 1;
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

/**
 * The part of a summary that new events of one trace add. Two summaries of the same trace are put
 * together by {@link mergeSummaries}, in any order with the same result.
 *
 * @param events at least one event, all of one trace
 * @param receivedNs when the server received them, nanoseconds since 1970
 * @param anomalyCount how many of them were slow or fast for their operation
 */
export function summarise(
  events: readonly EventRecord[],
  receivedNs: bigint,
  anomalyCount = 0,
): TraceSummary {
  let first = events[0] as EventRecord;
  let last = first;
  let errorCount = 0;
  let lastActivityNs = 0n;
  const parts = new PartsReader();
  let root = first;
  let rootRank = rankAsRoot(root, parts);
  const services = new Set<string>();
  const environments = new Set<string>();
  for (const event of events) {
    environments.add(event.facts?.environment ?? parts.environment(event));
    const rank = rankAsRoot(event, parts);
    if (compareRoots(rank, rootRank) < 0) [root, rootRank] = [event, rank];
    if (compareEvents(event, first) < 0) first = event;
    if (compareEvents(event, last) > 0) last = event;
    if (event.isError) errorCount += 1;
    if (event.service !== '') services.add(event.service);
    const activityNs = event.timestampNs < receivedNs ? event.timestampNs : receivedNs;
    if (activityNs > lastActivityNs) lastActivityNs = activityNs;
  }
  return {
    traceId: first.traceId,
    eventCount: events.length,
    errorCount,
    anomalyCount,
    first: endOf(first),
    last: endOf(last),
    root: root.operation,
    rootRank,
    services: [...services].sort(),
    environments: [...environments].sort(),
    lastActivityNs,
    raceCount: 0,
  };
}

/** One summary for two disjoint sets of events of one trace. */
export function mergeSummaries(a: TraceSummary, b: TraceSummary): TraceSummary {
  const earlier = compareEnds(a.first, b.first) <= 0 ? a : b;
  const named = compareRoots(a.rootRank, b.rootRank) <= 0 ? a : b;
  return {
    traceId: a.traceId,
    eventCount: a.eventCount + b.eventCount,
    errorCount: a.errorCount + b.errorCount,
    anomalyCount: a.anomalyCount + b.anomalyCount,
    first: earlier.first,
    last: compareEnds(a.last, b.last) >= 0 ? a.last : b.last,
    root: named.root,
    rootRank: named.rootRank,
    services: mergeNames(a.services, b.services),
    environments: mergeNames(a.environments, b.environments),
    lastActivityNs: a.lastActivityNs > b.lastActivityNs ? a.lastActivityNs : b.lastActivityNs,
    raceCount: a.raceCount + b.raceCount,
  };
}

function mergeNames(known: readonly string[], added: readonly string[]): readonly string[] {
  return added.every((name) => known.includes(name))
    ? known
    : [...new Set([...known, ...added])].sort();
}

function rankAsRoot(event: EventRecord, parts: PartsReader): RootRank {
  const { parentId, timestampNs, id: eventId } = event;
  if (parentId !== null) return { standing: 2, timestampNs, eventId };
  const isCalled =
    event.facts?.isCalled ?? typeof parts.metadata(event).upstream_span_id === 'string';
  return { standing: isCalled ? 1 : 0, timestampNs, eventId };
}

function compareRoots(a: RootRank, b: RootRank): number {
  if (a.standing !== b.standing) return a.standing - b.standing;
  return compareEnds(a, b);
}

function endOf(event: EventRecord): TraceEnd {
  return { timestampNs: event.timestampNs, eventId: event.id, timestamp: event.timestamp };
}

type Place = Pick<TraceEnd, 'timestampNs' | 'eventId'>;

function compareEnds(a: Place, b: Place): number {
  return compareEvents(
    { timestampNs: a.timestampNs, id: a.eventId },
    { timestampNs: b.timestampNs, id: b.eventId },
  );
}

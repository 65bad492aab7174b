import type { Issue, TraceSummary } from '../api/types.ts';

/** What a live page shows of what has arrived. */
export interface LiveList {
  /** The newest first, each once. */
  readonly traces: readonly TraceSummary[];
  readonly races: readonly Issue[];
}

export const nothingYet: LiveList = { traces: [], races: [] };

/** Rows that are kept. */
export const rowsMax = 500;
const racesMax = 5;

/** Puts a trace on top; one that changed stays in its place. */
export function withTrace(list: LiveList, trace: TraceSummary): LiveList {
  const at = list.traces.findIndex(({ trace_id: id }) => id === trace.trace_id);
  if (at >= 0) return { ...list, traces: list.traces.with(at, trace) };
  return { ...list, traces: [trace, ...list.traces].slice(0, rowsMax) };
}

export function withRace(list: LiveList, race: Issue): LiveList {
  const others = list.races.filter(({ fingerprint }) => fingerprint !== race.fingerprint);
  return { ...list, races: [race, ...others].slice(0, racesMax) };
}

/** Bars of the last minute: one for each message of how much was stored. */
export const barsMax = 30;

export function withBar(bars: readonly number[], perSecond: number): readonly number[] {
  return [...bars, perSecond].slice(-barsMax);
}

export const liveFilters = ['all', 'races', 'errors', 'slow'] as const;
export type LiveFilter = (typeof liveFilters)[number];

export function passes(filter: LiveFilter, trace: TraceSummary): boolean {
  if (filter === 'races') return trace.has_races;
  if (filter === 'errors') return trace.error_count > 0;
  return filter === 'all' || trace.has_anomalies;
}

import { durationMs, type TraceSummary } from './trace.ts';
import { canonicalUuid } from './uuid.ts';

/** Where a walk over the list goes on, and what it leaves out. */
export interface TraceCursor {
  /** Last activity of the trace that ended the page before. */
  readonly lastActivityNs: bigint;
  readonly traceId: string;
  /**
   * The storage's token for the moment the walk began: traces written after it are left out of
   * the pages that follow, so that none appears twice.
   */
  readonly asOf: string;
  /** All traces that matched when the walk began: they are not counted anew for each page. */
  readonly total: number;
}

/** Which traces a list shows, in which order. Ranges are half open: `since` ≤ activity < `until`. */
export interface TraceQuery {
  readonly sort: 'desc' | 'asc';
  readonly limit: number;
  /** Traces to skip before the page; 0 when there is a cursor. */
  readonly offset: number;
  readonly cursor: TraceCursor | null;
  readonly service: string | null;
  readonly minEvents: number;
  readonly sinceNs: bigint | null;
  readonly untilNs: bigint | null;
  readonly minDurationMs: number | null;
  readonly hasErrors: boolean | null;
  readonly hasRaces: boolean | null;
  /** Beginning of a trace id, of the root operation or of a service name. */
  readonly text: string | null;
}

/** What a query says of the traces that it finds by their summaries, a search text aside. */
export type TraceFilter = Omit<TraceQuery, 'sort' | 'limit' | 'offset' | 'cursor' | 'text'>;

export const everyTrace: TraceQuery = {
  sort: 'desc',
  limit: 20,
  offset: 0,
  cursor: null,
  service: null,
  minEvents: 1,
  sinceNs: null,
  untilNs: null,
  minDurationMs: null,
  hasErrors: null,
  hasRaces: null,
  text: null,
};

export interface TracePage {
  readonly traces: readonly TraceSummary[];
  /** All traces that match, on this page or not; behind a cursor those of the walk's beginning. */
  readonly total: number;
  /** For the page after this one; null on the last. */
  readonly next: TraceCursor | null;
}

/** What "matches" means for a query, paging aside; made once for many traces. */
export function matcher(query: TraceQuery): (trace: TraceSummary) => boolean {
  const { text } = query;
  const matchesText = text === null ? () => true : textMatcher(text);
  return (trace) =>
    trace.eventCount >= query.minEvents &&
    (query.service === null || trace.services.includes(query.service)) &&
    (query.sinceNs === null || trace.lastActivityNs >= query.sinceNs) &&
    (query.untilNs === null || trace.lastActivityNs < query.untilNs) &&
    (query.minDurationMs === null || durationMs(trace) >= query.minDurationMs) &&
    (query.hasErrors === null || trace.errorCount > 0 === query.hasErrors) &&
    (query.hasRaces === null || trace.raceCount > 0 === query.hasRaces) &&
    matchesText(trace);
}

function textMatcher(text: string): (trace: TraceSummary) => boolean {
  const traceId = traceIdPrefix(text);
  return (trace) =>
    trace.traceId.startsWith(traceId) ||
    trace.root.startsWith(text) ||
    trace.services.some((service) => service.startsWith(text));
}

/** How the beginning of a trace id is stored: a whole UUID in any spelling is one in canonical form. */
export function traceIdPrefix(text: string): string {
  return canonicalUuid(text) ?? text;
}

import { requestOperation } from '../event/operation.ts';
import { canonicalUuid } from '../uuid.ts';
import type { Tag } from './tag.ts';
import { durationMs, type TraceSummary } from './trace.ts';

/** Where a walk over the list goes on, and what it leaves out. */
export interface TraceCursor {
  /** Last activity of the trace that ended the page before. */
  readonly lastActivityNs: bigint;
  readonly traceId: string;
  /**
   * The storage's token for the moment when the walk began. Later pages leave out traces that were
   * written after it, so that no trace appears twice.
   */
  readonly asOf: string;
  /** All traces that matched when the walk began: they are not counted anew for each page. */
  readonly total: number;
}

/**
 * What a query says of the traces that it finds by their summaries, a search text aside. Ranges are half
 * open: `since` ≤ activity < `until`.
 */
export interface TraceFilter {
  readonly service: string | null;
  /** Traces with an event of this environment. */
  readonly environment: string | null;
  /** Traces whose root is this operation. */
  readonly operation: string | null;
  readonly minEvents: number;
  readonly sinceNs: bigint | null;
  readonly untilNs: bigint | null;
  readonly minDurationMs: number | null;
  readonly maxDurationMs: number | null;
  readonly hasErrors: boolean | null;
  readonly hasRaces: boolean | null;
  readonly hasAnomalies: boolean | null;
}

/** Which traces are looked for. */
export interface TraceSearch extends TraceFilter {
  /** Beginning of a trace id, of the root operation or of a service name. */
  readonly text: string | null;
  /** Traces that access this variable, by its whole name, as far as they are analysed. */
  readonly variable: string | null;
  /** Traces that have each of these tags on one event or another, as far as they are analysed. */
  readonly tags: readonly Tag[];
}

/** Which traces a list shows, in which order. */
export interface TraceQuery extends TraceSearch {
  readonly sort: 'desc' | 'asc';
  readonly limit: number;
  /** Traces to skip before the page; 0 when there is a cursor. */
  readonly offset: number;
  readonly cursor: TraceCursor | null;
  /** How many are counted at most, and one more, where it takes work to count; null: all are. */
  readonly countMax: number | null;
}

/** The filter that lets every trace through. */
export const unfiltered: TraceFilter = {
  service: null,
  environment: null,
  operation: null,
  minEvents: 1,
  sinceNs: null,
  untilNs: null,
  minDurationMs: null,
  maxDurationMs: null,
  hasErrors: null,
  hasRaces: null,
  hasAnomalies: null,
};

/** The search that finds every trace. */
export const unsearched: TraceSearch = { ...unfiltered, text: null, variable: null, tags: [] };

export const everyTrace: TraceQuery = {
  ...unsearched,
  sort: 'desc',
  limit: 20,
  offset: 0,
  cursor: null,
  countMax: null,
};

export interface TracePage {
  readonly traces: readonly TraceSummary[];
  /**
   * All traces that match, on this page or not; behind a cursor those of the walk's beginning. One more than
   * `countMax` where nobody counted further.
   */
  readonly total: number;
  /** For the page after this one; null on the last. */
  readonly next: TraceCursor | null;
}

type Test = (trace: TraceSummary) => boolean;

/**
 * What "matches" means for a search as far as summaries tell, which know no variables and no tags;
 * made once for many traces.
 */
export function matcher(query: TraceFilter & Pick<TraceSearch, 'text'>): Test {
  const { text } = query;
  const wanted = [...Object.values(filterTests(query)), text === null ? null : textTest(text)];
  const tests = wanted.filter((test) => test !== null);
  return (trace) => tests.every((test) => test(trace));
}

/** What each member of a filter asks of a trace; null where it asks nothing. */
function filterTests(filter: TraceFilter) {
  const { service, environment, minEvents, sinceNs, untilNs, minDurationMs, maxDurationMs } =
    filter;
  const { hasErrors, hasRaces, hasAnomalies } = filter;
  const operation = filter.operation === null ? null : rootPrefix(filter.operation);
  return {
    service: service === null ? null : ({ services }) => services.includes(service),
    environment:
      environment === null ? null : ({ environments }) => environments.includes(environment),
    operation: operation === null ? null : ({ root }) => root === operation,
    minEvents: ({ eventCount }) => eventCount >= minEvents,
    sinceNs: sinceNs === null ? null : ({ lastActivityNs }) => lastActivityNs >= sinceNs,
    untilNs: untilNs === null ? null : ({ lastActivityNs }) => lastActivityNs < untilNs,
    minDurationMs: minDurationMs === null ? null : (trace) => durationMs(trace) >= minDurationMs,
    maxDurationMs: maxDurationMs === null ? null : (trace) => durationMs(trace) <= maxDurationMs,
    hasErrors: hasErrors === null ? null : ({ errorCount }) => errorCount > 0 === hasErrors,
    hasRaces: hasRaces === null ? null : ({ raceCount }) => raceCount > 0 === hasRaces,
    hasAnomalies:
      hasAnomalies === null ? null : ({ anomalyCount }) => anomalyCount > 0 === hasAnomalies,
  } satisfies { readonly [Name in keyof TraceFilter]: Test | null };
}

function textTest(text: string): Test {
  const traceId = traceIdPrefix(text);
  const root = rootPrefix(text);
  return (trace) =>
    trace.traceId.startsWith(traceId) ||
    trace.root.startsWith(root) ||
    trace.services.some((service) => service.startsWith(text));
}

/** How the beginning of a trace id is stored: a whole UUID in any spelling is one in canonical form. */
export function traceIdPrefix(text: string): string {
  return canonicalUuid(text) ?? text;
}

/** How the beginning of a root is stored: of a request by its route, whatever values somebody copied. */
export function rootPrefix(text: string): string {
  const [, method, url] = /^([a-z]+) (\S.*)$/is.exec(text) ?? [];
  return method === undefined || url === undefined || !/[/:]/.test(url)
    ? text
    : requestOperation(method, url);
}

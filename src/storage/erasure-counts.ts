/**
 * What an erasure took, by kind. What was derived of other traces together with an erased one counts
 * too: it is made anew without it.
 */
export interface ErasureCounts {
  readonly events: number;
  readonly traces: number;
  /** Services of each trace: one that is in three traces counts three times. */
  readonly services: number;
  /** Span ids by which traces may be linked. */
  readonly spans: number;
  readonly footprints: number;
  /** Sums over the footprints of a variable. */
  readonly variables: number;
  readonly findings: number;
  /** Sums over the findings of an issue. */
  readonly issues: number;
  /** Calls between services, by trace. */
  readonly calls: number;
  /** Sums over the calls between two services. */
  readonly serviceCalls: number;
  /** What was learnt of the durations of an operation within an hour. */
  readonly buckets: number;
  /** Spans that were slow or fast. */
  readonly verdicts: number;
}
export type Erased = keyof ErasureCounts;

export const nothingErased: ErasureCounts = {
  events: 0,
  traces: 0,
  services: 0,
  spans: 0,
  footprints: 0,
  variables: 0,
  findings: 0,
  issues: 0,
  calls: 0,
  serviceCalls: 0,
  buckets: 0,
  verdicts: 0,
};

/** The sum of two; a kind that `b` does not name adds nothing. */
export function addCounts(a: ErasureCounts, b: Partial<ErasureCounts>): ErasureCounts {
  return mapCounts((kind) => a[kind] + (b[kind] ?? 0));
}

/** What was taken between two counts of all that is stored. */
export function takenBetween(before: ErasureCounts, after: ErasureCounts): ErasureCounts {
  return mapCounts((kind) => before[kind] - after[kind]);
}

function mapCounts(countOf: (kind: Erased) => number): ErasureCounts {
  const kinds = Object.keys(nothingErased) as Erased[];
  return Object.fromEntries(kinds.map((kind) => [kind, countOf(kind)])) as Record<Erased, number>;
}

/**
 * Where something of a trace lies: the tables of Postgres that the server works with, and what memory
 * has in their place.
 */
export const erasedTables = [
  'events',
  'traces',
  'trace_services',
  'trace_spans',
  'footprints',
  'variables',
  'findings',
  'issues',
  'trace_calls',
  'service_calls',
  'latency_buckets',
  'latency_verdicts',
] as const;
export type ErasedTable = (typeof erasedTables)[number];

/**
 * Rows that an erasure took, by table. Rows of other traces that were derived together with an erased
 * one count too: they are made anew without it.
 */
export type ErasureCounts = Readonly<Record<ErasedTable, number>>;

export const nothingErased: ErasureCounts = countsOf({});

/** Counts by table; 0 where there is none. */
export function countsOf(counts: Partial<ErasureCounts>): ErasureCounts {
  const entries = erasedTables.map((table) => [table, counts[table] ?? 0]);
  return Object.fromEntries(entries) as ErasureCounts;
}

export function addCounts(a: ErasureCounts, b: Partial<ErasureCounts>): ErasureCounts {
  const entries = erasedTables.map((table) => [table, a[table] + (b[table] ?? 0)]);
  return Object.fromEntries(entries) as ErasureCounts;
}

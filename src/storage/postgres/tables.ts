/** All tables that the server works with; `schema_migrations` is the migrations' own. */
export const tables = [
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

/**
 * The one line for each library of OpenTelemetry after which its statements show their parameters, so that
 * rows are known for sure (docs/opentelemetry.md, "To have rows exact").
 */
export const parameterOptIns = [
  {
    library: 'Node.js, pg',
    line: "'@opentelemetry/instrumentation-pg': { enhancedDatabaseReporting: true }",
  },
  {
    library: 'Python, psycopg2',
    line: 'Psycopg2Instrumentor().instrument(capture_parameters=True)',
  },
  { library: 'Python, psycopg', line: 'PsycopgInstrumentor().instrument(capture_parameters=True)' },
  { library: 'Python, asyncpg', line: 'AsyncPGInstrumentor(capture_parameters=True).instrument()' },
  { library: 'Go, otelpgx', line: 'otelpgx.NewTracer(otelpgx.WithIncludeQueryParameters())' },
  {
    library: 'Java agent, JDBC',
    line: '-Dotel.instrumentation.jdbc.experimental.capture-query-parameters=true',
  },
  { library: 'any', line: 'span.setAttribute("raceway.db.row", id)' },
] as const;

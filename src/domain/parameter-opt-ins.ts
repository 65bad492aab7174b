/**
 * The line for each library of OpenTelemetry after which its statements show their parameters, so that
 * rows are known for sure (docs/opentelemetry.md, "To have rows exact"), and the instrumentation scope
 * that its spans have.
 */
const parameterOptIns = [
  {
    library: 'Node.js, pg',
    scope: '@opentelemetry/instrumentation-pg',
    line: "'@opentelemetry/instrumentation-pg': { enhancedDatabaseReporting: true }",
  },
  {
    library: 'Node.js, ioredis',
    scope: '@opentelemetry/instrumentation-ioredis',
    line: "'@opentelemetry/instrumentation-ioredis': { dbStatementSerializer: (name, args) => [name, ...args].join(' ') }",
  },
  {
    library: 'Python, psycopg2',
    scope: 'opentelemetry.instrumentation.psycopg2',
    line: 'Psycopg2Instrumentor().instrument(capture_parameters=True)',
  },
  {
    library: 'Python, psycopg',
    scope: 'opentelemetry.instrumentation.psycopg',
    line: 'PsycopgInstrumentor().instrument(capture_parameters=True)',
  },
  {
    library: 'Python, asyncpg',
    scope: 'opentelemetry.instrumentation.asyncpg',
    line: 'AsyncPGInstrumentor(capture_parameters=True).instrument()',
  },
  {
    library: 'Python, redis',
    scope: 'opentelemetry.instrumentation.redis',
    line: "RedisInstrumentor().instrument(request_hook=lambda span, connection, args, kwargs: span.set_attribute('db.query.text', ' '.join(map(str, args))))",
  },
  {
    library: 'Go, otelpgx',
    scope: 'github.com/exaring/otelpgx',
    line: 'otelpgx.NewTracer(otelpgx.WithIncludeQueryParameters())',
  },
  {
    library: 'Java agent, JDBC',
    scope: 'io.opentelemetry.jdbc',
    line: '-Dotel.instrumentation.jdbc.experimental.capture-query-parameters=true',
  },
] as const;

/** For a library without a line of its own: the program says which row it is. */
const byHand = { library: 'any', line: 'span.setAttribute("raceway.db.row", id)' } as const;

/** What a person writes, and for which library. */
export interface OptIn {
  readonly library: string;
  readonly line: string;
}

/**
 * The lines for a service.
 *
 * @param scopes names of the instrumentation scopes of its spans; of libraries that nobody named nothing is told
 * @returns at least one, the one for any library last
 */
export function optInsOf(scopes: ReadonlySet<string>): readonly OptIn[] {
  const named = parameterOptIns.filter(({ scope }) => scopes.has(scope));
  return [...named.map(({ library, line }) => ({ library, line })), byHand];
}

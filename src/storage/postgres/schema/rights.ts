import { RacewayError } from '../../../domain/errors.ts';
import type { Session } from '../connection/session.ts';
import { type MissingRightRow, selectMissingRights } from './schema-queries.ts';

export type Right = readonly [table: string, right: string];

export const readsSchema: Right = ['schema_migrations', 'SELECT'];

/** What the server reads and writes of traces, and what an erasure takes rows from. */
export const traceTables = [
  'events',
  'traces',
  'trace_services',
  'trace_tags',
  'trace_spans',
  'footprints',
  'variables',
  'findings',
  'issues',
  'trace_calls',
  'service_calls',
  'latency_buckets',
  'latency_verdicts',
  'trace_counts',
  'service_counts',
  'variable_issues',
  'sealed_traces',
] as const;

/** What persons said of races, and who was told of them: it stays when traces go. */
const lastingTables = ['triage', 'alert_receivers', 'alert_news'] as const;

/** What the server needs to run; DELETE is needed by erasure only. */
export const neededRights: readonly Right[] = [
  readsSchema,
  ...[...traceTables, ...lastingTables].flatMap((table) =>
    ['SELECT', 'INSERT', 'UPDATE'].map((right) => [table, right] as const),
  ),
];

export async function refuseMissingRights(
  session: Session,
  rights: readonly Right[],
): Promise<void> {
  const missing = await session.named<MissingRightRow>(selectMissingRights(rights));
  if (missing.length === 0) return;
  const user = missing[0]?.user_name;
  const rightsOf = new Map<string, string[]>();
  for (const { table_name: table, privilege } of missing) {
    rightsOf.set(table, [...(rightsOf.get(table) ?? []), privilege]);
  }
  const grants = [...rightsOf].map(
    ([table, lacking]) => `GRANT ${lacking.join(', ')} ON ${table} TO ${user};`,
  );
  const message = `the database user ${user} lacks rights; as the owner run: ${grants.join(' ')}`;
  throw new RacewayError('missing_database_right', message);
}

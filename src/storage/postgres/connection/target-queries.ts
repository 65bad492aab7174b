import type { PostgresConnection } from './connection.ts';
import type { Query } from './query.ts';

/** What libpq asks (PostgreSQL manual, "target_session_attrs"). */
const conditions = {
  'read-write': `current_setting('transaction_read_only') = 'off' AND NOT pg_is_in_recovery()`,
  primary: 'NOT pg_is_in_recovery()',
  any: 'true',
} as const;

/** Whether a server is what the connection is for. */
export function selectIsTarget(
  attributes: NonNullable<PostgresConnection['targetSessionAttrs']>,
): Query {
  return { text: `SELECT ${conditions[attributes]}` };
}

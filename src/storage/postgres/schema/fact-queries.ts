import type { Query } from '../connection/query.ts';

/** The row of {@link selectConnectionFacts}. */
export interface ConnectionFactsRow {
  readonly user_name: string;
  readonly is_encrypted: boolean;
  readonly is_superuser: boolean | null;
  readonly may_create: boolean | null;
  readonly owns_tables: boolean;
  readonly may_seal: boolean | null;
}

/** The connection and its user. */
export const selectConnectionFacts: Query = {
  text: `
    SELECT
      quote_ident(current_user) AS user_name,
      coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS is_encrypted,
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS is_superuser,
      has_schema_privilege(current_schema(), 'CREATE') AS may_create,
      coalesce(
        (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('events')),
        false
      ) AS owns_tables,
      has_table_privilege(to_regclass('events'), 'DELETE') AS may_seal`,
};

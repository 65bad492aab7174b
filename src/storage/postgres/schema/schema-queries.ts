import type { Query } from '../connection/query.ts';

/** Whether the tables of migrations are there, without any right on them. */
export const selectSchemaPresence: Query = {
  text: `SELECT to_regclass('schema_migrations') IS NOT NULL`,
};

export const selectEncoding: Query = {
  text: `SELECT current_setting('server_encoding'), quote_ident(current_database())`,
};

export const selectMigrations: Query = {
  text: 'SELECT name, checksum FROM schema_migrations ORDER BY name',
};

export function insertMigration(name: string, checksum: string): Query {
  return {
    text: 'INSERT INTO schema_migrations (name, checksum) VALUES ($1, $2)',
    values: [name, checksum],
  };
}

/** Held to the end of a migration's transaction, so that one instance at a time migrates. */
export function lockMigrations(key: string): Query {
  return { text: 'SELECT pg_advisory_xact_lock($1::bigint)', values: [key] };
}

/** Tables of the schema that Raceway's tables are made in. */
export const selectTables: Query = {
  text: `
    SELECT relname::text
    FROM pg_class
    WHERE relnamespace = to_regnamespace(quote_ident(current_schema())) AND relkind IN ('r', 'p')
    ORDER BY relname`,
};

/** GRANT statements that give new tables the rights which other roles hold on `events`. */
export function selectGrants(tables: readonly string[]): Query {
  return {
    text: `
      SELECT format(
        'GRANT %s ON %I TO %s', acl.privilege_type, new_table.name,
        CASE WHEN acl.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(acl.grantee)) END
      )
      FROM pg_class, aclexplode(relacl) AS acl, unnest($1::text[]) AS new_table (name)
      WHERE pg_class.oid = to_regclass('events') AND acl.grantee <> relowner
      ORDER BY 1`,
    values: [tables],
  };
}

/**
 * Statements that write nothing and fail where those of an append would: read-only, without a right,
 * behind a lock on a table. They wait for a lock as long as who asks for `/ready` does.
 */
export const writeProbe: readonly Query[] = [
  { text: 'SET LOCAL lock_timeout = 1000' },
  { text: 'INSERT INTO events (trace_id) SELECT trace_id FROM events WHERE false' },
  { text: 'INSERT INTO traces (trace_id) SELECT trace_id FROM traces WHERE false' },
  { text: 'UPDATE traces SET event_count = event_count WHERE false' },
  { text: 'INSERT INTO trace_services (trace_id) SELECT trace_id FROM trace_services WHERE false' },
];

/** A row of {@link selectMissingRights}. */
export interface MissingRightRow {
  readonly table_name: string;
  readonly privilege: string;
  readonly user_name: string;
}

/** Rights that the user lacks on tables that are there. */
export function selectMissingRights(rights: readonly (readonly [string, string])[]): Query {
  return {
    text: `
      SELECT table_name, privilege, quote_ident(current_user) AS user_name
      FROM unnest($1::text[], $2::text[]) AS needed (table_name, privilege)
      WHERE NOT has_table_privilege(to_regclass(table_name), privilege)
      ORDER BY table_name, privilege`,
    values: [rights.map(([table]) => table), rights.map(([, privilege]) => privilege)],
  };
}

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

/** Whether the server forbids writing in a transaction that asks for it: a standby does. */
export const selectIsReadOnly: Query = {
  text: `SELECT current_setting('transaction_read_only') = 'on'`,
};

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

import type { Query } from '../connection/query.ts';

/** The role of the server: reads and writes rows, changes no table, deletes nothing. */
export const appRole = 'raceway_app';
/** The role of people who look at the tables with SQL. */
export const analystRole = 'raceway_readonly';

/** Database, schema and user, quoted; the schema also as an SQL text. */
export type GrantNames = readonly [
  database: string,
  schema: string,
  user: string,
  schemaText: string,
];

/** {@link GrantNames}; the schema is the one that Raceway's tables are made in. */
export const selectGrantNames: Query = {
  text: `SELECT quote_ident(current_database()), quote_ident(current_schema()),
    quote_ident(current_user), quote_literal(current_schema())`,
};

/** A script for psql or one statement of a driver. Names are quoted by the database they come from. */
export function grantScript([database, schema, owner, schemaText]: GrantNames): string {
  return `-- The rights of Raceway's two roles in this database. Running it again changes nothing.
-- Passwords stay out of it, because servers log statements: set them with psql's \\password.
DO $$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${appRole}') THEN
    CREATE ROLE ${appRole} LOGIN;
  END IF;
  IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = '${analystRole}') THEN
    CREATE ROLE ${analystRole} LOGIN;
  END IF;
END
$$;

-- Before Postgres 15 every role may create tables in the schema public.
REVOKE CREATE ON SCHEMA ${schema} FROM PUBLIC;
GRANT CONNECT ON DATABASE ${database} TO ${owner}, ${appRole}, ${analystRole};
REVOKE CONNECT, TEMPORARY ON DATABASE ${database} FROM PUBLIC;
GRANT USAGE ON SCHEMA ${schema} TO ${appRole}, ${analystRole};

-- The server: exactly this. Erasure and retention need DELETE as well, if you want them.
GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA ${schema} TO ${appRole};
-- Analysts: every table, and no change to any.
GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO ${analystRole};

-- The same on tables that the owner makes later.
ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema}
  GRANT SELECT, INSERT, UPDATE ON TABLES TO ${appRole};
ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema}
  GRANT SELECT ON TABLES TO ${analystRole};

-- Postgres only warns about rights that this user could not give or take.
DO $$
DECLARE
  may_create boolean := has_schema_privilege('${appRole}', ${schemaText}, 'CREATE');
  may_connect boolean := has_database_privilege('${appRole}', current_database(), 'CONNECT');
  may_use boolean := has_schema_privilege('${appRole}', ${schemaText}, 'USAGE');
  all_connect boolean := EXISTS (
    SELECT FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) AS acl
    WHERE datname = current_database() AND acl.grantee = 0 AND acl.privilege_type = 'CONNECT'
  );
  missing text := (
    SELECT string_agg(relname, ', ') FROM pg_class
    WHERE relnamespace = to_regnamespace(quote_ident(${schemaText})) AND relkind IN ('r', 'p')
      AND NOT (has_table_privilege('${appRole}', oid, 'INSERT')
        AND has_table_privilege('${analystRole}', oid, 'SELECT'))
  );
BEGIN
  IF may_create OR all_connect OR NOT may_connect OR NOT may_use OR missing IS NOT NULL THEN
    RAISE EXCEPTION 'this user may not give or take all of these rights%',
      coalesce(', for example on ' || missing, '')
      USING ERRCODE = 'insufficient_privilege';
  END IF;
END
$$;
`;
}

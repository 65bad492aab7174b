import type { Query } from '../connection/query.ts';

/**
 * One row on the connection and its user: name, whether it is encrypted, superuser, may create
 * tables, owns them, and may delete traces (null without tables).
 */
export const selectConnectionFacts: Query = {
  text: `
    SELECT
      quote_ident(current_user),
      coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
      (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
      has_schema_privilege(current_schema(), 'CREATE'),
      coalesce(
        (SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE oid = to_regclass('events')),
        false
      )`,
};

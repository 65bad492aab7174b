import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import type { StoppablePostgres } from '../../test/support/postgres-server.ts';
import { runSql } from '../fill.ts';
import { familyTime } from '../processor-time.ts';

/** As an operator of a machine of 16 GB runs it; what statements read is counted. */
export const measuredPostgres = {
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  wal_compression: 'on',
  random_page_cost: '1.1',
  work_mem: '32MB',
  shared_preload_libraries: 'pg_stat_statements',
};

/** What something cost a Postgres, from one reading to the next. */
export interface Cost {
  /** Of all its processes. */
  readonly cpuSeconds: number;
  /** Of the log that it writes ahead. */
  readonly walBytes: number;
  /** Of 8 kB, that statements on the database looked at, in memory or not. */
  readonly blocks: number;
}

/** Reads what a Postgres takes. */
export class PostgresMeter {
  readonly connection: PostgresConnection;
  readonly #pid: number;

  private constructor(connection: PostgresConnection, pid: number) {
    this.connection = connection;
    this.#pid = pid;
  }

  static async open(
    { dataFolder }: StoppablePostgres,
    connection: PostgresConnection,
  ): Promise<PostgresMeter> {
    await runSql(connection, 'CREATE EXTENSION IF NOT EXISTS pg_stat_statements');
    const [pid] = readFileSync(join(dataFolder, 'postmaster.pid'), 'utf8').split('\n');
    return new PostgresMeter(connection, Number(pid));
  }

  async read(): Promise<Cost> {
    const [row] = await runSql(
      this.connection,
      `SELECT
         coalesce(sum(shared_blks_hit + shared_blks_read), 0)::float8 AS blocks,
         pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS wal_bytes
       FROM pg_stat_statements
       WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
         AND query NOT LIKE '%pg_stat_statements%'`,
    );
    return {
      cpuSeconds: familyTime(this.#pid),
      walBytes: row?.['wal_bytes'] as number,
      blocks: row?.['blocks'] as number,
    };
  }

  /** What some work costs, with its result. */
  async measure<Result>(work: () => Promise<Result>): Promise<{ result: Result; cost: Cost }> {
    const before = await this.read();
    const result = await work();
    const after = await this.read();
    return {
      result,
      cost: {
        cpuSeconds: after.cpuSeconds - before.cpuSeconds,
        walBytes: after.walBytes - before.walBytes,
        blocks: after.blocks - before.blocks,
      },
    };
  }
}

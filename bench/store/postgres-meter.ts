import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import type { StoppablePostgres } from '../../test/support/postgres-server.ts';
import { runSql } from '../fill.ts';

/** Of a second, as Linux counts processor time. */
const CLOCK_TICKS = 100;

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
      cpuSeconds: this.#cpuSeconds(),
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

  /** Of the processes that there are, and of those that have ended. */
  #cpuSeconds(): number {
    const children = readFileSync(`/proc/${this.#pid}/task/${this.#pid}/children`, 'utf8');
    const own = ticksOf(this.#pid);
    const theirs = children
      .trim()
      .split(' ')
      .map((pid) => ticksOf(Number(pid)).own);
    const ticks = own.own + own.ended + theirs.reduce((sum, one) => sum + one, 0);
    return ticks / CLOCK_TICKS;
  }
}

function ticksOf(pid: number): { own: number; ended: number } {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // Behind the name of the program: utime, stime, and those of children that have ended.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const [user = 0, system = 0, childUser = 0, childSystem = 0] = fields.slice(11, 15);
    return { own: user + system, ended: childUser + childSystem };
  } catch {
    // It has ended meanwhile, and counts with its parent.
    return { own: 0, ended: 0 };
  }
}

import { PostgresPool } from '../connection/pool.ts';
import type { SingleConnectionOptions } from '../connection/single-connection.ts';
import { daysToPrepare, makePartition } from './partitions.ts';

/**
 * Makes the partitions that sealing is going to need, each in a transaction of its own; gives their days.
 *
 * @throws {RacewayError} `missing_database_right` when the user may not
 */
export async function preparePartitions(
  options: SingleConnectionOptions,
  nowMs: number,
): Promise<readonly string[]> {
  const pool = new PostgresPool({ ...options, maxConnections: 1, minConnections: 0 });
  try {
    const nowNs = BigInt(nowMs) * 1_000_000n;
    const days = await pool.read((session) => daysToPrepare(session, nowNs));
    for (const day of days) await pool.write((session) => makePartition(session, day));
    return days;
  } finally {
    await pool.close();
  }
}

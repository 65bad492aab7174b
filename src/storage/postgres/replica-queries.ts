import type { Query } from './connection/query.ts';
import { THIS_CLUSTER } from './events/event-queries.ts';

/** The tables that a connection sees, whatever its user and search path: a replica has them under the same numbers. */
const THESE_TABLES = `(
  SELECT concat_ws('/', ${THIS_CLUSTER}, oid, to_regclass('traces')::oid)
  FROM pg_database WHERE datname = current_database()
)`;

/** The row of {@link selectMoment}: what a replica must have replayed to answer as the primary would. */
export interface MomentRow {
  /** Where the log of the primary ended. */
  readonly log_position: string;
  /** The history that the log is of, in eight hexadecimal digits: another one begins at each failover. */
  readonly timeline: string;
  readonly tables: string;
  /** Which transactions were visible, as `selectTracePage` gives it. A replica cannot tell. */
  readonly walk_start: string;
}

/**
 * The moment, on the primary. What is visible is in the log up to here: flushed, unless commits are answered
 * before that.
 */
export const selectMoment: Query = {
  text: `
    SELECT
      log_position::text, substr(pg_walfile_name(log_position), 1, 8) AS timeline,
      ${THESE_TABLES} AS tables, ${THIS_CLUSTER} || '/' || pg_current_snapshot()::text AS walk_start
    FROM (
      SELECT CASE current_setting('synchronous_commit')
        WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn()
      END AS log_position
    ) AS moment`,
};

/** The row of {@link selectStanding}. */
export interface StandingRow {
  readonly is_replica: boolean;
  readonly timeline: string;
  readonly tables: string | null;
  /** Bytes of the log that it has not replayed; null where it cannot tell. */
  readonly bytes_behind: string | null;
}

/** How far a replica is from a moment. */
export function selectStanding({ log_position: position }: MomentRow): Query {
  return {
    text: `
      SELECT
        pg_is_in_recovery() AS is_replica,
        lpad(to_hex((pg_control_checkpoint()).timeline_id), 8, '0') AS timeline,
        ${THESE_TABLES} AS tables,
        greatest(0, pg_wal_lsn_diff($1::pg_lsn, pg_last_wal_replay_lsn())) AS bytes_behind`,
    values: [position],
  };
}

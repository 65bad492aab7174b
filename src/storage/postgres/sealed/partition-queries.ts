import type { Query } from '../connection/query.ts';
import { RECEIVED_NS } from '../events/receipt-queries.ts';
import { NS_PER_DAY, startOfDay } from './utc-day.ts';

/** The statements of the partitions of sealed traces. A name is made of a day alone, never of what was sent. */

const DAY = /^\d{4}-\d\d-\d\d$/;

/** The name of the partition of a day. */
function partitionOf(day: string): string {
  if (!DAY.test(day)) throw new Error(`${day} is no day`);
  return `sealed_traces_${day.replaceAll('-', '')}`;
}

/** Days that have a partition, the first one first. */
export const selectPartitionDays: Query = {
  text: `
    SELECT to_date(right(relname, 8), 'YYYYMMDD')::text AS day
    FROM pg_inherits JOIN pg_class ON pg_class.oid = inhrelid
    WHERE inhparent = 'sealed_traces'::regclass AND relname ~ '^sealed_traces_[0-9]{8}$'
    ORDER BY day`,
};

/** A row of {@link selectSealRights}. */
export interface SealRightsRow {
  readonly user_name: string;
  readonly may_delete: boolean;
  /** May make and drop partitions. */
  readonly may_manage: boolean;
}

export const selectSealRights: Query = {
  text: `
    SELECT
      quote_ident(current_user) AS user_name,
      has_table_privilege('events', 'DELETE') AS may_delete,
      pg_has_role(relowner, 'USAGE') AND has_schema_privilege(relnamespace, 'CREATE') AS may_manage
    FROM pg_class WHERE oid = 'sealed_traces'::regclass`,
};

/** Keeps others from making partitions until the end of the transaction; who reads and writes goes on. */
export const lockPartitions: Query = {
  text: 'LOCK TABLE ONLY sealed_traces IN SHARE UPDATE EXCLUSIVE MODE',
};

/** Makes the table of a day's partition, beside those in use. */
export function createPartition(day: string): Query {
  return {
    text: `
      CREATE TABLE IF NOT EXISTS ${partitionOf(day)} (
        LIKE sealed_traces INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE
      )`,
  };
}

/** Makes that table a partition; readers go on meanwhile. */
export function attachPartition(day: string): Query {
  const until = new Date(Date.parse(`${day}T00:00:00Z`) + Number(NS_PER_DAY / 1_000_000n));
  return {
    text: `
      ALTER TABLE sealed_traces ATTACH PARTITION ${partitionOf(day)}
      FOR VALUES FROM ('${day}') TO ('${until.toISOString().slice(0, day.length)}')`,
  };
}

/** Locks the table before one of its partitions, as whoever reads does. */
export function lockPartition(day: string): readonly Query[] {
  return [
    { text: 'LOCK TABLE ONLY sealed_traces IN ACCESS EXCLUSIVE MODE' },
    { text: `LOCK TABLE ${partitionOf(day)} IN ACCESS EXCLUSIVE MODE` },
  ];
}

/** One of the traces that are sealed on a day. */
export function selectOneOfDay(day: string): Query {
  const startNs = startOfDay(day);
  return {
    text: `
      SELECT trace_id FROM traces
      WHERE sealed_on = $1::date AND ${RECEIVED_NS} >= $2 AND ${RECEIVED_NS} < $3
      ORDER BY ${RECEIVED_NS}, trace_id
      LIMIT 1`,
    values: [day, String(startNs), String(startNs + NS_PER_DAY)],
  };
}

export function dropPartition(day: string): Query {
  return { text: `DROP TABLE ${partitionOf(day)}` };
}

/** Days of traces that are not sealed: the first one behind an instant. */
export function selectNextUnsealed(fromNs: bigint): Query {
  return {
    text: `
      SELECT ${RECEIVED_NS} FROM traces
      WHERE sealed_on IS NULL AND ${RECEIVED_NS} >= $1
      ORDER BY ${RECEIVED_NS}, trace_id
      LIMIT 1`,
    values: [String(fromNs)],
  };
}

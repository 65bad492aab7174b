import { RacewayError } from '../../domain/errors.ts';
import type { Exclusion } from '../../domain/exclusion.ts';
import type { PostgresConnection } from './connection/connection.ts';
import { type PoolOptions, PostgresPool } from './connection/pool.ts';
import { PostgresLatency } from './events/latency.ts';
import { PostgresStorage } from './postgres-storage.ts';
import { ReplicaReads } from './replica-reads.ts';
import { refuseOtherEncoding } from './schema/encoding.ts';
import {
  appliedMigrations,
  type Migration,
  migrate,
  pendingMigrations,
  readMigrations,
  refuseOtherMigrations,
} from './schema/migrate.ts';
import { neededRights, readsSchema, refuseMissingRights } from './schema/rights.ts';

export interface PostgresOptions extends PoolOptions {
  /** Apply missing migrations at the start, if the user may. */
  readonly autoMigrate: boolean;
  /** A replica that answers readers; none unless told otherwise. */
  readonly readConnection?: PostgresConnection | null;
  /** Whether durations are judged and learnt; on unless told otherwise. */
  readonly anomalyDetection?: boolean;
  /** What is neither judged nor learnt; nothing unless told otherwise. */
  readonly exclusion?: Exclusion;
}

/**
 * Opens the storage in Postgres, brings its schema up to date if told to, and checks the rights of
 * the user. A schema that is current needs no right to create anything.
 *
 * @throws {RacewayError} with a sentence for the operator; `unavailable` when the database is away
 */
export async function openPostgresStorage(options: PostgresOptions): Promise<PostgresStorage> {
  const migrations = readMigrations();
  const pool = new PostgresPool(options);
  try {
    await pool.read(refuseOtherEncoding);
    await pool.read((session) => refuseMissingRights(session, [readsSchema]));
    const applied = await pool.read(appliedMigrations);
    refuseOtherMigrations(migrations, applied);
    const [pending] = pendingMigrations(migrations, applied);
    if (pending !== undefined) {
      if (!options.autoMigrate) throw missingMigration(pending);
      await migrate({ ...options, migrations });
    }
    await pool.read((session) => refuseMissingRights(session, neededRights));
    const latency =
      (options.anomalyDetection ?? true) ? new PostgresLatency(options.exclusion) : null;
    const replica = openReplica(pool, options);
    return new PostgresStorage({ pool, replica, migrations, latency });
  } catch (error) {
    await pool.close();
    throw error;
  }
}

/** The start does not wait for a replica: until it is there, the primary is read. */
function openReplica(pool: PostgresPool, options: PostgresOptions): ReplicaReads | null {
  const { readConnection: connection = null } = options;
  if (connection === null) return null;
  const replica = new ReplicaReads(pool, new PostgresPool({ ...options, connection }));
  void replica.try();
  return replica;
}

function missingMigration(pending: Migration): RacewayError {
  const message =
    `the database lacks migration ${pending.name}, and storage.postgres.auto_migrate is off; ` +
    'run `raceway migrate` as the owner of the database';
  return new RacewayError('unavailable', message);
}

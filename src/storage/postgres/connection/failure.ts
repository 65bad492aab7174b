import pg from 'pg';
import { RacewayError } from '../../../domain/errors.ts';
import { noTlsMessage } from './connection.ts';

/** The SQLSTATE of an error of Postgres, also when it is the cause of another; null if there is none. */
export function sqlState(error: unknown): string | null {
  if (error instanceof pg.DatabaseError) return error.code ?? null;
  if (error instanceof RefusedStatement) return error.state;
  if (error instanceof RacewayError && error.cause !== undefined) return sqlState(error.cause);
  return null;
}

/** Whether the same transaction may pass when it is run again at once. */
export function isTransient(error: unknown): boolean {
  const state = sqlState(error);
  return state === '40001' || state === '40P01';
}

/** Whether the server takes no writes, from the connection that it came on. */
export function isReadOnly(error: unknown): boolean {
  return sqlState(error) === '25006';
}

/** A server that would refuse every write. */
export function readOnlyFailure(): RacewayError {
  return storageFailure(new RefusedStatement('25006', undefined));
}

/** Whether there was no slot left for a new connection; PgBouncer says so with a code of its own. */
export function isOutOfSlots(error: unknown): boolean {
  return sqlState(error) === '53300' || sqlState(error) === '08P01';
}

/** Whether all connections were in use for too long: no fault of a server. */
export function isPoolBusy(error: unknown): boolean {
  return error instanceof Error && error.message.startsWith('timeout exceeded');
}

/** Whether the connection is of no use any more: it broke, nothing came, or Postgres ends it. */
export function isCutOff(error: unknown): boolean {
  if (!(error instanceof RacewayError)) return false;
  if (error.code === 'outcome_unknown') return true;
  const state = sqlState(error);
  return state === null ? error.code === 'unavailable' : /^(?:08|57P)/.test(state);
}

/** Whether somebody only has to wait: the database is away, or on its way. */
export function isAway(error: unknown): boolean {
  const state = sqlState(error);
  if (state !== null) return /^(?:08|57P|53300|25006)/.test(state);
  if (!(error instanceof RacewayError) || error.code !== 'unavailable') return false;
  const { message = '', code } = (error.cause ?? {}) as { message?: string; code?: unknown };
  if (typeof code === 'string') return awayCodes.has(code);
  return /timeout|terminated/i.test(message);
}

/** What the network says of a host that is away, or has no name yet. */
const awayCodes: ReadonlySet<string> = new Set([
  ...['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'],
  ...['EHOSTDOWN', 'ENOTFOUND', 'EAI_AGAIN', 'ENOENT'],
]);

/** The answer to a COMMIT was lost: it may have come about. */
export function outcomeUnknown(cause: unknown): RacewayError {
  const message =
    'the connection to the database broke while it committed; it is not known whether this was ' +
    'done. Send the same again: what is stored already counts as a duplicate';
  return new RacewayError('outcome_unknown', message, { cause });
}

/**
 * What an error of the driver or of Postgres means for the caller. `unavailable`: the same call
 * may succeed later. `internal` errors name the SQLSTATE but not Postgres' message, which may
 * repeat values of events.
 */
export function storageFailure(error: unknown): RacewayError {
  const state = sqlState(error);
  if (error instanceof RacewayError) return error;
  if (state === null) {
    return new RacewayError('unavailable', connectionSentence(error), { cause: error });
  }
  if (state === '42501') {
    const message = `the database forbids it: ${(error as Error).message}`;
    return new RacewayError('missing_database_right', message, { cause: error });
  }
  const reason = sentences.get(state) ?? sentences.get(state.slice(0, 2));
  if (reason !== undefined) {
    const message = `${reason} (SQLSTATE ${state})`;
    return new RacewayError('unavailable', message, { cause: error });
  }
  const cause = new RefusedStatement(state, (error as pg.DatabaseError).routine);
  return new RacewayError('internal', cause.message, { cause });
}

/** What an error means that came up while a connection was made: none of them is about data. */
export function connectionFailure(error: unknown): RacewayError {
  const failure = storageFailure(error);
  if (failure.code !== 'internal') return failure;
  const message = `the database refuses the connection (SQLSTATE ${sqlState(error)})`;
  return new RacewayError('unavailable', message, { cause: error });
}

/** What is left of an error of Postgres whose message and details may repeat values of events. */
class RefusedStatement extends Error {
  readonly state: string;

  constructor(state: string, routine: string | undefined) {
    super(`Postgres refused a statement (SQLSTATE ${state}, ${routine ?? 'unknown routine'})`);
    this.state = state;
  }
}

/** By SQLSTATE or its class: what is wrong, when waiting or an operator can mend it. */
const sentences = new Map([
  ['08', 'the connection to the database broke'],
  ['25006', 'the database takes no writes now: a standby, or read-only because its disk is full'],
  ['25P03', 'the transaction stood still for too long'],
  ['28', 'the database refuses the user or the password'],
  ['3D000', 'the database of the connection string does not exist'],
  ['40', 'the transaction collided with others several times'],
  ['42P01', 'a table of Raceway is missing from the database; run `raceway migrate`'],
  ['42703', 'a column of Raceway is missing from the database; run `raceway migrate`'],
  ['53', 'the database has no room left: memory, disk or connections'],
  ['53100', 'the disk of the database is full'],
  ['53300', 'the database has too many connections; lower storage.postgres.max_connections'],
  ['55P03', 'a lock in the database was not free in time'],
  ['57', 'the database is stopping or starting'],
  ['57014', 'the database took too long for a statement'],
  ['58', 'the database has trouble with its files'],
]);

function connectionSentence(error: unknown): string {
  const { message = '', code } = error as { message?: string; code?: unknown };
  if (message === noTlsMessage) {
    return 'the database speaks no TLS, but sslmode asks for it; turn TLS on there, or use sslmode=disable';
  }
  if (/timeout (?:exceeded|expired)|connection timeout/.test(message)) {
    return 'no connection to the database came about in time (storage.postgres.connection_timeout_seconds)';
  }
  if (message === 'Query read timeout') return 'the database did not answer in time';
  if (message.includes('after calling end on the pool')) return 'the storage is closed';
  if (typeof code !== 'string') return 'the connection to the database broke';
  if (code.includes('CERT') || code.includes('SIGNATURE')) {
    return (
      `the certificate of the database is not trusted (${code}); name its root in sslrootcert, ` +
      'or use sslmode=require to encrypt without verifying'
    );
  }
  return `the database cannot be reached (${code})`;
}

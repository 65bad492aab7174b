import { readFileSync } from 'node:fs';
import { type ConnectionOptions, checkServerIdentity, rootCertificates } from 'node:tls';
import pg from 'pg';
import { RacewayError } from '../../../domain/errors.ts';

/** Where Postgres is and how to speak to it, in plain fields: no second parser decides. */
export interface PostgresConnection {
  /** A name, an IP address, or the folder of a Unix socket (then it begins with a slash). */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  /** As in libpq: `prefer` takes plain text when there is no TLS, `require` verifies nothing. */
  readonly sslMode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
  /** The file of the root certificates; null means the roots that come with Node. */
  readonly sslRootCert: string | null;
  readonly applicationName: string;
}

/** Makes the clients of one connection; they share what was learnt about the server's TLS. */
export class ClientFactory {
  readonly #connection: PostgresConnection;
  #encrypted: boolean;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#encrypted = connection.sslMode !== 'disable' && !connection.host.startsWith('/');
  }

  create(timeouts: { connectMs: number; answerMs: number | undefined }): pg.Client {
    const ssl = this.#encrypted ? tlsOptions(this.#connection) : false;
    return new PlainFieldsClient(this.#connection, ssl, timeouts);
  }

  /**
   * Whether to try again without TLS, after a client could not connect: only with `prefer`, and
   * only when it was TLS that failed.
   */
  fallBack(error: unknown): boolean {
    if (!this.#encrypted || this.#connection.sslMode !== 'prefer' || !isTlsFailure(error)) {
      return false;
    }
    this.#encrypted = false;
    return true;
  }
}

/** The message of `pg` when the server answers a request for TLS with no. */
export const noTlsMessage = 'The server does not support SSL connections';

function isTlsFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? String(error.code) : '';
  return error.message === noTlsMessage || code === 'EPROTO' || code.startsWith('ERR_SSL_');
}

function tlsOptions(connection: PostgresConnection): ConnectionOptions {
  const { host, sslMode, sslRootCert } = connection;
  if (sslMode === 'prefer' || sslMode === 'require') return { rejectUnauthorized: false };
  return {
    rejectUnauthorized: true,
    ca: sslRootCert === null ? [...rootCertificates] : readRootCertificates(sslRootCert),
    checkServerIdentity: (_servername, certificate) =>
      sslMode === 'verify-full' ? checkServerIdentity(host, certificate) : undefined,
  };
}

/** Read for each connection, so that a file that was replaced counts. */
function readRootCertificates(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as { code?: string };
    throw new RacewayError('unavailable', `sslrootcert ${path} cannot be read (${code})`);
  }
}

/** A client that takes nothing from PG* variables or ~/.pgpass, and never shows its password. */
class PlainFieldsClient extends pg.Client {
  constructor(
    connection: PostgresConnection,
    ssl: ConnectionOptions | false,
    timeouts: { connectMs: number; answerMs: number | undefined },
  ) {
    const { host, port, database, user, password, applicationName } = connection;
    const options = {
      host,
      port,
      database,
      user,
      // A function is never empty, so pg looks for no other password.
      password: () => password ?? '',
      ssl,
      sslnegotiation: 'postgres',
      application_name: applicationName,
      client_encoding: 'UTF8',
      keepAlive: true,
      connectionTimeoutMillis: timeouts.connectMs,
      query_timeout: timeouts.answerMs,
    } as const;
    super(options);
    // What pg took from the environment: these have no value that means "none".
    Object.assign(this, { replication: undefined });
    const internals = this as unknown as { connectionParameters: Record<string, unknown> };
    Object.assign(internals.connectionParameters, { options: undefined, replication: undefined });
    // A connection that breaks between two queries must not end the process; the next query fails.
    this.on('error', () => {});
  }
}

import { readFileSync } from 'node:fs';
import { type ConnectionOptions, checkServerIdentity, rootCertificates } from 'node:tls';
import pg from 'pg';
import { RacewayError } from '../../../domain/errors.ts';

/** One server. */
export interface PostgresHost {
  /** A name, an IP address, or the folder of a Unix socket (then it begins with a slash). */
  readonly host: string;
  readonly port: number;
}

/** Where Postgres is and how to speak to it, in plain fields: no second parser decides. */
export interface PostgresConnection extends PostgresHost {
  /** Further servers of the same cluster, tried in this order when one cannot be used. */
  readonly otherHosts?: readonly PostgresHost[];
  /** As in libpq: what a server must be, asked when a connection is made; `any` when left out. */
  readonly targetSessionAttrs?: 'any' | 'read-write' | 'primary';
  readonly database: string;
  readonly user: string;
  readonly password: string | null;
  /** As in libpq: `prefer` takes plain text when there is no TLS, `require` verifies nothing. */
  readonly sslMode: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
  /** The file of the root certificates; null means the roots that come with Node. */
  readonly sslRootCert: string | null;
  readonly applicationName: string;
}

/**
 * Makes the clients of one connection; they share what was learnt about the server's TLS, and of
 * several servers which one could be used last.
 */
export class ClientFactory {
  readonly #connection: PostgresConnection;
  readonly #hosts: readonly PostgresHost[];
  readonly #hostsOf = new WeakMap<pg.ClientBase, PostgresHost>();
  #host: PostgresHost;
  #encrypted: boolean;

  constructor(connection: PostgresConnection) {
    this.#connection = connection;
    this.#hosts = [connection, ...(connection.otherHosts ?? [])];
    this.#host = connection;
    this.#encrypted = connection.sslMode !== 'disable' && !connection.host.startsWith('/');
  }

  get hostCount(): number {
    return this.#hosts.length;
  }

  /** The server that the next client is for. */
  get host(): PostgresHost {
    return this.#host;
  }

  /** The server that a client was made for. */
  hostOf(client: pg.ClientBase): PostgresHost {
    return this.#hostsOf.get(client) ?? this.#host;
  }

  /** Goes on with the next server, unless somebody else has left this one already. */
  leave(host: PostgresHost): void {
    if (host !== this.#host) return;
    const next = (this.#hosts.indexOf(host) + 1) % this.#hosts.length;
    this.#host = this.#hosts[next] ?? host;
  }

  create(timeouts: { connectMs: number; answerMs: number | undefined }): pg.Client {
    const { host, port } = this.#host;
    const connection = { ...this.#connection, host, port };
    const ssl = this.#encrypted && !host.startsWith('/') ? tlsOptions(connection) : false;
    const client = new PlainFieldsClient(connection, ssl, timeouts);
    this.#hostsOf.set(client, this.#host);
    return client;
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

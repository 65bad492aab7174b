import pg from 'pg';
import { RacewayError } from '../../../domain/errors.ts';
import { ClientFactory, type PostgresConnection } from './connection.ts';
import { connectionFailure, isTransient } from './failure.ts';
import { openSession, type Session } from './session.ts';

export interface PoolOptions {
  readonly connection: PostgresConnection;
  readonly maxConnections: number;
  readonly minConnections: number;
  readonly connectionTimeoutSeconds: number;
}

/** How long Postgres may work on one statement. */
const STATEMENT_TIMEOUT_MS = 30_000;
/** How long a statement may wait for a lock: other writers hold theirs for one commit. */
const LOCK_TIMEOUT_MS = 10_000;
/** How long Postgres waits for us inside a transaction, so that a host that vanished locks nothing. */
const IDLE_TIMEOUT_MS = 60_000;
/** How long we wait for an answer: Postgres has given up before, or the network is gone. */
const ANSWER_TIMEOUT_MS = 35_000;
/** How often a transaction is run that Postgres gave up for the sake of another. */
const ATTEMPTS = 5;

/** In the transaction, not at connecting: PgBouncer hands the same session to others afterwards. */
const settings =
  `SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}; ` +
  `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; ` +
  `SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}; ` +
  // Every statement here ends after few rows. On large tables Postgres takes some for dear ones, and
  // compiling them takes many times longer than running them.
  'SET LOCAL jit = off';

/** Connections that are made when needed, and replaced when they break. Rejects with RacewayErrors. */
export class PostgresPool {
  readonly #factory: ClientFactory;
  readonly #pool: pg.Pool;

  constructor(options: PoolOptions) {
    const connectMs = options.connectionTimeoutSeconds * 1000;
    const factory = new ClientFactory(options.connection);
    this.#factory = factory;
    this.#pool = new pg.Pool({
      max: options.maxConnections,
      min: Math.min(options.minConnections, options.maxConnections),
      connectionTimeoutMillis: connectMs,
      Client: clientClass(() => factory.create({ connectMs, answerMs: ANSWER_TIMEOUT_MS })),
    });
    // An idle connection broke: the pool has dropped it already, and the next caller gets another.
    this.#pool.on('error', () => {});
  }

  /** Runs statements that change nothing. */
  read<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.#transaction(`BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ${settings}`, work);
  }

  /** Runs statements in one transaction; resolves after the commit. `work` may run several times. */
  async write<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#transaction(`BEGIN ISOLATION LEVEL READ COMMITTED; ${settings}`, work);
      } catch (error) {
        if (attempt === ATTEMPTS || !isTransient(error)) throw error;
      }
    }
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }

  async #transaction<Result>(
    begin: string,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    const client = await this.#acquire();
    const session = openSession(client);
    let isBroken = false;
    try {
      await session({ text: begin });
      const result = await work(session);
      await session({ text: 'COMMIT' });
      return result;
    } catch (error) {
      // Not to be waited for on a connection that answers nothing any more.
      isBroken = !(await rollBack(client, error));
      throw error;
    } finally {
      client.release(isBroken);
    }
  }

  async #acquire(): Promise<pg.PoolClient> {
    for (;;) {
      try {
        return await this.#pool.connect();
      } catch (error) {
        if (!this.#factory.fallBack(error)) throw connectionFailure(error);
      }
    }
  }
}

/** Rolls back after an error; tells whether the connection can be used again. */
async function rollBack(client: pg.PoolClient, error: unknown): Promise<boolean> {
  const isCutOff = error instanceof RacewayError && error.code === 'unavailable';
  if (isCutOff && !(error.cause instanceof pg.DatabaseError)) return false;
  return client.query('ROLLBACK').then(
    () => true,
    () => false,
  );
}

/** The pool calls `new`; what it gets is made by the factory. */
function clientClass(create: () => pg.Client): new () => pg.ClientBase {
  return class {
    constructor() {
      // biome-ignore lint/correctness/noConstructorReturn: the only way to give a pool ready clients.
      return create() as never;
    }
  } as unknown as new () => pg.ClientBase;
}

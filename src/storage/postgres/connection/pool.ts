import pg from 'pg';
import { ClientFactory, type PostgresConnection } from './connection.ts';
import {
  connectionFailure,
  isCutOff,
  isOutOfSlots,
  isPoolBusy,
  isReadOnly,
  isTransient,
  outcomeUnknown,
  readOnlyFailure,
  sqlState,
} from './failure.ts';
import type { Query } from './query.ts';
import type { Reads } from './reads.ts';
import { openSession, type Session } from './session.ts';
import { refuseOtherServers } from './target-server.ts';

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

/** How long a connection is used: after a switchover the name of the host leads elsewhere. */
const AGE_MAX_SECONDS = 600;
/** How long the pool makes do with the connections it has, after Postgres had no slot for one more. */
const FEWER_SLOTS_MS = 5000;
/** How often a pool without any connection asks again for a slot. */
const SLOT_PAUSE_MS = 200;

/** In the transaction, not at connecting: PgBouncer hands the same session to others afterwards. */
const settings =
  `SET LOCAL statement_timeout = ${STATEMENT_TIMEOUT_MS}; ` +
  `SET LOCAL lock_timeout = ${LOCK_TIMEOUT_MS}; ` +
  `SET LOCAL idle_in_transaction_session_timeout = ${IDLE_TIMEOUT_MS}; ` +
  // Every statement here ends after few rows. On large tables Postgres takes some for dear ones, and
  // compiling them takes many times longer than running them.
  'SET LOCAL jit = off; ' +
  // Every statement has an index to go by, but the planner takes one that marks a handful of two million rows
  // for one that marks nearly all, and then reads them all.
  'SET LOCAL enable_seqscan = off; ' +
  // A database or role may have others; doubles would come back rounded.
  'SET LOCAL extra_float_digits = 1; ' +
  // What programs from before there were sealed traces do not say: see the triggers of traces.
  "SET LOCAL raceway.knows_sealed = 'yes'";

/**
 * Connections that are made when needed, and replaced when they break, age, or lead to a server that
 * takes no writes. Rejects with RacewayErrors.
 */
export class PostgresPool implements Reads {
  readonly #factory: ClientFactory;
  readonly #pool: pg.Pool;
  readonly #maxConnections: number;
  readonly #connectMs: number;
  /** When each connection was made. */
  readonly #madeAtMs = new WeakMap<pg.PoolClient, number>();
  /** Connections made before are not used again: one of them turned out to be of no use. */
  #outdatedMs = 0;

  constructor(options: PoolOptions) {
    const { connection, maxConnections, minConnections } = options;
    const factory = new ClientFactory(connection);
    this.#factory = factory;
    this.#maxConnections = maxConnections;
    this.#connectMs = options.connectionTimeoutSeconds * 1000;
    const connectMs = this.#connectMs / factory.hostCount;
    const attributes = connection.targetSessionAttrs ?? 'any';
    this.#pool = new pg.Pool({
      max: maxConnections,
      min: Math.min(minConnections, maxConnections),
      connectionTimeoutMillis: this.#connectMs,
      maxLifetimeSeconds: AGE_MAX_SECONDS,
      Client: clientClass(() => factory.create({ connectMs, answerMs: ANSWER_TIMEOUT_MS })),
      verify: (client, done) => {
        refuseOtherServers(openSession(client), attributes).then(() => done(), done);
      },
    });
    this.#pool.on('connect', (client) => this.#madeAtMs.set(client, performance.now()));
    // An idle connection broke: the pool has dropped it already, and the next caller gets another.
    this.#pool.on('error', () => {});
  }

  /** Runs statements that change nothing. */
  read<Result>(work: (session: Session, walkStart: null) => Promise<Result>): Promise<Result> {
    const begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY; ${settings}`;
    return this.#transaction(
      begin,
      (session) => work(session, null),
      (error) => error,
    );
  }

  /** Runs one statement by itself, which changes nothing and ends at once: in one step in place of three. */
  async ask<Row extends object>(query: Query): Promise<Row[]> {
    const { client, rows } = await this.#begun<Row>(query);
    client.release();
    return rows;
  }

  /**
   * Runs statements in one transaction; resolves after the commit. `work` may run several times.
   * Rejects with `outcome_unknown` when nobody knows whether the commit came about.
   */
  write<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    return this.#repeated(`BEGIN ISOLATION LEVEL READ COMMITTED; ${settings}`, work);
  }

  /**
   * As {@link write}, also where transactions are read-only unless they ask for more: so a managed
   * database is left that ran out of disk, and erasing is the way out.
   */
  async erase<Result>(work: (session: Session) => Promise<Result>): Promise<Result> {
    try {
      const begin = `BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; ${settings}`;
      return await this.#repeated(begin, work);
    } catch (error) {
      // How a standby refuses READ WRITE.
      throw sqlState(error) === '0A000' ? readOnlyFailure() : error;
    }
  }

  async close(): Promise<void> {
    if (!this.#pool.ending) await this.#pool.end();
  }

  async #repeated<Result>(
    begin: string,
    work: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#transaction(begin, work, (error) =>
          isCutOff(error) ? outcomeUnknown(error) : error,
        );
      } catch (error) {
        // The connection may have been older than a switchover; the next one is not.
        const mayPass = isTransient(error) || (attempt === 1 && isReadOnly(error));
        if (attempt === ATTEMPTS || !mayPass) throw error;
      }
    }
  }

  /** @param atCommit what a failure of the COMMIT means */
  async #transaction<Result>(
    begin: string,
    work: (session: Session) => Promise<Result>,
    atCommit: (error: unknown) => unknown,
  ): Promise<Result> {
    const { client, session } = await this.#begun({ text: begin });
    let isOfUse = true;
    try {
      const result = await work(session);
      await session({ text: 'COMMIT' }).catch((error) => {
        throw atCommit(error);
      });
      return result;
    } catch (error) {
      isOfUse = await this.#rollBack(client, error);
      throw error;
    } finally {
      client.release(!isOfUse);
    }
  }

  /** A connection and what its first statement gave; one that broke while nobody used it is replaced. */
  async #begun<Row extends object>(first: Query) {
    const startedMs = performance.now();
    for (;;) {
      const client = await this.#acquire();
      const session = openSession(client);
      try {
        const rows = await session.named<Row>(first);
        return { client, session, rows };
      } catch (error) {
        const isOfUse = await this.#rollBack(client, error);
        client.release(!isOfUse);
        if (isOfUse || this.#madeMs(client) >= startedMs) throw error;
      }
    }
  }

  /** False when the connection is not to be used again. */
  async #rollBack(client: pg.PoolClient, error: unknown): Promise<boolean> {
    const isUseless = isCutOff(error) || isReadOnly(error);
    const isOfUse =
      !isUseless &&
      (await client.query('ROLLBACK').then(
        () => true,
        () => false,
      ));
    // After a switchover every connection leads to the wrong server, after a break perhaps some.
    const outdatedMs = isReadOnly(error) ? performance.now() : this.#madeMs(client);
    if (!isOfUse) this.#outdatedMs = Math.max(this.#outdatedMs, outdatedMs);
    if (isReadOnly(error)) this.#factory.leave(this.#factory.hostOf(client));
    return isOfUse;
  }

  #madeMs(client: pg.PoolClient): number {
    return this.#madeAtMs.get(client) ?? 0;
  }

  async #acquire(): Promise<pg.PoolClient> {
    const endMs = performance.now() + this.#connectMs;
    let hostsLeft = this.#factory.hostCount - 1;
    for (;;) {
      const { host } = this.#factory;
      try {
        const client = await this.#pool.connect();
        if (this.#madeMs(client) > this.#outdatedMs) return client;
        client.release(true);
      } catch (error) {
        if (this.#factory.fallBack(error)) continue;
        if (isOutOfSlots(error) && performance.now() < endMs) {
          await this.#doWithFewer();
          continue;
        }
        if (hostsLeft === 0 || isPoolBusy(error)) throw connectionFailure(error);
        this.#factory.leave(host);
        hostsLeft -= 1;
      }
    }
  }

  /** Makes callers wait for the connections that there are, for a while. */
  async #doWithFewer(): Promise<void> {
    const { options, totalCount } = this.#pool;
    if (totalCount === 0) {
      await new Promise((resolve) => setTimeout(resolve, SLOT_PAUSE_MS));
      return;
    }
    options.max = Math.min(options.max, totalCount);
    setTimeout(() => {
      options.max = this.#maxConnections;
    }, FEWER_SLOTS_MS).unref();
  }
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

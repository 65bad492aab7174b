import { RacewayError } from '../../domain/errors.ts';
import { SharedTurns } from '../shared-turns.ts';
import type { ReplicaState } from '../storage.ts';
import { sqlState } from './connection/failure.ts';
import type { PostgresPool } from './connection/pool.ts';
import type { Reads } from './connection/reads.ts';
import type { Session } from './connection/session.ts';
import {
  type MomentRow,
  type StandingRow,
  selectMoment,
  selectStanding,
} from './replica-queries.ts';

/** How long a reader waits for a replica to replay what was stored before it asked. */
const CATCH_UP_MS = 200;
/** From one look to the next meanwhile. */
const LOOK_MS = 5;
/** How long a replica may take until it begins to answer: connecting, and catching up. */
const BEGIN_MS = 2000;
/** How long a replica is left alone that failed or fell behind. */
const REST_MS = 1000;
/** Postgres cancelled the statement: the primary would take as long. */
const TOOK_TOO_LONG = '57014';

/**
 * Reads on a replica, which answers only what the primary would: each read asks the primary first where its log
 * ends, and counts on the replica once that is replayed there. A replica that is away, behind or none of this
 * database is left alone for a while, and the primary is read.
 */
export class ReplicaReads implements Reads {
  readonly #primary: PostgresPool;
  readonly #replica: PostgresPool;
  readonly #moment: SharedTurns<MomentRow>;
  #answered = 0;
  #passedOn = 0;
  #fault: string | null = null;
  #restsUntilMs = 0;
  #trial: Promise<void> | null = null;

  constructor(primary: PostgresPool, replica: PostgresPool) {
    this.#primary = primary;
    this.#replica = replica;
    this.#moment = new SharedTurns(async () =>
      momentOf(await primary.ask<MomentRow>(selectMoment)),
    );
  }

  get state(): ReplicaState {
    return { answered: this.#answered, passedOn: this.#passedOn, fault: this.#fault };
  }

  async read<Result>(
    work: (session: Session, walkStart: string | null) => Promise<Result>,
  ): Promise<Result> {
    if (this.#fault === null) {
      try {
        const result = await this.#readReplica(work);
        this.#answered += 1;
        return result;
      } catch (error) {
        if (!isOfReplica(error)) throw error;
        this.#leave(error);
      }
    } else if (performance.now() >= this.#restsUntilMs) {
      void this.try();
    }
    this.#passedOn += 1;
    return this.#primary.read(work);
  }

  /** Looks whether the replica is there again; whoever reads meanwhile does not wait for it. */
  try(): Promise<void> {
    this.#trial ??= this.#readReplica(async () => {})
      .then(
        () => {
          this.#fault = null;
        },
        (error) => this.#leave(error),
      )
      .finally(() => {
        this.#trial = null;
      });
    return this.#trial;
  }

  async close(): Promise<void> {
    await this.#replica.close();
    await this.#trial;
  }

  async #readReplica<Result>(
    work: (session: Session, walkStart: string | null) => Promise<Result>,
  ): Promise<Result> {
    const moment = await this.#moment.take().catch((cause: unknown) => {
      throw unusableReplica(
        'is not asked while the primary does not say where its log ends',
        cause,
      );
    });
    let isLate = false;
    return new Promise<Result>((resolve, reject) => {
      const giveUp = setTimeout(() => {
        isLate = true;
        reject(unusableReplica(`did not begin to answer within ${BEGIN_MS} ms`));
      }, BEGIN_MS);
      this.#replica
        .read(async (session) => {
          await untilReplayed(session, moment);
          clearTimeout(giveUp);
          // Nobody waits for it any more.
          if (isLate) return;
          resolve(await work(session, moment.walk_start));
        })
        .catch((error) => {
          clearTimeout(giveUp);
          reject(error);
        });
    });
  }

  #leave(error: unknown): void {
    this.#fault = error instanceof Error ? error.message : String(error);
    this.#restsUntilMs = performance.now() + REST_MS;
  }
}

/** The moment on a primary. */
export async function readMoment(session: Session): Promise<MomentRow> {
  return momentOf(await session.named<MomentRow>(selectMoment));
}

function momentOf([moment]: readonly MomentRow[]): MomentRow {
  if (moment === undefined) throw new Error('the primary told no moment');
  return moment;
}

/**
 * How far behind a moment a replica is, in bytes of the log.
 *
 * @throws {RacewayError} `unavailable` when it is no replica that could answer
 */
export async function readBytesBehind(session: Session, moment: MomentRow): Promise<number> {
  const { bytesBehind, fault } = await readStanding(session, moment);
  if (fault !== null) throw unusableReplica(fault);
  return bytesBehind;
}

async function untilReplayed(session: Session, moment: MomentRow): Promise<void> {
  const endMs = performance.now() + CATCH_UP_MS;
  for (;;) {
    const { bytesBehind, fault } = await readStanding(session, moment);
    if (bytesBehind === 0 && fault === null) return;
    // Tables that it lacks may be among what it has not replayed.
    if (bytesBehind === 0 || performance.now() >= endMs) {
      throw unusableReplica(
        fault ?? `is ${bytesBehind} bytes of the log behind, for more than ${CATCH_UP_MS} ms`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

/** How far a replica is, and why it could not answer even if it had replayed everything. */
interface Standing {
  readonly bytesBehind: number;
  readonly fault: string | null;
}

async function readStanding(session: Session, moment: MomentRow): Promise<Standing> {
  const [row] = await session.named<StandingRow>(selectStanding(moment));
  return { bytesBehind: Number(row?.bytes_behind ?? 0), fault: faultOf(row, moment) };
}

function faultOf(row: StandingRow | undefined, moment: MomentRow): string | null {
  if (row?.is_replica !== true) return 'takes writes itself, so that it is no replica';
  if (row.tables !== moment.tables) {
    return (
      'is no replica of storage.postgres.connection_string: it has other tables, or its user does ' +
      'not see them'
    );
  }
  if (row.timeline !== moment.timeline) {
    return 'is not known to follow the primary since a failover; its next restart point shows it';
  }
  return row.bytes_behind === null
    ? 'does not tell how far it has replayed the log of the primary'
    : null;
}

function unusableReplica(what: string, cause: unknown = new Error(what)): RacewayError {
  const message = `the database of storage.postgres.read_connection ${what}`;
  return new RacewayError('unavailable', message, { cause });
}

/** Whether the primary may well answer what the replica did not. */
function isOfReplica(error: unknown): boolean {
  if (!(error instanceof RacewayError) || error.cause === undefined) return false;
  const isRefused = error.code === 'missing_database_right';
  return (error.code === 'unavailable' || isRefused) && sqlState(error) !== TOOK_TOO_LONG;
}

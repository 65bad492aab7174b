import type { SealPlace, SealQuery, SealStep, SealStore } from '../../seal-store.ts';
import { sqlState } from '../connection/failure.ts';
import type { PostgresPool } from '../connection/pool.ts';
import { dropPartitions, makePartition, readPartitionDays, readSealRights } from './partitions.ts';
import {
  SEALED_EVENTS_MAX,
  selectSealedBefore,
  selectUnsealed,
  type UnsealedRow,
} from './seal-queries.ts';
import { sealTraces } from './seal-traces.ts';
import { unsealTraces } from './unseal-traces.ts';
import { dayOf, dayStartNs } from './utc-day.ts';

/** Traces that one step looks at. */
const TRACES_LOOKED_AT = 500;
/** Traces of one transaction. */
const BATCH_TRACES = 100;
/** Traces of one round that are kept beyond their day. */
const PINNED_UNSEALED = 100;
/** Ids that are remembered of traces which were too large. */
const LARGE_TRACES_KEPT = 10_000;

/** Sealing in Postgres: documents in a table that is partitioned by day. */
export class PostgresSeals implements SealStore {
  readonly #pool: PostgresPool;
  /** They are not read again. */
  readonly #tooLarge = new Set<string>();

  constructor(pool: PostgresPool) {
    this.#pool = pool;
  }

  async obstacle(): Promise<string | null> {
    const rights = await this.#pool.read(readSealRights);
    if (!rights.may_delete) {
      return (
        "the server's database user may not delete, so that events stay as they are; as the owner run " +
        `GRANT DELETE ON events TO ${rights.user_name}`
      );
    }
    return null;
  }

  async seal(query: SealQuery): Promise<SealStep> {
    const looked = await this.#pool.read((session) =>
      session.named<UnsealedRow>(selectUnsealed(query, TRACES_LOOKED_AT)),
    );
    const ready = looked.filter(
      ({ trace_id, is_ready }) => is_ready && !this.#tooLarge.has(trace_id),
    );
    const days = new Set(ready.map(dayOfRow));
    const missing = new Set(await this.#missingOf(days));
    const due = ready.filter((row) => !missing.has(dayOfRow(row)));
    const batch = batchOf(due);
    const last = batch.length < due.length ? batch.at(-1) : looked.at(-1);
    const isLast = batch.length === due.length && looked.length < TRACES_LOOKED_AT;
    const ids = batch.map(({ trace_id }) => trace_id);
    const { sealed, tooLarge } =
      ids.length === 0
        ? { sealed: [], tooLarge: null }
        : await this.#pool.write((session) => sealTraces(session, ids, query));
    if (tooLarge !== null && sealed.length === 0) this.#noteLarge(tooLarge);
    return {
      traces: sealed.length,
      events: sealed.reduce((sum, { eventCount }) => sum + eventCount, 0),
      next: isLast || last === undefined ? null : placeOf(last),
      missingDays: [...missing].sort(),
    };
  }

  /**
   * Drops the days that ended before the day of an instant and that no trace is sealed on any more. Those that are kept
   * because somebody pinned them become rows again.
   */
  async dropDays(beforeNs: bigint): Promise<void> {
    const endedNs = dayStartNs(beforeNs);
    if (!(await this.#pool.read(readSealRights)).may_manage) return;
    const kept = await this.#pool.read((session) =>
      session(selectSealedBefore(endedNs, PINNED_UNSEALED)),
    );
    for (const [traceId] of kept) {
      await this.#pool.write((session) => unsealTraces(session, [traceId as string]));
    }
    await dropPartitions(this.#pool, endedNs);
  }

  /** Those of some days that have no partition and get none. */
  async #missingOf(days: ReadonlySet<string>): Promise<readonly string[]> {
    if (days.size === 0) return [];
    const known = await this.#pool.read(readPartitionDays);
    const missing = [...days].filter((day) => !known.has(day));
    if (missing.length === 0) return [];
    if (!(await this.#pool.read(readSealRights)).may_manage) return missing;
    for (const day of missing) {
      await this.#pool.write((session) => makePartition(session, day)).catch(notIfBusy);
    }
    const made = await this.#pool.read(readPartitionDays);
    return missing.filter((day) => !made.has(day));
  }

  #noteLarge(traceId: string): void {
    if (this.#tooLarge.size === LARGE_TRACES_KEPT) this.#tooLarge.clear();
    this.#tooLarge.add(traceId);
  }
}

function placeOf({ received_ns, trace_id }: UnsealedRow): SealPlace {
  return { receivedNs: BigInt(received_ns), traceId: trace_id };
}

function dayOfRow({ received_ns }: UnsealedRow): string {
  return dayOf(BigInt(received_ns));
}

/** As many as go at once; a large one goes alone. */
function batchOf(rows: readonly UnsealedRow[]): readonly UnsealedRow[] {
  const batch: UnsealedRow[] = [];
  let events = 0;
  for (const row of rows.slice(0, BATCH_TRACES)) {
    events += Number(row.event_count);
    if (batch.length > 0 && events > SEALED_EVENTS_MAX) break;
    batch.push(row);
  }
  return batch;
}

/** Somebody reads, or makes others, for too long: it is made next time. */
function notIfBusy(error: unknown): void {
  if (sqlState(error) !== '55P03') throw error;
}

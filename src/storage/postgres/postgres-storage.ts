import { RacewayError } from '../../domain/errors.ts';
import type { EventRecord } from '../../domain/event/event.ts';
import { nothingExcluded } from '../../domain/exclusion.ts';
import { pinTotals } from '../../domain/findings/pin.ts';
import type {
  LocatedVerdict,
  OperationPage,
  OperationQuery,
  VerdictQuery,
} from '../../domain/latency/learnt.ts';
import { nothingTold, type TraceLatency } from '../../domain/latency/verdict.ts';
import type { TagFacet } from '../../domain/trace/tag-facet.ts';
import type { TraceSummary } from '../../domain/trace/trace.ts';
import type { TraceGlances } from '../../domain/trace/trace-glance.ts';
import type { TracePage, TraceQuery, TraceSearch } from '../../domain/trace/trace-query.ts';
import type { TraceSelection } from '../../domain/trace/trace-selection.ts';
import { type ErasureCounts, nothingErased } from '../erasure-counts.ts';
import { type PinSizes, readPinSizes } from '../pin-sizes.ts';
import type {
  AppendOutcome,
  AppendRequest,
  EventPosition,
  KeyNote,
  KeySighting,
  Receipts,
  ServiceActivity,
  ServiceTotals,
  Storage,
  StorageStatistics,
  TraceScan,
} from '../storage.ts';
import { sqlState } from './connection/failure.ts';
import type { PostgresPool } from './connection/pool.ts';
import type { Reads } from './connection/reads.ts';
import type { Session } from './connection/session.ts';
import { isText } from './connection/text.ts';
import { PostgresDerived } from './derived/postgres-derived.ts';
import { EXPIRY_LOCK_KEY } from './derived/triage-queries.ts';
import { eraseTraces } from './erasure/erase-traces.ts';
import { type ReceiptsRow, selectReceipts, tryShareExpiry } from './erasure/erasure-queries.ts';
import { lockExpiredTraces } from './erasure/expired-traces.ts';
import { planAppend, runAppend } from './events/append.ts';
import {
  type ServiceActivityRow,
  type ServiceRow,
  type StatisticsRow,
  selectRevisions,
  selectServiceActivity,
  selectServices,
  selectServicesIn,
  selectStatistics,
  selectTrace,
} from './events/event-queries.ts';
import { readGlances, readTagFacet } from './events/glances.ts';
import type { PostgresLatency } from './events/latency.ts';
import {
  selectLatestVerdicts,
  selectToldCounts,
  selectVerdicts,
  type ToldCountsRow,
} from './events/latency-queries.ts';
import { toldCounts, verdictOf } from './events/latency-rows.ts';
import { readOperations } from './events/learnt-operations.ts';
import { summaryOf } from './events/rows.ts';
import {
  foreignCursor,
  isSearchable,
  readTracePage,
  refuseForeignCursor,
} from './events/trace-page.ts';
import { keySightingsOf, mergeKeySightings } from './key-queries.ts';
import { PostgresAlerts } from './postgres-alerts.ts';
import type { ReplicaReads } from './replica-reads.ts';
import { appliedMigrations, type Migration, pendingMigrations } from './schema/migrate.ts';
import { traceTables } from './schema/rights.ts';
import { writeProbe } from './schema/schema-queries.ts';
import { PostgresSeals } from './sealed/postgres-seals.ts';
import { readEvents, readScan } from './sealed/sealed-reading.ts';
import { withUnsealed } from './sealed/unseal-traces.ts';

/** Before every event of a trace. */
const START: EventPosition = { timestampNs: -1n, id: '00000000-0000-0000-0000-000000000000' };

/** What the storage in Postgres is put together of. */
export interface PostgresParts {
  readonly pool: PostgresPool;
  /** Reads what people and their clients ask for; null: the pool does. */
  readonly replica: ReplicaReads | null;
  readonly migrations: readonly Migration[];
  /** null: durations are neither judged nor learnt. */
  readonly latency: PostgresLatency | null;
}

/** Events in Postgres. All state is there: several instances on a database agree. */
export class PostgresStorage implements Storage {
  readonly derived: PostgresDerived;
  readonly alerts: PostgresAlerts;
  readonly seals: PostgresSeals;
  /** The same storage, for those who must not wait for a replica: it reads where it writes. */
  readonly primary: PostgresStorage;
  readonly #pool: PostgresPool;
  readonly #replica: ReplicaReads | null;
  readonly #reads: Reads;
  readonly #migrations: readonly Migration[];
  readonly #latency: PostgresLatency | null;
  #readying: Promise<void> | null = null;

  /** @param derived of another storage with the same parts, if there is one */
  constructor(parts: PostgresParts, derived?: PostgresDerived) {
    const { pool, replica, migrations, latency } = parts;
    this.#pool = pool;
    this.#replica = replica;
    this.#reads = replica ?? pool;
    this.#latency = latency;
    this.#migrations = migrations;
    this.alerts = new PostgresAlerts(pool);
    this.seals = new PostgresSeals(pool);
    const sizesOf: PinSizes = (traceIds) => readPinSizes(this.primary, traceIds);
    this.derived = derived ?? new PostgresDerived(pool, this.#reads, sizesOf);
    this.primary =
      replica === null ? this : new PostgresStorage({ ...parts, replica: null }, this.derived);
  }

  async append(requests: readonly AppendRequest[], receivedNs: bigint): Promise<AppendOutcome[]> {
    const plan = planAppend(requests);
    if (plan.events.length === 0) return requests.map(() => ({ accepted: 0, duplicates: 0 }));
    return withUnsealed((sealedIds) =>
      this.#pool.write((session) => runAppend(session, plan, receivedNs, this.#latency, sealedIds)),
    );
  }

  async listTraces(query: TraceQuery): Promise<TracePage> {
    refuseForeignCursor(query);
    if (!isSearchable(query)) return { traces: [], total: query.cursor?.total ?? 0, next: null };
    return this.#reads
      .read((session, walkStart) => readTracePage(session, query, walkStart))
      .catch((error) => {
        throw query.cursor !== null && sqlState(error)?.startsWith('22') ? foreignCursor() : error;
      });
  }

  async glances(search: TraceSearch, limit: number): Promise<TraceGlances> {
    if (!isSearchable(search)) return { traces: [], isWhole: true };
    return this.#reads.read((session) => readGlances(session, search, limit));
  }

  async tagFacet(search: TraceSearch, key: string | null, limit: number): Promise<TagFacet> {
    if (!isSearchable(search) || !isText(key ?? ''))
      return { values: [], leftOut: 0, isWhole: true };
    return this.#reads.read((session) => readTagFacet(session, search, key, limit));
  }

  async trace(traceId: string): Promise<TraceSummary | null> {
    if (!isText(traceId)) return null;
    const [row] = await this.#reads.read((session) => session(selectTrace(traceId)));
    return row === undefined ? null : summaryOf(row);
  }

  async revisions(traceIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#reads.read((session) =>
      session(selectRevisions(traceIds.filter(isText))),
    );
    return new Map(rows.map(([traceId, revision]) => [traceId as string, revision as string]));
  }

  async events(
    traceId: string,
    after: EventPosition | null,
    limit: number,
  ): Promise<EventRecord[]> {
    if (!isText(traceId)) return [];
    return this.#reads.read((session) => readEvents(session, traceId, after ?? START, limit));
  }

  async latencyVerdicts(traceId: string, limit: number): Promise<TraceLatency> {
    if (!isText(traceId)) return nothingTold;
    return this.#reads.read(async (session) => {
      const [counts] = await session.named<ToldCountsRow>(selectToldCounts(traceId));
      if (counts === undefined) return nothingTold;
      const told = toldCounts(counts);
      const rows = told.anomalyCount === 0 ? [] : await session(selectVerdicts(traceId, limit));
      return { ...told, verdicts: rows.map(verdictOf) };
    });
  }

  async verdicts(query: VerdictQuery): Promise<LocatedVerdict[]> {
    const texts = [query.service, query.environment, query.operation, query.before?.traceId];
    if (!texts.every((text) => isText(text ?? ''))) return [];
    const rows = await this.#reads.read((session) => session(selectLatestVerdicts(query)));
    return rows.map(([traceId, ...verdict]) => ({
      ...verdictOf(verdict),
      traceId: traceId as string,
    }));
  }

  async learntOperations(query: OperationQuery): Promise<OperationPage> {
    const texts = [query.service, query.operation, query.text];
    if (!texts.every((text) => isText(text ?? ''))) return { operations: [], total: 0 };
    return this.#reads.read((session) => readOperations(session, query));
  }

  async scanTraces(
    selection: TraceSelection,
    after: string | null,
    limit: number,
  ): Promise<TraceScan> {
    const traceIds = selection.traceIds?.filter(isText) ?? null;
    const texts = selection.tags.flatMap(({ key, value }) => [key, value]);
    if (![selection.service ?? '', selection.keyName ?? '', after ?? '', ...texts].every(isText)) {
      return { traces: [], next: null };
    }
    const asked = { ...selection, traceIds };
    return this.#pool.read((session) => readScan(session, asked, after, limit));
  }

  async eraseTrace(traceId: string): Promise<number | null> {
    const { traces, events } = await this.eraseTraces([traceId]);
    return traces === 0 ? null : events;
  }

  async eraseTraces(traceIds: readonly string[]): Promise<ErasureCounts> {
    const texts = traceIds.filter(isText);
    if (texts.length === 0) return nothingErased;
    const exclusion = this.#latency?.exclusion ?? nothingExcluded;
    return this.#erase((session) =>
      eraseTraces(session, texts, exclusion, this.derived.triage.rules),
    );
  }

  async eraseExpired(beforeNs: bigint, limit: number): Promise<ErasureCounts> {
    const erased = await this.#erase(async (session) => {
      const [share] = await session(tryShareExpiry(EXPIRY_LOCK_KEY));
      if (share?.[0] !== true) return nothingErased;
      const expired = await lockExpiredTraces(session, beforeNs, limit);
      return eraseTraces(session, expired, null, this.derived.triage.rules);
    });
    if (erased.traces === 0) await this.seals.dropDays(beforeNs);
    return erased;
  }

  async receipts(): Promise<Receipts> {
    const [row] = await this.#pool.read((session) => session.named<ReceiptsRow>(selectReceipts));
    const newest = row?.newest_ns ?? null;
    const oldest = row?.oldest_ns ?? null;
    return {
      newestNs: newest === null ? null : BigInt(newest),
      oldestNs: oldest === null ? null : BigInt(oldest),
      clockMs: Number(row?.clock_ms),
    };
  }

  async #erase(work: (session: Session) => Promise<ErasureCounts>): Promise<ErasureCounts> {
    try {
      return await this.#pool.erase(work);
    } catch (error) {
      throw sqlState(error) === '42501' ? missingDelete(error) : error;
    }
  }

  async services(environment: string | null = null): Promise<ServiceTotals[]> {
    if (!isText(environment ?? '')) return [];
    const query = environment === null ? selectServices : selectServicesIn(environment);
    const rows = await this.#reads.read((session) => session.named<ServiceRow>(query));
    return rows.map(serviceTotalsOf).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async serviceActivity(
    sinceNs: bigint,
    environment: string | null = null,
  ): Promise<ServiceActivity[]> {
    if (!isText(environment ?? '')) return [];
    const query = selectServiceActivity(sinceNs, environment);
    const rows = await this.#reads.read((session) => session.named<ServiceActivityRow>(query));
    return rows
      .map((row) => ({ ...serviceTotalsOf(row), lastActivityNs: BigInt(row.last_activity_ns) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async statistics(): Promise<StorageStatistics> {
    const query = selectStatistics(traceTables);
    const [row] = await this.#pool.read((session) => session.named<StatisticsRow>(query));
    const oldest = row?.oldest_activity_ns ?? null;
    return {
      backend: 'postgres',
      traceCount: Number(row?.trace_count),
      eventCount: Number(row?.event_count),
      bytes: Number(row?.bytes),
      bytesMax: null,
      diskBytes: null,
      oldestActivityNs: oldest === null ? null : BigInt(oldest),
      evictedTraces: 0,
      evictedEvents: 0,
      evictedServices: [],
      pinned: pinTotals(await this.derived.triage.pins()),
      replica: this.#replica?.state ?? null,
    };
  }

  async noteKeys(
    keys: readonly KeyNote[],
    nowMs: number,
  ): Promise<ReadonlyMap<string, KeySighting>> {
    const query = mergeKeySightings(keys, nowMs);
    return keySightingsOf(keys, await this.#pool.write((session) => session.named(query)));
  }

  /** Whoever asks while somebody else does gets the same answer: a locked table fills no pool. */
  ready(): Promise<void> {
    this.#readying ??= this.#probe().finally(() => {
      this.#readying = null;
    });
    return this.#readying;
  }

  async #probe(): Promise<void> {
    await this.#pool.write(async (session) => {
      for (const query of writeProbe) await session(query);
      // Migrations of a newer Raceway are no fault: while it is rolled out, both serve.
      const [missing] = pendingMigrations(this.#migrations, await appliedMigrations(session));
      if (missing !== undefined) {
        const message = `the database lacks migration ${missing.name}; run \`raceway migrate\``;
        throw new RacewayError('unavailable', message);
      }
    });
  }

  async close(): Promise<void> {
    await this.#replica?.close();
    await this.#pool.close();
  }
}

function serviceTotalsOf(row: ServiceRow): ServiceTotals {
  return {
    name: row.service,
    eventCount: Number(row.event_count),
    traceCount: Number(row.trace_count),
  };
}

function missingDelete(cause: unknown): RacewayError {
  const message =
    "the server's database user may not delete; as the owner run GRANT DELETE ON " +
    `${traceTables.join(', ')} TO that user, or delete with another user`;
  return new RacewayError('missing_database_right', message, { cause });
}

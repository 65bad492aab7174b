import { RacewayError } from '../../domain/errors.ts';
import type { EventRecord } from '../../domain/event/event.ts';
import { pinTotals } from '../../domain/findings/pin.ts';
import type {
  LocatedVerdict,
  OperationPage,
  OperationQuery,
  VerdictQuery,
} from '../../domain/latency/learnt.ts';
import {
  type Judgement,
  nothingJudged,
  nothingTold,
  type TraceLatency,
} from '../../domain/latency/verdict.ts';
import type { TagFacet } from '../../domain/trace/tag-facet.ts';
import type { TraceSummary } from '../../domain/trace/trace.ts';
import type { TraceGlances } from '../../domain/trace/trace-glance.ts';
import type { TracePage, TraceQuery, TraceSearch } from '../../domain/trace/trace-query.ts';
import type { TraceSelection } from '../../domain/trace/trace-selection.ts';
import { type ErasureCounts, takenBetween } from '../erasure-counts.ts';
import { KeyNames } from '../key-names.ts';
import { readPinSizes } from '../pin-sizes.ts';
import type {
  AppendOutcome,
  AppendRequest,
  EventPosition,
  KeySighting,
  Receipts,
  ServiceActivity,
  ServiceTotals,
  Storage,
  StorageStatistics,
  TraceScan,
} from '../storage.ts';
import { AlertBooks } from './alert-books.ts';
import { MemoryDerived } from './derived/memory-derived.ts';
import { EvictionOrder } from './events/eviction-order.ts';
import { FreshEvents } from './events/fresh-events.ts';
import { keptFromEviction, pinnedBytes, pinRoomOf } from './events/pinned-traces.ts';
import { ReadingOrder } from './events/reading-order.ts';
import { receiptsOf, receivedBefore } from './events/receipts.ts';
import { roomFor, tooLarge } from './events/room.ts';
import { revisionsOf, StoredTrace, type TraceAddition } from './events/stored-trace.ts';
import type { TraceLog } from './events/trace-log.ts';
import { TraceShelf } from './events/trace-shelf.ts';
import type { KeptAppends } from './kept-appends.ts';
import { latestVerdicts } from './latest-verdicts.ts';
import { TraceList } from './list/trace-list.ts';
import { MemoryLatency } from './memory-latency.ts';
import { FREE_SHARE, LATENCY_SHARE, type MemoryOptions, UNPACKED_SHARE } from './memory-options.ts';
import { firstOf, selectedOf } from './selected-traces.ts';
import { serviceActivityOf } from './service-activity.ts';
import { ServiceBook } from './service-book.ts';

/** Keeps events in this process, and gives up whole traces at `maxBytes`: see {@link EvictionOrder}. */
export class MemoryStorage implements Storage {
  readonly #kept: KeptAppends | null;
  readonly #maxBytes: number;
  readonly #traces = new Map<string, StoredTrace>();
  readonly derived: MemoryDerived = new MemoryDerived({
    sizesOf: (traceIds) => readPinSizes(this, traceIds),
    isStored: (traceId) => this.#traces.has(traceId),
    pinRoom: () => pinRoomOf(this.#maxBytes),
    grown: () => this.#evictFor(0),
    raced: (traceId, isRaced) => this.#list.noteRaced(this.#traces.get(traceId), isRaced),
    tagged: (traceId, tags) => this.#list.noteTags(this.#traces.get(traceId), tags),
    receivedMs: (traceId) => Number((this.#traces.get(traceId)?.receivedNs ?? 0n) / 1_000_000n),
    isMemoryWanted: () => this.#usedBytes > this.#shelf.freeBytes,
    isIn: (traceId, environment) =>
      environment === null ||
      this.#traces.get(traceId)?.summary.environments.includes(environment) === true,
  });
  readonly alerts = new AlertBooks(() => this.derived.issueLevels());
  readonly writtenEvents = (traceId: string) =>
    this.#traces.get(traceId)?.log.writtenEvents(traceId) ?? null;
  readonly seals = null;
  readonly #list = new TraceList((traceId) => this.derived.raceCount(traceId));
  readonly #services = new ServiceBook();
  readonly #shelf: TraceShelf;
  readonly #evictionOrder: EvictionOrder;
  readonly #readingOrder = new ReadingOrder();
  readonly #latency: MemoryLatency | null;
  #eventCount = 0;
  #verdicts = 0;
  #closed = false;

  /** @param kept null: nothing is kept beyond this process */
  constructor(options: MemoryOptions, kept: KeptAppends | null) {
    const { maxBytes, anomalyDetection = true, unpackedBytesMax, packElsewhere = null } = options;
    this.#kept = kept;
    this.#maxBytes = maxBytes;
    this.#evictionOrder = new EvictionOrder(maxBytes);
    this.#shelf = new TraceShelf(
      unpackedBytesMax ?? maxBytes * UNPACKED_SHARE,
      unpackedBytesMax === undefined ? maxBytes * FREE_SHARE : 0,
      packElsewhere,
      (trace, bytes) => this.#evictionOrder.grow(trace, bytes),
    );
    this.#latency = anomalyDetection
      ? new MemoryLatency(maxBytes * LATENCY_SHARE, options.exclusion)
      : null;
  }

  async append(requests: readonly AppendRequest[], receivedNs: bigint): Promise<AppendOutcome[]> {
    this.#refuseClosed();
    const store = () => this.store(requests, receivedNs);
    const outcomes = await (this.#kept?.append(requests, receivedNs, store) ?? store());
    await this.#shelf.packOldest();
    return outcomes;
  }

  /** Stores an append in this process, unpacked. */
  store(requests: readonly AppendRequest[], receivedNs: bigint): AppendOutcome[] {
    this.#refuseClosed();
    const fresh = new FreshEvents((traceId) => this.#readableLog(traceId));
    const writers = new KeyNames();
    const outcomes = fresh.addAll(requests, writers);
    const judgement =
      this.#latency?.judge(fresh.byTrace, requests, receivedNs, (traceId, from) => {
        const trace = this.#traces.get(traceId);
        return trace === undefined ? null : this.#shelf.reading(trace, () => from(trace));
      }) ?? nothingJudged;
    this.#makeRoom(fresh.byTrace, judgement, writers);
    this.#list.beginWrite();
    for (const [traceId, events] of fresh.byTrace) {
      const latency = judgement.traces.get(traceId) ?? nothingTold;
      const keyNames = writers.of(traceId);
      this.#appendToTrace(traceId, { events, receivedNs, latency, keyNames });
    }
    this.#latency?.learn(judgement.lessons);
    return outcomes;
  }

  /** Packs what has been left alone for longest, as far as its room asks for it. */
  packOldest(): Promise<void> {
    return this.#shelf.packOldest();
  }

  async listTraces(query: TraceQuery): Promise<TracePage> {
    this.#refuseClosed();
    return this.#list.page(query, this.derived.tracesWith(query.variable));
  }

  async glances(search: TraceSearch, limit: number): Promise<TraceGlances> {
    this.#refuseClosed();
    return this.#list.glances(search, limit, this.derived.tracesWith(search.variable));
  }

  async tagFacet(search: TraceSearch, key: string | null, limit: number): Promise<TagFacet> {
    this.#refuseClosed();
    return this.#list.tagFacet(search, key, limit, this.derived.tracesWith(search.variable));
  }

  async trace(traceId: string): Promise<TraceSummary | null> {
    this.#refuseClosed();
    const trace = this.#traces.get(traceId);
    return trace === undefined ? null : this.#list.summaryOf(trace);
  }

  async revisions(traceIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    this.#refuseClosed();
    return revisionsOf(traceIds.flatMap((traceId) => this.#traces.get(traceId) ?? []));
  }

  async events(
    traceId: string,
    after: EventPosition | null,
    limit: number,
  ): Promise<EventRecord[]> {
    this.#refuseClosed();
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return [];
    return this.#shelf.reading(trace, () =>
      this.#readingOrder.page(traceId, trace.log, after, limit),
    );
  }

  async latencyVerdicts(traceId: string, limit: number): Promise<TraceLatency> {
    this.#refuseClosed();
    const latency = this.#traces.get(traceId)?.latency ?? nothingTold;
    return { ...latency, verdicts: latency.verdicts.slice(0, limit) };
  }

  async verdicts(query: VerdictQuery): Promise<LocatedVerdict[]> {
    this.#refuseClosed();
    return latestVerdicts(this.#traces.values(), query);
  }

  async learntOperations(query: OperationQuery): Promise<OperationPage> {
    this.#refuseClosed();
    return this.#latency?.page(query) ?? { operations: [], total: 0 };
  }

  async eraseTrace(traceId: string): Promise<number | null> {
    const { traces, events } = await this.eraseTraces([traceId]);
    return traces === 0 ? null : events;
  }

  async eraseTraces(traceIds: readonly string[]): Promise<ErasureCounts> {
    const counts = this.#erase(traceIds, true);
    await Promise.all([this.#kept?.forget(traceIds), this.derived.triageBook.keepAll()]);
    return counts;
  }

  /** @param withLessons whether what their durations have taught goes too */
  #erase(traceIds: readonly string[], withLessons: boolean): ErasureCounts {
    this.#refuseClosed();
    const before = this.#counts();
    if (withLessons) this.derived.triage.forgetWords(traceIds);
    const found = [...new Set(traceIds)].flatMap((traceId) => this.#traces.get(traceId) ?? []);
    for (const trace of found) {
      if (withLessons) this.#shelf.reading(trace, () => this.#latency?.eraseLessons(trace));
      this.#eraseTrace(trace);
      for (const service of trace.summary.services) {
        if (!this.#services.has(service)) this.#latency?.eraseServiceLessons(service);
      }
    }
    this.derived.erase(found.map(({ summary }) => summary.traceId));
    return takenBetween(before, this.#counts());
  }

  async eraseExpired(beforeNs: bigint, limit: number): Promise<ErasureCounts> {
    const { pinned } = this.derived.triageBook;
    const expired = receivedBefore(this.#traces.values(), beforeNs, limit, pinned);
    const counts = this.#erase(expired, false);
    await this.#kept?.forget(expired);
    return counts;
  }

  async receipts(): Promise<Receipts> {
    this.#refuseClosed();
    return { ...receiptsOf(this.#traces.values(), this.derived.triageBook.pinned), clockMs: null };
  }

  async scanTraces(
    selection: TraceSelection,
    after: string | null,
    limit: number,
  ): Promise<TraceScan> {
    this.#refuseClosed();
    await this.#kept?.paid();
    const looked = firstOf(this.#list.idsAmong(selection.traceIds, after), limit);
    const stored = looked.flatMap((traceId) => this.#traces.get(traceId) ?? []);
    const traces = selectedOf(stored, selection, this.#list, this.#shelf);
    return { traces, next: looked.length < limit ? null : (looked.at(-1) ?? null) };
  }

  async services(environment: string | null = null): Promise<ServiceTotals[]> {
    this.#refuseClosed();
    if (environment === null) return this.#services.all();
    const active = await this.serviceActivity(0n, environment);
    return active.map(({ lastActivityNs: _, ...totals }) => totals);
  }

  async serviceActivity(sinceNs: bigint, environment?: string | null): Promise<ServiceActivity[]> {
    this.#refuseClosed();
    return serviceActivityOf(this.#list.since(sinceNs), environment ?? null);
  }

  async statistics(): Promise<StorageStatistics> {
    this.#refuseClosed();
    const [oldest] = this.#list.oldestFirst();
    return {
      backend: 'memory',
      traceCount: this.#traces.size,
      eventCount: this.#eventCount,
      bytes: this.#usedBytes,
      bytesMax: this.#maxBytes,
      diskBytes: this.#kept?.bytes ?? null,
      oldestActivityNs: oldest?.lastActivityNs ?? null,
      ...this.#evictionOrder.evicted,
      pinned: pinTotals(this.derived.triageBook.pinsBut(null)),
      replica: null,
    };
  }

  async noteKeys(): Promise<ReadonlyMap<string, KeySighting>> {
    return new Map();
  }

  async ready(): Promise<void> {
    this.#refuseClosed();
    await this.#kept?.ready();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#traces.clear();
    this.#shelf.clear();
    this.#evictionOrder.clear();
    this.#list.clear();
    this.#readingOrder.clear();
    this.#latency?.clear();
    await this.#kept?.close();
  }

  get #usedBytes(): number {
    return this.#shelf.bytes + this.#list.bytes + this.derived.bytes + (this.#latency?.bytes ?? 0);
  }

  #refuseClosed(): void {
    if (this.#closed) throw new RacewayError('unavailable', 'the storage is closed');
  }

  #readableLog(traceId: string): TraceLog | null {
    const stored = this.#traces.get(traceId);
    if (stored?.log.isPacked) this.#shelf.use(stored);
    return stored?.log ?? null;
  }

  /**
   * Gives up traces until what comes fits, before anything of it is stored. A trace that is being
   * written goes last; when even it has to go, its new events begin it again.
   */
  #makeRoom(
    fresh: ReadonlyMap<string, readonly EventRecord[]>,
    judgement: Judgement,
    writers: KeyNames,
  ): void {
    const { needed, ...room } = roomFor(fresh, judgement, writers, this.#traces);
    const growth = room.growth + (this.#latency?.growthBytes(judgement.lessons) ?? 0);
    const pinned = pinnedBytes(this.derived.triageBook.pinned, this.#traces);
    if (needed > this.#maxBytes - pinned) throw tooLarge(needed, this.#maxBytes, pinned);
    if (this.#usedBytes + needed + growth <= this.#maxBytes) return;
    for (const traceId of fresh.keys())
      this.#evictionOrder.touch(this.#traces.get(traceId) ?? null);
    this.#evictFor(needed + growth);
  }

  /** Gives up traces until so many bytes more fit. */
  #evictFor(bytes: number): void {
    while (this.#usedBytes + bytes > this.#maxBytes) {
      const { pinned } = this.derived.triageBook;
      const stays = keptFromEviction(pinned, this.#traces, pinRoomOf(this.#maxBytes));
      const trace = this.#evictionOrder.next(stays);
      if (trace === null) return;
      const { traceId } = trace.summary;
      this.#evictionOrder.countEvicted(trace);
      this.#eraseTrace(trace);
      this.derived.erase([traceId]);
      this.derived.triageBook.forgetPinned([traceId]);
      this.#kept?.giveUp(traceId);
    }
  }

  #appendToTrace(traceId: string, addition: TraceAddition): void {
    const known = this.#traces.get(traceId);
    const trace = known ?? new StoredTrace(addition, this.#shelf.slots, this.#shelf.senders);
    if (known === undefined) {
      this.#traces.set(traceId, trace);
    } else {
      this.#list.takeOut(trace);
      this.#uncount(trace);
      this.#shelf.use(trace);
      trace.append(addition);
    }
    this.#evictionOrder.touch(trace);
    this.#shelf.use(trace);
    this.#list.add(trace);
    this.derived.eventsChanged(traceId, trace.log.count);
    this.#eventCount += trace.log.count;
    this.#verdicts += trace.latency.verdicts.length;
    this.#services.count(trace.log.services(), 1);
  }

  #counts(): ErasureCounts {
    return {
      ...this.derived.counts,
      events: this.#eventCount,
      traces: this.#traces.size,
      services: this.#services.traceServices,
      verdicts: this.#verdicts,
      buckets: this.#latency?.bucketCount ?? 0,
    };
  }

  #eraseTrace(trace: StoredTrace): void {
    this.#traces.delete(trace.summary.traceId);
    this.#list.erase(trace);
    this.#uncount(trace);
    this.#shelf.erase(trace);
    this.#evictionOrder.forget(trace);
    this.#readingOrder.forget(trace.log);
  }

  /** Takes a trace out of everything that is counted. */
  #uncount(trace: StoredTrace): void {
    this.#eventCount -= trace.log.count;
    this.#verdicts -= trace.latency.verdicts.length;
    this.#services.count(trace.log.services(), -1);
  }
}

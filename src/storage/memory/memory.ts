import { RacewayError } from '../../domain/errors.ts';
import type { EventRecord } from '../../domain/event.ts';
import type { TraceSummary } from '../../domain/trace.ts';
import type { TracePage, TraceQuery } from '../../domain/trace-query.ts';
import type {
  AppendOutcome,
  EventPosition,
  ServiceActivity,
  ServiceTotals,
  Storage,
  StorageStatistics,
} from '../storage.ts';
import { MemoryDerived } from './derived-memory.ts';
import { ReadingOrder } from './reading-order.ts';
import { StoredTrace } from './stored-trace.ts';
import { TraceList } from './trace-list.ts';

export interface MemoryOptions {
  /** The most bytes that events, ids and indexes may take. */
  readonly maxBytes: number;
}

/**
 * Keeps events in this process: gone when it ends. When `maxBytes` is reached, whole traces are
 * given up, the one written least recently first.
 */
export function openMemoryStorage(options: MemoryOptions): Storage {
  return new MemoryStorage(options.maxBytes);
}

class MemoryStorage implements Storage {
  readonly #maxBytes: number;
  /** The trace written least recently comes first: a written one is put back at the end. */
  readonly #traces = new Map<string, StoredTrace>();
  readonly derived = new MemoryDerived();
  readonly #list = new TraceList((traceId) => this.derived.raceCount(traceId));
  readonly #services = new Map<string, { eventCount: number; traceCount: number }>();
  readonly #readingOrder = new ReadingOrder();
  #bytes = 0;
  #eventCount = 0;
  #evictedTraces = 0;
  #evictedEvents = 0;
  #closed = false;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  async append(
    requests: readonly (readonly EventRecord[])[],
    receivedNs: bigint,
  ): Promise<AppendOutcome[]> {
    this.#refuseClosed();
    const fresh = new Map<string, Map<string, EventRecord>>();
    const outcomes = requests.map((request) => {
      let accepted = 0;
      for (const event of request) if (this.#isNew(event, fresh)) accepted += 1;
      return { accepted, duplicates: request.length - accepted };
    });
    this.#makeRoom(fresh);
    this.#list.beginWrite();
    for (const [traceId, events] of fresh) {
      this.#appendToTrace(traceId, [...events.values()], receivedNs);
    }
    return outcomes;
  }

  async listTraces(query: TraceQuery): Promise<TracePage> {
    this.#refuseClosed();
    return this.#list.page(query);
  }

  async trace(traceId: string): Promise<TraceSummary | null> {
    this.#refuseClosed();
    const trace = this.#traces.get(traceId);
    return trace === undefined ? null : this.#list.summaryOf(trace);
  }

  async events(
    traceId: string,
    after: EventPosition | null,
    limit: number,
  ): Promise<EventRecord[]> {
    this.#refuseClosed();
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return [];
    return this.#readingOrder
      .offsets(trace.log, after, limit)
      .map((offset) => trace.log.read(traceId, offset));
  }

  async deleteTrace(traceId: string): Promise<number | null> {
    this.#refuseClosed();
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return null;
    this.#remove(trace);
    this.derived.forget(traceId);
    return trace.log.count;
  }

  async services(): Promise<ServiceTotals[]> {
    this.#refuseClosed();
    return [...this.#services]
      .map(([name, totals]) => ({ name, ...totals }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async serviceActivity(sinceNs: bigint): Promise<ServiceActivity[]> {
    this.#refuseClosed();
    const found = new Map<
      string,
      { -readonly [Key in keyof ServiceActivity]: ServiceActivity[Key] }
    >();
    for (const { log, summary } of this.#list.since(sinceNs)) {
      const { lastActivityNs } = summary;
      for (const [name, eventCount] of log.services()) {
        if (name === '') continue;
        const known = found.get(name);
        if (known === undefined)
          found.set(name, { name, eventCount, traceCount: 1, lastActivityNs });
        else {
          known.eventCount += eventCount;
          known.traceCount += 1;
        }
      }
    }
    return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  async statistics(): Promise<StorageStatistics> {
    this.#refuseClosed();
    return {
      backend: 'memory',
      traceCount: this.#traces.size,
      eventCount: this.#eventCount,
      bytes: this.#bytes + this.derived.bytes,
      bytesMax: this.#maxBytes,
      evictedTraces: this.#evictedTraces,
      evictedEvents: this.#evictedEvents,
    };
  }

  async ready(): Promise<void> {
    this.#refuseClosed();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#traces.clear();
    this.#list.clear();
    this.derived.clear();
    this.#readingOrder.forget();
  }

  #refuseClosed(): void {
    if (this.#closed) throw new RacewayError('unavailable', 'the storage is closed');
  }

  /** Notes an event that is neither stored nor among those noted before. */
  #isNew(event: EventRecord, fresh: Map<string, Map<string, EventRecord>>): boolean {
    if (this.#traces.get(event.traceId)?.log.has(event.id) === true) return false;
    const events = fresh.get(event.traceId) ?? new Map<string, EventRecord>();
    if (events.has(event.id)) return false;
    if (events.size === 0) fresh.set(event.traceId, events);
    events.set(event.id, event);
    return true;
  }

  /**
   * Gives up traces until what comes fits, before anything of it is stored. A trace that is being
   * written goes last; when even it has to go, its new events begin it again.
   */
  #makeRoom(fresh: ReadonlyMap<string, ReadonlyMap<string, EventRecord>>): void {
    let needed = 0;
    let growth = 0;
    for (const [traceId, events] of fresh) {
      needed += StoredTrace.bytesNeeded(events.values());
      growth += this.#traces.get(traceId)?.log.growthBytes ?? 0;
    }
    if (needed > this.#maxBytes) {
      const message =
        `the events take ${needed} bytes, more than the memory for all events ` +
        `(storage.memory.max_bytes is ${this.#maxBytes})`;
      throw new RacewayError('too_large', message);
    }
    if (this.#fits(needed + growth)) return;
    for (const traceId of fresh.keys()) this.#touch(traceId);
    for (const trace of this.#traces.values()) {
      if (this.#fits(needed + growth)) return;
      this.#evictedTraces += 1;
      this.#evictedEvents += trace.log.count;
      this.#remove(trace);
      this.derived.forget(trace.summary.traceId);
    }
  }

  #fits(bytes: number): boolean {
    return this.#bytes + this.derived.bytes + bytes <= this.#maxBytes;
  }

  #appendToTrace(traceId: string, events: EventRecord[], receivedNs: bigint): void {
    const known = this.#traces.get(traceId);
    const trace = known ?? new StoredTrace(events, receivedNs);
    if (known === undefined) this.#traces.set(traceId, trace);
    else {
      this.#touch(traceId);
      this.#withdraw(trace);
      trace.append(events, receivedNs);
    }
    this.#list.add(trace);
    this.derived.eventsChanged(traceId, trace.log.count);
    this.#bytes += trace.bytes;
    this.#eventCount += trace.log.count;
    for (const [name, eventCount] of trace.log.services()) this.#count(name, eventCount, 1);
  }

  #touch(traceId: string): void {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return;
    this.#traces.delete(traceId);
    this.#traces.set(traceId, trace);
  }

  #remove(trace: StoredTrace): void {
    this.#traces.delete(trace.summary.traceId);
    this.#withdraw(trace);
    this.#readingOrder.forget(trace.log);
  }

  /** Takes a trace out of everything that is counted or sorted. */
  #withdraw(trace: StoredTrace): void {
    this.#list.delete(trace);
    this.#bytes -= trace.bytes;
    this.#eventCount -= trace.log.count;
    for (const [name, eventCount] of trace.log.services()) this.#count(name, -eventCount, -1);
  }

  #count(service: string, eventCount: number, traceCount: number): void {
    if (service === '') return;
    const totals = this.#services.get(service) ?? { eventCount: 0, traceCount: 0 };
    totals.eventCount += eventCount;
    totals.traceCount += traceCount;
    if (totals.traceCount === 0) this.#services.delete(service);
    else this.#services.set(service, totals);
  }
}

import type { StorageStatistics } from '../../storage.ts';
import type { StoredTrace } from './stored-trace.ts';

/** The part of an equal share of the memory that no other service takes from one. */
const LEAST_SHARE = 1 / 2;
/** Services that have such a share; among more, each would be too small to be of use. */
const SHARED_SERVICES_MAX = 128;
/** Services whose evictions are told apart; what comes after them is counted together. */
const COUNTED_SERVICES_MAX = 100;
/** Characters of the name of a service that are shown. */
const SERVICE_CHARACTERS = 64;

/** What was given up for room. */
export type Evictions = Pick<
  StorageStatistics,
  'evictedTraces' | 'evictedEvents' | 'evictedServices'
>;

/** Traces of one service, written least recently first. */
interface Queue {
  readonly traces: Set<StoredTrace>;
  bytes: number;
}

/**
 * In which order traces make room. A trace is of the service that sent its first event. Among the
 * services that have more than their least share, the trace goes that was written least recently: one
 * noisy service does not push out what others keep.
 */
export class EvictionOrder {
  readonly #bytesMax: number;
  readonly #queues = new Map<string, Queue>();
  /** All traces, written least recently first. */
  readonly #all = new Set<StoredTrace>();
  /** Counts writes, so that the first of two queues can be compared. */
  #writes = 0;
  readonly #evicted = new Map<string, { traces: number; events: number }>();

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** What was given up since the start. */
  get evicted(): Evictions {
    const evictedServices = [...this.#evicted].map(([service, counts]) => ({ service, ...counts }));
    return {
      evictedTraces: evictedServices.reduce((sum, { traces }) => sum + traces, 0),
      evictedEvents: evictedServices.reduce((sum, { events }) => sum + events, 0),
      evictedServices,
    };
  }

  /** Puts a trace that is written behind all others. */
  touch(trace: StoredTrace | null): void {
    if (trace === null) return;
    const { traces } = this.#queueOf(trace);
    for (const order of [traces, this.#all]) {
      order.delete(trace);
      order.add(trace);
    }
    this.#writes += 1;
    trace.orderedAt = this.#writes;
  }

  /** Counts bytes that a trace takes more, or less. */
  grow(trace: StoredTrace, bytes: number): void {
    this.#queueOf(trace).bytes += bytes;
  }

  forget(trace: StoredTrace): void {
    const { traces } = this.#queueOf(trace);
    traces.delete(trace);
    this.#all.delete(trace);
    if (traces.size === 0) this.#queues.delete(trace.service);
  }

  /**
   * The trace that is to go next; null when there is none.
   *
   * @param pinned traces that stay; few, as each that stands in front is passed over every time
   */
  next(pinned: ReadonlyMap<string, unknown>): StoredTrace | null {
    const oldest = firstOf(this.#all, pinned);
    if (this.#queues.size > SHARED_SERVICES_MAX) return oldest;
    const leastBytes = (this.#bytesMax * LEAST_SHARE) / this.#queues.size;
    let found: StoredTrace | null = null;
    for (const { traces, bytes } of this.#queues.values()) {
      const first = bytes <= leastBytes ? null : firstOf(traces, pinned);
      if (first === null) continue;
      if (found === null || first.orderedAt < found.orderedAt) found = first;
    }
    return found ?? oldest;
  }

  /** Counts a trace that was given up. */
  countEvicted({ service, log }: StoredTrace): void {
    const name = service.slice(0, SERVICE_CHARACTERS).toWellFormed();
    const isCounted = this.#evicted.has(name) || this.#evicted.size < COUNTED_SERVICES_MAX;
    const key = isCounted ? name : '(others)';
    const counts = this.#evicted.get(key) ?? { traces: 0, events: 0 };
    this.#evicted.set(key, { traces: counts.traces + 1, events: counts.events + log.count });
  }

  clear(): void {
    this.#queues.clear();
    this.#all.clear();
  }

  #queueOf({ service }: StoredTrace): Queue {
    let queue = this.#queues.get(service);
    if (queue === undefined) {
      queue = { traces: new Set(), bytes: 0 };
      this.#queues.set(service, queue);
    }
    return queue;
  }
}

function firstOf(
  traces: Iterable<StoredTrace>,
  pinned: ReadonlyMap<string, unknown>,
): StoredTrace | null {
  for (const trace of traces) if (!pinned.has(trace.summary.traceId)) return trace;
  return null;
}

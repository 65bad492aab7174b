import type { TraceEvent } from '../../domain/event/event.ts';
import { budgets } from '../budgets.ts';
import type { Hold } from '../order/locks.ts';
import type { CausalOrder } from '../order/order.ts';
import type { Strand } from '../order/strands.ts';

/**
 * A lock that did not exclude: two strands of one instance held it exclusively at the same time.
 * Either a lease ran out, or two locks share a name, or a release was reported too late. Members
 * are wire names.
 */
export interface LockOverlap {
  readonly lock: string;
  readonly service: string;
  readonly instance: string;
  readonly overlap_ms: number;
  /** The one that began first, first. */
  readonly holds: readonly [OverlappingHold, OverlappingHold];
}

export interface OverlappingHold {
  readonly trace_id: string;
  readonly thread: string;
  /** Event from which on the lock was held. */
  readonly from_event_id: string;
  readonly from: string;
  /** The release. */
  readonly until_event_id: string;
  readonly until: string;
}

export interface LockOverlaps {
  /** Longest first, at most {@link budgets.lockOverlaps}. */
  readonly overlaps: readonly LockOverlap[];
  /** Holds that began while another strand had the lock, listed or not. */
  readonly count: number;
}

/** Two events a millisecond apart may have happened the other way round: SDK clocks jitter. */
const TOLERANCE_NS = 1_000_000n;

/** A hold that was given up, in time. */
interface Interval {
  readonly hold: Hold;
  readonly start: bigint;
  readonly end: bigint;
}

interface Overlap {
  readonly first: Interval;
  readonly second: Interval;
  readonly ns: bigint;
}

/**
 * For every exclusive hold, finds the hold that overlaps it longest among those that began before
 * it. Holds without a release have no end in time and are left out. O(n log n).
 */
export function findLockOverlaps(order: CausalOrder): LockOverlaps {
  const found: Overlap[] = [];
  for (const intervals of intervalsByLock(order).values()) {
    intervals.sort((a, b) => compareNs(a.start, b.start) || a.hold.from - b.hold.from);
    const latest = new LatestEnds();
    for (const second of intervals) {
      const first = latest.ofOther(second.hold.strand);
      latest.note(second);
      if (first === null) continue;
      const ns = (first.end < second.end ? first.end : second.end) - second.start;
      if (ns > TOLERANCE_NS) found.push({ first, second, ns });
    }
  }
  found.sort((a, b) => compareNs(b.ns, a.ns) || a.second.hold.from - b.second.hold.from);
  return {
    overlaps: found.slice(0, budgets.lockOverlaps).map((overlap) => describe(order, overlap)),
    count: found.length,
  };
}

/** Exclusive holds whose both ends are read from one clock, by lock and instance. */
function intervalsByLock(order: CausalOrder): ReadonlyMap<string, Interval[]> {
  const lists = new Map<string, Interval[]>();
  for (const hold of order.locks.holds) {
    if (!hold.exclusive || hold.released < 0) continue;
    const { service, instance } = order.strands[hold.strand] as Strand;
    const { metadata, timestampNs: end } = order.events[hold.released] as TraceEvent;
    if (instance === null) continue;
    if (metadata.service_name !== service || metadata.instance_id !== instance) continue;
    const { timestampNs: start } = order.events[hold.from] as TraceEvent;
    const key = JSON.stringify([hold.lock, service, instance]);
    const list = lists.get(key);
    if (list === undefined) lists.set(key, [{ hold, start, end }]);
    else list.push({ hold, start, end });
  }
  return lists;
}

function describe(order: CausalOrder, { first, second, ns }: Overlap): LockOverlap {
  const { service, instance } = order.strands[second.hold.strand] as Strand;
  return {
    lock: order.locks.names[second.hold.lock] as string,
    service,
    instance: instance ?? '',
    overlap_ms: Number(ns / 1000n) / 1000,
    holds: [describeHold(order, first.hold), describeHold(order, second.hold)],
  };
}

function describeHold(order: CausalOrder, { from, released }: Hold): OverlappingHold {
  const taken = order.events[from] as TraceEvent;
  const given = order.events[released] as TraceEvent;
  return {
    trace_id: taken.traceId,
    thread: taken.metadata.thread_id,
    from_event_id: taken.id,
    from: taken.timestamp,
    until_event_id: given.id,
    until: given.timestamp,
  };
}

/** The intervals that end last: of all strands, and of all strands but that one. */
class LatestEnds {
  #last: Interval | null = null;
  #lastOther: Interval | null = null;

  note(interval: Interval): void {
    const { strand } = interval.hold;
    if (this.#last === null || interval.end > this.#last.end) {
      if (this.#last !== null && this.#last.hold.strand !== strand) this.#lastOther = this.#last;
      this.#last = interval;
    } else if (strand !== this.#last.hold.strand) {
      if (this.#lastOther === null || interval.end > this.#lastOther.end) {
        this.#lastOther = interval;
      }
    }
  }

  ofOther(strand: number): Interval | null {
    return this.#last?.hold.strand === strand ? this.#lastOther : this.#last;
  }
}

function compareNs(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import { budgets } from '../analysis/budgets.ts';
import type { Footprint } from '../domain/footprint.ts';
import type { Neighbour } from '../storage/derived.ts';
import type { Storage } from '../storage/storage.ts';

/** A trace's footprints, and those of the traces that it is compared with. */
export interface Comparison {
  readonly target: readonly Footprint[];
  readonly others: readonly Footprint[];
  /** Other traces whose findings may change when this one does. */
  readonly meets: readonly string[];
}

/**
 * Loads comparisons of traces that were claimed together. Traces that use one row have the same
 * neighbours: what was read of a trace after the claims is not read again for the next one.
 */
export class ComparisonLoader {
  readonly #storage: Storage;
  #known = new Map<string, Footprint[]>();

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  /** Drops what was read, before it becomes too much. */
  forget(): void {
    this.#known = new Map();
  }

  /**
   * Reads what a trace is compared with: per variable the nearest traces on either side, as far as
   * they overlap it in time or overlap one that does (a third one may have written in between); and
   * with a transaction all transactions around it that shared variables connect it with, up to a
   * window.
   */
  async load(traceId: string): Promise<Comparison> {
    const target = await this.#footprints([traceId]);
    const met = relevant(target, await neighboursOf(this.#storage, target));
    const ids = new Set(met);
    let others = await this.#footprints([...ids]);
    if (target.some(({ transaction }) => transaction !== null)) {
      others = await this.#withConnected(traceId, ids, others);
    }
    return { target, others, meets: [...ids].sort() };
  }

  async #footprints(traceIds: readonly string[]): Promise<readonly Footprint[]> {
    const unknown = traceIds.filter((traceId) => !this.#known.has(traceId));
    for (const traceId of unknown) this.#known.set(traceId, []);
    for (const footprint of await this.#storage.derived.footprints(unknown)) {
      this.#known.get(footprint.traceId)?.push(footprint);
    }
    return traceIds.flatMap((traceId) => this.#known.get(traceId) ?? []);
  }

  /** Adds transactions that are connected by a chain of shared variables, breadth first. */
  async #withConnected(
    traceId: string,
    ids: Set<string>,
    direct: readonly Footprint[],
  ): Promise<readonly Footprint[]> {
    const all = [...direct];
    const seen = new Set<string>();
    let edge = direct;
    while (edge.length > 0 && ids.size < budgets.cycleTraces) {
      const fresh = edge.filter(({ variable, transaction }) => {
        const isNew = transaction !== null && !seen.has(variable);
        if (isNew) seen.add(variable);
        return isNew;
      });
      const found = new Set<string>();
      for (const { traceId: id, isTransaction } of await neighboursOf(this.#storage, fresh)) {
        if (isTransaction && id !== traceId && !ids.has(id)) found.add(id);
      }
      const added = [...found].sort().slice(0, budgets.cycleTraces - ids.size);
      for (const id of added) ids.add(id);
      edge = await this.#footprints(added);
      all.push(...edge);
    }
    return all;
  }
}

function neighboursOf(storage: Storage, footprints: readonly Footprint[]) {
  const places = footprints.map(({ variable, firstNs, traceId }) => ({
    variable,
    firstNs: BigInt(firstNs),
    traceId,
  }));
  const { neighboursBefore, neighboursAfter } = budgets;
  return storage.derived.neighbours(places, neighboursBefore, neighboursAfter);
}

/** Ids of the neighbours that count: transactions, and requests near enough in time. */
function relevant(
  target: readonly Footprint[],
  neighbours: readonly Neighbour[],
): ReadonlySet<string> {
  const chosen = new Set<string>();
  for (const { variable, firstNs, lastNs } of target) {
    const there = neighbours.filter((neighbour) => neighbour.variable === variable);
    const first = BigInt(firstNs);
    const last = BigInt(lastNs);
    const overlapping = there.filter((other) => other.lastNs >= first && other.firstNs <= last);
    const from = overlapping.reduce(
      (least, other) => (other.firstNs < least ? other.firstNs : least),
      first,
    );
    const to = overlapping.reduce(
      (most, other) => (other.lastNs > most ? other.lastNs : most),
      last,
    );
    for (const other of there) {
      const isNear = overlapping.length > 0 && other.lastNs >= from && other.firstNs <= to;
      if (isNear || other.isTransaction) chosen.add(other.traceId);
    }
  }
  return chosen;
}

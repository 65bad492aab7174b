import { budgets } from '../analysis/budgets.ts';
import type { Footprint, FootprintTransaction } from '../domain/footprint.ts';
import type { RecordLimit } from '../domain/trace-record.ts';
import type { Storage } from '../storage/storage.ts';
import { isCycleWindowFull, neighbourhoodOf, overlap } from './neighbourhood.ts';

/** A trace's footprints, and those of the traces that it is compared with. */
export interface Comparison {
  readonly target: readonly Footprint[];
  readonly others: readonly Footprint[];
  /** The budget that kept traces out which may count too. */
  readonly truncatedBy: RecordLimit | null;
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
   * Reads what a trace is compared with. Per variable these are the nearest traces on either side
   * that overlap it in time, or that overlap one which does (a third trace may have written in
   * between). For a transaction these are also the transactions around it that shared variables
   * connect with it, up to a budget.
   */
  async load(traceId: string): Promise<Comparison> {
    const target = await this.#footprints([traceId]);
    const near = neighbourhoodOf(target, await neighboursOf(this.#storage, target));
    const ids = new Set(near.traceIds);
    const direct = await this.#footprints([...ids]);
    const transaction = target.find((footprint) => footprint.transaction !== null)?.transaction;
    const { others, isTruncated } =
      transaction == null
        ? { others: direct, isTruncated: false }
        : await this.#withConnected(traceId, transaction, ids, direct);
    const truncatedBy = near.truncatedBy ?? (isTruncated ? 'cycle_traces' : null);
    return { target, others, truncatedBy, meets: [...ids].sort() };
  }

  async #footprints(traceIds: readonly string[]): Promise<readonly Footprint[]> {
    const unknown = traceIds.filter((traceId) => !this.#known.has(traceId));
    for (const traceId of unknown) this.#known.set(traceId, []);
    for (const footprint of await this.#storage.derived.footprints(unknown)) {
      this.#known.get(footprint.traceId)?.push(footprint);
    }
    return traceIds.flatMap((traceId) => this.#known.get(traceId) ?? []);
  }

  /**
   * Adds transactions that are connected by a chain of shared variables, breadth first. Cut when some
   * that were under way at the same time did not fit.
   */
  async #withConnected(
    traceId: string,
    { beginNs, endNs }: FootprintTransaction,
    ids: Set<string>,
    direct: readonly Footprint[],
  ): Promise<{ readonly others: readonly Footprint[]; readonly isTruncated: boolean }> {
    const own = { firstNs: BigInt(beginNs), lastNs: BigInt(endNs) };
    const others = [...direct];
    const seen = new Set<string>();
    let isTruncated = false;
    let edge = direct;
    while (edge.length > 0 && ids.size < budgets.cycleTraces) {
      const fresh = edge.filter(({ variable, transaction }) => {
        const isNew = transaction !== null && !seen.has(variable);
        if (isNew) seen.add(variable);
        return isNew;
      });
      const found = new Map<string, boolean>();
      for (const neighbour of await neighboursOf(this.#storage, fresh)) {
        const { traceId: id, isTransaction } = neighbour;
        if (!isTransaction || id === traceId || ids.has(id)) continue;
        found.set(id, found.get(id) === true || overlap(neighbour, own));
      }
      const sorted = [...found.keys()].sort();
      const added = sorted.splice(0, budgets.cycleTraces - ids.size);
      isTruncated ||= sorted.some((id) => found.get(id) === true);
      for (const id of added) ids.add(id);
      edge = await this.#footprints(added);
      others.push(...edge);
    }
    return { others, isTruncated: isTruncated || isCycleWindowFull(own, others) };
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

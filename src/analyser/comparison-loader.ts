import { overlap, type Window } from '../analysis/across/history/timeline.ts';
import { budgets } from '../analysis/budgets.ts';
import type { Footprint, FootprintTransaction } from '../domain/findings/footprint.ts';
import { type Cut, keptCuts } from '../domain/trace/trace-record.ts';
import type { ClaimedComparison, Encounter, Neighbour } from '../storage/derived.ts';
import type { Storage } from '../storage/storage.ts';
import type { ComparisonTarget, ComparisonWork } from '../worker/worker-task.ts';
import { type Nearby, nearbyOf } from './nearby.ts';
import { isCycleWindowFull } from './neighbourhood.ts';

/** Traces to compare, with what they are compared with. */
export interface LoadedComparison extends ComparisonWork {
  /** Traces that met no other: there is nothing to compare them with. */
  readonly lone: readonly ComparisonTarget[];
  /** Traces whose findings may change with those of the targets. */
  readonly met: readonly Encounter[];
}

/** Traces that so very many others met that they are better compared all together. */
export interface Crowd {
  /** On which they met. */
  readonly variables: readonly string[];
  readonly claims: readonly ClaimedComparison[];
}

/**
 * Loads what claimed traces are compared with. Those that use one variable have the same neighbours:
 * it is read once for all of them, as far as it is near one of them. A transaction is loaded by
 * itself, with the transactions that a chain of shared variables connects it with.
 */
export class ComparisonLoader {
  readonly #storage: Storage;
  readonly #companyMax: number;
  readonly #known = new Map<string, Footprint[]>();
  readonly #crowdedVariables = new Set<string>();
  readonly #crowded = new Set<string>();

  /** @param companyMax with more traces to be compared with on one variable, a trace is left to the crowd */
  constructor(storage: Storage, companyMax: number) {
    this.#storage = storage;
    this.#companyMax = companyMax;
  }

  /** One comparison for all traces that are no transactions, and one for each that is; without the crowd. */
  async load(
    claims: readonly ClaimedComparison[],
  ): Promise<{ readonly loaded: readonly LoadedComparison[]; readonly crowd: Crowd }> {
    await this.#footprints(claims.map(({ traceId }) => traceId));
    const plain: ClaimedComparison[] = [];
    const loaded: LoadedComparison[] = [];
    for (const claim of claims) {
      const own = this.#known.get(claim.traceId) ?? [];
      const transaction = own.find((footprint) => footprint.transaction !== null)?.transaction;
      if (transaction == null) plain.push(claim);
      else {
        const one = await this.#loadTransaction(claim, own, transaction);
        if (one !== null) loaded.push(one);
      }
    }
    if (plain.length > 0) loaded.unshift(await this.#loadTogether(plain));
    return {
      loaded,
      crowd: {
        variables: [...this.#crowdedVariables],
        claims: claims.filter(({ traceId }) => this.#crowded.has(traceId)),
      },
    };
  }

  async #loadTogether(claims: readonly ClaimedComparison[]): Promise<LoadedComparison> {
    const targets = claims.flatMap(({ traceId }) => this.#known.get(traceId) ?? []);
    const nearby = this.#withoutCrowd(await nearbyOf(this.#storage, targets));
    const changed = new Set(claims.filter(({ spreads }) => spreads).map(({ traceId }) => traceId));
    const cuts = new Map<string, Cut[]>();
    const met: Encounter[] = [];
    const ids = new Set<string>();
    for (const { own, near } of nearby) {
      if (near.traceIds.size > 0) for (const { traceId } of own) ids.add(traceId);
      for (const traceId of near.traceIds) ids.add(traceId);
      const changedIds = own.map(({ traceId }) => traceId).filter((id) => changed.has(id));
      if (changedIds.length > 0 && near.traceIds.size > 0) {
        met.push({ changedIds, traceIds: [...near.traceIds].sort() });
      }
      for (const { traceId, variable } of own) {
        if (near.truncatedBy === null) break;
        const known = cuts.get(traceId) ?? [];
        cuts.set(traceId, [...known, { limit: near.truncatedBy, variable }]);
      }
    }
    const all = claims
      .filter(({ traceId }) => !this.#crowded.has(traceId))
      .map(({ traceId, mark }) => ({ traceId, mark, cuts: keptCuts(cuts.get(traceId) ?? []) }));
    return {
      targets: all.filter(({ traceId }) => ids.has(traceId)),
      lone: all.filter(({ traceId }) => !ids.has(traceId)),
      footprints: await this.#footprints([...ids]),
      met,
    };
  }

  async #loadTransaction(
    { traceId, mark, spreads }: ClaimedComparison,
    own: readonly Footprint[],
    { beginNs, endNs }: FootprintTransaction,
  ): Promise<LoadedComparison | null> {
    const window: Window = [BigInt(beginNs), BigInt(endNs)];
    const ids = new Set<string>();
    const cuts: Cut[] = [];
    const nearby = await nearbyOf(this.#storage, own);
    if (this.#withoutCrowd(nearby).length < nearby.length) return null;
    for (const { own: targets, near } of nearby) {
      const [variable, limit] = [targets[0]?.variable ?? null, near.truncatedBy];
      if (limit !== null) cuts.push({ limit, variable });
      for (const id of near.traceIds) ids.add(id);
    }
    for (const { traceId: id, isTransaction } of await this.#around(own)) {
      if (isTransaction) ids.add(id);
    }
    ids.delete(traceId);
    const direct = await this.#footprints([...ids]);
    const { others, isTruncated } = await this.#withConnected(traceId, window, ids, direct);
    if (isTruncated) cuts.push({ limit: 'cycle_traces', variable: null });
    const target: ComparisonTarget = { traceId, mark, cuts: keptCuts(cuts) };
    const met = spreads ? [{ changedIds: [traceId], traceIds: [...ids].sort() }] : [];
    return { targets: [target], lone: [], footprints: [...own, ...others], met };
  }

  /** Notes which traces are left to the crowd, and leaves them out. */
  #withoutCrowd(nearby: readonly Nearby<Footprint>[]): readonly Nearby<Footprint>[] {
    for (const { own, near } of nearby) {
      if (near.widest <= this.#companyMax) continue;
      for (const { traceId, variable } of own) {
        this.#crowded.add(traceId);
        this.#crowdedVariables.add(variable);
      }
    }
    if (this.#crowded.size === 0) return nearby;
    return nearby
      .map(({ own, near }) => ({
        own: own.filter(({ traceId }) => !this.#crowded.has(traceId)),
        near,
      }))
      .filter(({ own }) => own.length > 0);
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
    own: Window,
    ids: Set<string>,
    direct: readonly Footprint[],
  ): Promise<{ readonly others: readonly Footprint[]; readonly isTruncated: boolean }> {
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
      for (const { traceId: id, isTransaction, firstNs, lastNs } of await this.#around(fresh)) {
        if (!isTransaction || id === traceId || ids.has(id)) continue;
        found.set(id, found.get(id) === true || overlap([firstNs, lastNs], own));
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

  #around(footprints: readonly Footprint[]): Promise<readonly Neighbour[]> {
    const places = footprints.map(({ variable, firstNs, traceId }) => ({
      variable,
      firstNs: BigInt(firstNs),
      traceId,
    }));
    const { neighboursAtFirst } = budgets;
    return this.#storage.derived.neighbours(places, neighboursAtFirst, neighboursAtFirst);
  }
}

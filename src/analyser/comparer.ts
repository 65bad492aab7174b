import type { ComparisonRecord } from '../domain/trace/trace-record.ts';
import { isAway } from '../storage/away.ts';
import type { ClaimedComparison, Encounter } from '../storage/derived.ts';
import type { Storage } from '../storage/storage.ts';
import type { ComparisonWork } from '../worker/worker-task.ts';
import type { WorkerThread } from '../worker/worker-thread.ts';
import { ComparisonLoader, type LoadedComparison } from './comparison-loader.ts';

/** What is left of a comparison that found nothing. */
const nothing = { findings: [], subjects: [] };

/** Compares claimed traces with those that they met, and stores what that shows. */
export class Comparer {
  readonly #storage: Storage;
  readonly #thread: WorkerThread;
  readonly #claimant: string;
  readonly #isBusy: () => boolean;
  readonly #refuse: (error: unknown) => void;
  #widest = 0;

  /**
   * @param isBusy whether events come in, which wait for long work on the main thread
   * @param refuse is told why a trace cannot be compared; throws an error that is no trace's
   */
  constructor(
    storage: Storage,
    thread: WorkerThread,
    claimant: string,
    isBusy: () => boolean,
    refuse: (error: unknown) => void,
  ) {
    this.#storage = storage;
    this.#thread = thread;
    this.#claimant = claimant;
    this.#isBusy = isBusy;
    this.#refuse = refuse;
  }

  /**
   * Footprints that the last comparison of several traces needed. Where they are many more than the
   * traces, these share a variable with many others, and it is better to compare more at once.
   */
  get widest(): number {
    return this.#widest;
  }

  /** Loads the claimed traces together, and records for each what was found. */
  async compare(claims: readonly ClaimedComparison[]): Promise<void> {
    this.#widest = 0;
    for (const loaded of await new ComparisonLoader(this.#storage).load(claims)) {
      if (loaded.targets.length > 1) this.#widest = loaded.footprints.length;
      await this.#record(loaded);
    }
  }

  /** A comparison that cannot be made or stored leaves nothing, and keeps no other waiting. */
  async #record({ targets, lone, footprints, met }: LoadedComparison): Promise<void> {
    try {
      const records = await this.#recordsOf({ targets, footprints });
      const all = [...records, ...lone.map((target) => ({ ...target, ...nothing }))];
      await this.#storage.derived.recordComparisons(this.#claimant, all, met);
    } catch (error) {
      const all = [...targets, ...lone];
      if (all.length > 1 && !isAway(error)) {
        for (const target of targets) {
          await this.#record({ targets: [target], lone: [], footprints, met });
        }
        for (const target of lone) {
          await this.#record({ targets: [], lone: [target], footprints: [], met });
        }
        return;
      }
      this.#refuse(error);
      for (const { traceId, mark } of all) await this.recordNothing(traceId, mark, met);
    }
  }

  async #recordsOf(work: ComparisonWork): Promise<readonly ComparisonRecord[]> {
    if (work.targets.length === 0) return [];
    return this.#thread.run({ kind: 'comparisons', comparisons: [work] }, this.#isBusy());
  }

  /** Stores that a trace was compared without a result. */
  async recordNothing(traceId: string, mark: number, met: readonly Encounter[]): Promise<void> {
    const record = { traceId, mark, cuts: [], ...nothing };
    await this.#storage.derived.recordComparisons(this.#claimant, [record], met);
  }
}

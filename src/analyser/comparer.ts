import type { ComparisonRecord } from '../domain/trace/trace-record.ts';
import { isAway } from '../storage/away.ts';
import type { ClaimedComparison, Encounter } from '../storage/derived.ts';
import type { Storage } from '../storage/storage.ts';
import type { AnalysisThreads } from '../worker/analysis-threads.ts';
import type { ComparisonWork } from '../worker/worker-task.ts';
import type { WorkerThread } from '../worker/worker-thread.ts';
import { ComparisonLoader, type Crowd, type LoadedComparison } from './comparison-loader.ts';

/**
 * Traces with which one is compared because of one variable, beyond which it is one of a crowd: to compare
 * few of these at a time reads all of it each time, and takes seconds in all.
 */
const COMPANY_MAX = 256;

/** What is left of a comparison that found nothing. */
const nothing = { findings: [], subjects: [] };

/** Compares claimed traces with those that they met, and stores what that shows. */
export class Comparer {
  readonly #storage: Storage;
  readonly #threads: AnalysisThreads;
  readonly #claimant: string;
  readonly #isBusy: () => boolean;
  readonly #refuse: (error: unknown) => void;

  /**
   * @param isBusy whether events come in, which wait for long work on the main thread
   * @param refuse is told why a trace cannot be compared; throws an error that is no trace's
   */
  constructor(
    storage: Storage,
    threads: AnalysisThreads,
    claimant: string,
    isBusy: () => boolean,
    refuse: (error: unknown) => void,
  ) {
    this.#storage = storage;
    this.#threads = threads;
    this.#claimant = claimant;
    this.#isBusy = isBusy;
    this.#refuse = refuse;
  }

  /** Compares claimed traces, and records for each what was found; gives those that are one of a crowd. */
  async compare(claims: readonly ClaimedComparison[]): Promise<Crowd> {
    const { loaded, crowd } = await new ComparisonLoader(this.#storage, COMPANY_MAX).load(claims);
    for (const one of loaded) await this.#record(one, this.#threads.usual);
    return crowd;
  }

  /** Compares traces that very many others met, in the thread for what takes long. */
  async compareCrowd(claims: readonly ClaimedComparison[]): Promise<void> {
    const loader = new ComparisonLoader(this.#storage, Number.POSITIVE_INFINITY);
    const { loaded } = await loader.load(claims);
    for (const one of loaded) await this.#record(one, this.#threads.long);
  }

  /** A comparison that cannot be made or stored leaves nothing, and keeps no other waiting. */
  async #record(
    { targets, lone, footprints, met }: LoadedComparison,
    thread: WorkerThread,
  ): Promise<void> {
    try {
      const records = await this.#recordsOf({ targets, footprints }, thread);
      const all = [...records, ...lone.map((target) => ({ ...target, ...nothing }))];
      await this.#storage.derived.recordComparisons(this.#claimant, all, met);
    } catch (error) {
      const all = [...targets, ...lone];
      if (all.length > 1 && !isAway(error)) {
        for (const target of targets) {
          await this.#record({ targets: [target], lone: [], footprints, met }, thread);
        }
        for (const target of lone) {
          await this.#record({ targets: [], lone: [target], footprints: [], met }, thread);
        }
        return;
      }
      this.#refuse(error);
      for (const { traceId, mark } of all) await this.recordNothing(traceId, mark, met);
    }
  }

  async #recordsOf(
    work: ComparisonWork,
    thread: WorkerThread,
  ): Promise<readonly ComparisonRecord[]> {
    if (work.targets.length === 0) return [];
    return thread.run({ kind: 'comparisons', comparisons: [work] }, this.#isBusy());
  }

  /** Stores that a trace was compared without a result. */
  async recordNothing(traceId: string, mark: number, met: readonly Encounter[]): Promise<void> {
    const record = { traceId, mark, cuts: [], ...nothing };
    await this.#storage.derived.recordComparisons(this.#claimant, [record], met);
  }
}

import type { AnalysisRoom } from '../analysis/room.ts';
import type { AnalysisSwitches } from '../analysis/trace-work.ts';
import type { TraceRecord } from '../domain/trace/trace-record.ts';
import { isAway } from '../storage/away.ts';
import type { ClaimedTrace } from '../storage/derived.ts';
import type { Storage } from '../storage/storage.ts';
import type { AnalysisThreads } from '../worker/analysis-threads.ts';
import { eventCountOf, type TraceWork } from '../worker/worker-task.ts';
import { type LargeTask, ThreadEnded } from '../worker/worker-thread.ts';
import { type GroupLoading, type LoadedGroup, loadGroup } from './group-loader.ts';
import { compareAgain } from './nearby.ts';

/** Events sent to the analysis thread at once, unless one trace has more. */
const EVENTS_PER_TASK = 10_000;
/** The same in characters of their texts. */
const CHARACTERS_PER_TASK = 16 * 1024 * 1024;

export interface TraceAnalysisParts {
  readonly storage: Storage;
  readonly threads: AnalysisThreads;
  readonly switches: AnalysisSwitches;
  readonly room: AnalysisRoom;
  readonly claimant: string;
  /** Whether events come in, which wait for long work on the main thread. */
  readonly isBusy: () => boolean;
  readonly isClosed: () => boolean;
  /** Is told that a trace took the thread's memory. */
  readonly truncated: (error: unknown) => void;
  /** Is told why a trace of so many events could not be analysed. */
  readonly refused: (error: unknown, eventCount: number) => void;
}

/** A causal group has more events than are held together. */
class GroupIsLarge extends Error {}

/** Analyses claimed traces, each with its causal group, and stores what that shows. */
export class TraceAnalysis {
  readonly #parts: TraceAnalysisParts;

  constructor(parts: TraceAnalysisParts) {
    this.#parts = parts;
  }

  /** Analyses claimed traces; gives those that it leaves to {@link analyseLarge}. */
  async analyse(claims: readonly ClaimedTrace[]): Promise<readonly ClaimedTrace[]> {
    const large: ClaimedTrace[] = [];
    let batch: TraceWork[] = [];
    let events = 0;
    let characters = 0;
    for (const claim of claims) {
      const group = await this.#loadSmall(claim.traceId);
      if (group === null) {
        large.push(claim);
        continue;
      }
      const trace = workOf(group, claim);
      const isMuch =
        events + eventCountOf(trace) > EVENTS_PER_TASK ||
        characters + trace.characters > CHARACTERS_PER_TASK;
      if (events > 0 && isMuch) {
        await this.#record(batch, await this.#recordsOf(batch));
        batch = [];
        events = 0;
        characters = 0;
      }
      batch.push(trace);
      events += eventCountOf(trace);
      characters += trace.characters;
    }
    if (batch.length > 0) await this.#record(batch, await this.#recordsOf(batch));
    return large;
  }

  /** Analyses a trace whose group is large, in the thread for what takes long. */
  async analyseLarge(claim: ClaimedTrace): Promise<void> {
    const { threads, switches, isClosed } = this.#parts;
    const group = await loadGroup(
      this.#loading(() => threads.long.openLarge()),
      claim.traceId,
    );
    const { large } = group;
    const trace = workOf(group, claim);
    if (large === null) {
      await this.#record([trace], await this.#recordsOf([trace]));
      return;
    }
    try {
      await this.#record([trace], await large.run({ kind: 'records', traces: [trace], switches }));
    } catch (error) {
      if (isClosed() || !(error instanceof ThreadEnded)) throw error;
      await this.#record([trace], [this.#recordOfFailure(trace, error)]);
    } finally {
      large.close();
    }
  }

  /** Stores of a claimed trace that it could not be analysed. */
  async recordFailure(claim: ClaimedTrace, error: unknown): Promise<void> {
    const { storage, claimant } = this.#parts;
    await storage.derived.recordTraces(claimant, [this.#recordOfFailure(claim, error)]);
  }

  /** A trace with its group; null when these are too many events. */
  async #loadSmall(traceId: string): Promise<LoadedGroup | null> {
    try {
      return await loadGroup(
        this.#loading(async () => {
          throw new GroupIsLarge();
        }),
        traceId,
      );
    } catch (error) {
      if (error instanceof GroupIsLarge) return null;
      throw error;
    }
  }

  #loading(openLarge: () => Promise<LargeTask>): GroupLoading {
    const { storage, switches, room } = this.#parts;
    return { storage, joinsSpans: switches.spans, room, openLarge };
  }

  /** New spans, a new group, and places that a trace left concern others: they are looked at again. */
  async #record(batch: readonly TraceWork[], records: readonly TraceRecord[]): Promise<void> {
    const { storage, claimant } = this.#parts;
    const { derived } = storage;
    await this.#keep(records, batch, async (some) => {
      const regrouping = await derived.recordTraces(claimant, some);
      if (regrouping.spans.length > 0 || regrouping.traceIds.length > 0) {
        await derived.regroup(regrouping);
      }
      if (regrouping.left.length > 0) await compareAgain(storage, claimant, regrouping.left);
    });
  }

  /**
   * Stores records. When the storage refuses them, it stores one after the other, so that one
   * record keeps no other waiting. The refused one is stored as if its analysis had failed.
   */
  async #keep(
    records: readonly TraceRecord[],
    batch: readonly TraceWork[],
    store: (records: readonly TraceRecord[]) => Promise<void>,
  ): Promise<void> {
    const { isClosed } = this.#parts;
    try {
      await store(records);
    } catch (error) {
      if (isClosed() || isAway(error)) throw error;
      for (const [place, record] of records.entries()) {
        const work = batch[place] as TraceWork;
        await store([record]).catch((reason) => {
          if (isClosed() || isAway(reason)) throw reason;
          return store([this.#recordOfFailure(work, reason)]);
        });
      }
    }
  }

  async #recordsOf(traces: readonly TraceWork[]): Promise<readonly TraceRecord[]> {
    const { threads, switches, isBusy, isClosed } = this.#parts;
    try {
      return await threads.usual.run({ kind: 'records', traces, switches }, isBusy());
    } catch (error) {
      if (isClosed()) throw error;
      const [only, ...others] = traces;
      if (only !== undefined && others.length === 0) return [this.#recordOfFailure(only, error)];
      const records: TraceRecord[] = [];
      for (const trace of traces) records.push(...(await this.#recordsOf([trace])));
      return records;
    }
  }

  /** A trace that cannot be analysed leaves nothing; without this it would be tried for ever. */
  #recordOfFailure({ traceId, eventCount, mark }: ClaimedTrace, error: unknown): TraceRecord {
    const isTruncated = error instanceof ThreadEnded;
    if (isTruncated) this.#parts.truncated(error);
    else this.#parts.refused(error, eventCount);
    return {
      traceId,
      eventCount,
      mark,
      group: [traceId],
      ownSpans: [],
      missingSpans: [],
      footprints: [],
      findings: [],
      subjects: [],
      calls: [],
      environments: [],
      tags: [],
      cuts: isTruncated ? [{ limit: 'analysis_memory', variable: null }] : [],
    };
  }
}

function workOf({ large: _, traces: __, ...group }: LoadedGroup, claim: ClaimedTrace): TraceWork {
  return { ...group, ...claim };
}

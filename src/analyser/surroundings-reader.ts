import type { Surroundings, WitnessAccesses } from '../analysis/time/surroundings.ts';
import { Slots } from '../worker/slots.ts';
import { type LargeTask, ThreadEnded } from '../worker/worker-thread.ts';
import { isUpToDate, type MadeOfTraces } from './group-freshness.ts';
import { loadGroup } from './group-loader.ts';
import type { TraceReaderParts } from './trace-reader.ts';

/** What is around some accesses, and whether all of their causal group was looked at. */
export interface ReadSurroundings {
  /** Null: the accesses are not stored any more, or not in the part that was looked at. */
  readonly found: Surroundings | null;
  readonly isWhole: boolean;
}

/** Groups looked at at once; each holds its events. */
const READ_AT_ONCE = 2;
/** Sides of witnesses that are kept for who looks again: some ten kilobytes each. */
const KEPT_SIDES = 64;

/** Reads what is around the accesses of witnesses, and keeps it while their traces do not change. */
export class SurroundingsReader {
  readonly #parts: TraceReaderParts;
  readonly #slots = new Slots(READ_AT_ONCE);
  readonly #kept = new Map<string, ReadSurroundings & MadeOfTraces>();

  constructor(parts: TraceReaderParts) {
    this.#parts = parts;
  }

  async read(accesses: WitnessAccesses): Promise<ReadSurroundings> {
    const key = JSON.stringify([accesses.traceId, accesses.eventIds]);
    const kept = this.#kept.get(key);
    this.#kept.delete(key);
    const isKept = kept !== undefined && (await isUpToDate(this.#parts.storage, kept));
    const made = isKept ? kept : await this.#make(accesses);
    this.#kept.set(key, made);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= KEPT_SIDES) break;
      this.#kept.delete(oldest);
    }
    return { found: made.found, isWhole: made.isWhole };
  }

  async #make(accesses: WitnessAccesses): Promise<ReadSurroundings & MadeOfTraces> {
    const { storage, threads, switches, room, truncated } = this.#parts;
    const endTurn = await this.#slots.take();
    let large: LargeTask | null = null;
    try {
      const openLarge = () => {
        endTurn();
        return threads.long.openLarge();
      };
      const loading = { storage, joinsSpans: switches.spans, room, openLarge };
      const group = await loadGroup(loading, accesses.traceId);
      ({ large } = group);
      const { large: _, traces, ...trace } = group;
      const isWhole = group.truncatedBy === null && !group.leavesTracesOut;
      const task = { kind: 'surroundings', trace, switches, accesses } as const;
      try {
        const found = await (large === null ? threads.usual.run(task, false) : large.run(task));
        return { found, traces, isWhole };
      } catch (error) {
        if (!(error instanceof ThreadEnded)) throw error;
        truncated(error);
        return { found: null, traces, isWhole: false };
      }
    } finally {
      large?.close();
      endTurn();
    }
  }
}

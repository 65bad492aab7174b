import { budgets } from '../analysis/budgets.ts';
import type { AnalysisRoom } from '../analysis/room.ts';
import type { TraceReport } from '../analysis/trace-report.ts';
import type { AnalysisSwitches } from '../analysis/trace-work.ts';
import { type Issue, type NamedRaces, namedRaces } from '../domain/findings/issue.ts';
import type { Storage } from '../storage/storage.ts';
import type { AnalysisThreads } from '../worker/analysis-threads.ts';
import { Slots } from '../worker/slots.ts';
import { type LargeTask, ThreadEnded } from '../worker/worker-thread.ts';
import { isUpToDate } from './group-freshness.ts';
import { type GroupLoading, type LoadedGroup, loadGroup } from './group-loader.ts';
import { type KeptReport, ReportCache } from './report-cache.ts';

/** Reports of small traces made at once; each holds the events of a causal group. */
const REPORTS_AT_ONCE = 2;
/** A trace that took the thread's memory is tried once more with so much less of it. */
const SECOND_TRY_SHARE = 1 / 16;

/** A trace as it was read at one moment: what analysis shows of it. */
export interface TraceReading {
  readonly report: TraceReport;
  /** Those that a trace of the group takes part in, as lists of races show them, each with their best witness. */
  readonly issues: readonly Issue[];
}

export interface TraceReaderParts {
  readonly storage: Storage;
  readonly threads: AnalysisThreads;
  readonly switches: AnalysisSwitches;
  readonly room: AnalysisRoom;
  /** Is told that a trace took the thread's memory. */
  readonly truncated: (error: unknown) => void;
}

/** Reads traces for those who look at them, with the analysis that was kept or is made now. */
export class TraceReader {
  readonly #parts: TraceReaderParts;
  readonly #slots = new Slots(REPORTS_AT_ONCE);
  /** Readings in the making, by revision and trace. */
  readonly #pending = new Map<string, Promise<TraceReading>>();
  /** Those that were cut for want of memory too: what took it is not tried by each reader. */
  readonly #kept: ReportCache;

  constructor(parts: TraceReaderParts) {
    this.#parts = parts;
    this.#kept = new ReportCache(parts.room.keptReportBytes);
  }

  /** Everything about one trace; null when it is unknown. Asked for twice at once, it is done once. */
  async read(traceId: string): Promise<TraceReading | null> {
    const { storage } = this.#parts;
    const revision = (await storage.revisions([traceId])).get(traceId);
    if (revision === undefined) return null;
    const key = `${revision} ${traceId}`;
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      const shared = await pending;
      if (await this.#isStored(shared.report.traceIds)) return shared;
    }
    const reading = this.#makeReading(traceId);
    this.#pending.set(key, reading);
    try {
      return await reading;
    } finally {
      if (this.#pending.get(key) === reading) this.#pending.delete(key);
    }
  }

  /** A report holds values of its whole group: it goes when one of these traces was erased. */
  async #isStored(traceIds: readonly string[]): Promise<boolean> {
    return (await this.#parts.storage.revisions(traceIds)).size === traceIds.length;
  }

  async #makeReading(traceId: string): Promise<TraceReading> {
    const kept = this.#kept.get(traceId);
    if (kept !== null && (await isUpToDate(this.#parts.storage, kept))) {
      const { issues, text } = await this.#racesOf(kept.traces);
      if (text === kept.racesText) return { report: kept.report, issues };
    }
    this.#kept.forget(traceId);
    const { issues, ...made } = await this.#makeReport(traceId, this.#parts.room);
    this.#kept.keep(traceId, made);
    return { report: made.report, issues };
  }

  /** The issues that traces which were read take part in. */
  async #racesOf(traces: KeptReport['traces']) {
    const stored = [...traces].filter(([, { revision }]) => revision !== null);
    const { derived } = this.#parts.storage;
    const issues = await derived.issuesOfTraces(
      stored.map(([traceId]) => traceId),
      budgets.traceIssues,
    );
    const named = namedRaces(issues);
    return { issues, named, text: JSON.stringify([[...named.byEvent], named.explanations]) };
  }

  /** A trace that takes the thread's memory is cut: its beginning is analysed, else nothing of it. */
  async #makeReport(
    traceId: string,
    room: AnalysisRoom,
  ): Promise<KeptReport & Pick<TraceReading, 'issues'>> {
    const { truncated } = this.#parts;
    const isSecondTry = room !== this.#parts.room;
    const endTurn = await this.#slots.take();
    let large: LargeTask | null = null;
    try {
      const group = await loadGroup(this.#loading(room, endTurn), traceId);
      ({ large } = group);
      const { traces } = group;
      const { issues, named, text } = await this.#racesOf(traces);
      const isWhole = group.truncatedBy === null && !group.leavesTracesOut;
      const made = { traces, isWhole, issues, racesText: text };
      const known = isSecondTry ? { ...group, truncatedBy: 'analysis_memory' as const } : group;
      const report = await this.#reportOf(known, named).catch((error: unknown) => {
        if (!(error instanceof ThreadEnded)) throw error;
        truncated(error);
        return isSecondTry ? this.#nothingOf(traceId, named) : null;
      });
      if (report !== null) return { ...made, report };
    } finally {
      large?.close();
      endTurn();
    }
    return this.#makeReport(traceId, {
      ...room,
      groupEvents: Math.ceil(room.groupEvents * SECOND_TRY_SHARE),
      groupCharacters: Math.ceil(room.groupCharacters * SECOND_TRY_SHARE),
    });
  }

  /** A large trace waits for others of its kind, and keeps no small one waiting. */
  #loading(room: AnalysisRoom, endTurn: () => void): GroupLoading {
    const { storage, threads, switches } = this.#parts;
    return {
      storage,
      joinsSpans: switches.spans,
      room,
      openLarge() {
        endTurn();
        return threads.long.openLarge();
      },
    };
  }

  #reportOf(group: LoadedGroup, named: NamedRaces): Promise<TraceReport> {
    const { threads, switches } = this.#parts;
    const { large, traces: _, ...trace } = group;
    const task = { kind: 'report', trace, switches, named } as const;
    return large === null ? threads.usual.run(task, false) : large.run(task);
  }

  /** The report of a trace of which nothing could be analysed. */
  async #nothingOf(traceId: string, named: NamedRaces): Promise<TraceReport> {
    const { threads, switches } = this.#parts;
    const nothing = { events: [], written: [], characters: 0, leavesTracesOut: false };
    const trace = { traceId, ...nothing, truncatedBy: 'analysis_memory' as const };
    const report = await threads.usual.run({ kind: 'report', trace, switches, named }, false);
    return { ...report, traceIds: [traceId] };
  }
}

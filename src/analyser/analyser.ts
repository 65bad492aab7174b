import { randomUUID } from 'node:crypto';
import { type AnalysisRoom, ampleRoom } from '../analysis/room.ts';
import type { WitnessAccesses } from '../analysis/time/surroundings.ts';
import type { AnalysisSwitches } from '../analysis/trace-work.ts';
import { Exclusion, isExcludedRequest } from '../domain/exclusion.ts';
import type { TraceRecord } from '../domain/trace/trace-record.ts';
import { isAway } from '../storage/away.ts';
import type { ClaimedTrace } from '../storage/derived.ts';
import { Standstill, type StandstillLog } from '../storage/standstill.ts';
import type { AppendRequest, Storage } from '../storage/storage.ts';
import type { TraceWork } from '../worker/worker-task.ts';
import { type LargeTask, ThreadEnded, WorkerThread } from '../worker/worker-thread.ts';
import { Comparer } from './comparer.ts';
import { type GroupLoading, loadGroup } from './group-loader.ts';
import { Pace } from './pace.ts';
import { Setbacks } from './setbacks.ts';
import { type ReadSurroundings, SurroundingsReader } from './surroundings-reader.ts';
import { Throughput } from './throughput.ts';
import { TraceReader, type TraceReading } from './trace-reader.ts';

/** Traces claimed at once; few, so that other instances find work too. */
const CLAIM_LIMIT = 64;
/** The same while events come in: they wait while the storage works on a step. */
const CLAIM_LIMIT_BUSY = 16;
/**
 * Full batches that are analysed before some traces are compared. A comparison should see the
 * traces that were just analysed; otherwise it must be made again.
 */
const BATCHES_PER_COMPARISON = 16;
/** Events sent to the analysis thread at once, unless one trace has more. */
const EVENTS_PER_TASK = 10_000;
/** The same in characters of their texts. */
const CHARACTERS_PER_TASK = 16 * 1024 * 1024;
/** Traces compared at once when they share a variable with very many others. */
const COMPARISONS_MAX = 4096;
/** How long to leave a storage alone that failed; twice as long after each further failure. */
const RETRY_MS = 1000;
const RETRY_MS_MAX = 32_000;

/**
 * Brings what is derived from traces up to date, off the path of requests: claims what is marked,
 * analyses it in a thread of its own, and stores the result, at the pace of src/analyser/pace.ts.
 */
export class Analyser {
  readonly #storage: Storage;
  readonly #switches: AnalysisSwitches;
  readonly #room: AnalysisRoom;
  readonly #log: StandstillLog;
  readonly #standstill: Standstill;
  readonly #claimant = randomUUID();
  readonly #thread: WorkerThread;
  readonly #reader: TraceReader;
  readonly #surroundings: SurroundingsReader;
  readonly #comparer: Comparer;
  readonly #setbacks = new Setbacks();
  readonly #pace: Pace;
  readonly #throughput = new Throughput();
  #isClosed = false;
  #givenUp = 0;
  #truncatedByMemory = 0;
  readonly #exclusion: Exclusion;
  #excludedRequests = 0;
  #running: Promise<void> | null = null;

  /**
   * @param isQueueing whether events wait to be stored
   * @param thread does the work, perhaps of others too, and ends with it
   * @param room what an analysis may take of the memory
   */
  constructor(
    storage: Storage,
    switches: AnalysisSwitches,
    log: StandstillLog,
    isQueueing: () => boolean = () => false,
    thread = new WorkerThread(),
    room: AnalysisRoom = ampleRoom,
  ) {
    this.#pace = new Pace(isQueueing);
    this.#storage = storage;
    this.#switches = { ...switches, clockWords: room.clockWords };
    this.#exclusion = new Exclusion(switches.exclude ?? []);
    this.#room = room;
    this.#log = log;
    this.#standstill = new Standstill(log, 'analysis');
    this.#thread = thread;
    this.#comparer = new Comparer(
      storage,
      thread,
      this.#claimant,
      () => this.#pace.isBusy,
      (error) => {
        if (this.#isClosed || isAway(error)) throw error;
        this.#noteGivenUp(error);
      },
    );
    const reading = {
      storage,
      thread,
      switches: this.#switches,
      room,
      truncated: (error: unknown) => this.#noteTruncated(error),
    };
    this.#reader = new TraceReader(reading);
    this.#surroundings = new SurroundingsReader(reading);
  }

  /** Traces, since the start, whose analysis or comparison was given up; the log says why. */
  get givenUp(): number {
    return this.#givenUp;
  }

  /** Traces that were analysed in a second, over the last ten. */
  get analysedPerSecond(): number {
    return this.#throughput.perSecond;
  }

  /** Analyses and reports, since the start, that the thread had no memory for. */
  get truncatedByMemory(): number {
    return this.#truncatedByMemory;
  }

  /** Requests, stored since the start, that the configuration leaves out; what they cause is not counted. */
  get excludedRequests(): number {
    return this.#excludedRequests;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /**
   * Says that traces were marked; the work begins soon.
   *
   * @param stored what marked them
   */
  notify(stored: readonly AppendRequest[] = []): void {
    this.#excludedRequests += this.#excludedAmong(stored);
    this.#pace.mark();
  }

  /** Ends the work in progress without result; it is done again later, by whoever claims it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pace.end();
    await this.#thread.close();
    await this.#running;
    this.#pace.release();
  }

  /**
   * Waits until nothing is marked, at most `timeoutMs`, so that a client that has just written
   * reads what follows from it. Returns whether something is still marked.
   */
  async settle(timeoutMs: number): Promise<boolean> {
    if (this.#running === null) return false;
    if ((await this.#storage.derived.backlog(1)) === 0) return false;
    await this.#pace.untilIdle(timeoutMs);
    return (await this.#storage.derived.backlog(1)) > 0;
  }

  /** Everything about one trace; null when it is unknown. Asked for twice at once, it is done once. */
  read(traceId: string): Promise<TraceReading | null> {
    return this.#reader.read(traceId);
  }

  /** What is around the accesses of one side of a witness. */
  surroundings(accesses: WitnessAccesses): Promise<ReadSurroundings> {
    return this.#surroundings.read(accesses);
  }

  async #run(): Promise<void> {
    /** Full batches of analyses in a row. */
    let batches = 0;
    let retryMs = RETRY_MS;
    while (!this.#isClosed) {
      try {
        const startedMs = performance.now();
        const limit = this.#pace.isBusy ? CLAIM_LIMIT_BUSY : CLAIM_LIMIT;
        this.#pace.beginStep();
        const analysed = await this.#analyse(limit);
        batches = analysed < limit ? 0 : batches + 1;
        const compared = batches % BATCHES_PER_COMPARISON === 0 ? await this.#compare() : 0;
        this.#standstill.succeeded();
        if (analysed + compared === 0) await this.#pace.idle();
        else await this.#pace.giveWay(performance.now() - startedMs);
        retryMs = RETRY_MS;
      } catch (error) {
        if (this.#isClosed) break;
        this.#standstill.failed(error);
        await this.#pace.pause(retryMs);
        retryMs = Math.min(retryMs * 2, RETRY_MS_MAX);
        // Else nobody could go on with them until the claims end.
        await this.#releaseClaims();
      }
    }
    await this.#releaseClaims();
  }

  async #releaseClaims(): Promise<void> {
    await this.#storage.derived.releaseClaims(this.#claimant).catch(() => {});
  }

  async #analyse(limit: number): Promise<number> {
    const { derived } = this.#storage;
    const claims = await derived.claimTraces(this.#claimant, limit);
    await this.#tryEach(
      claims,
      (some) => this.#analyseClaimed(some),
      async (claim, error) => {
        await derived.recordTraces(this.#claimant, [this.#recordOfFailure(claim, error)]);
      },
    );
    this.#throughput.note(claims.length);
    return claims.length;
  }

  /**
   * Works on claims; takes those that failed before last, each by itself. A failure ends the step,
   * because the storage may be away. A trace that fails again and again while others do not is
   * given up.
   */
  async #tryEach<Claim extends { readonly traceId: string }>(
    claims: readonly Claim[],
    work: (claims: readonly Claim[]) => Promise<void>,
    giveUp: (claim: Claim, error: unknown) => Promise<void>,
  ): Promise<void> {
    const { usual, suspects } = this.#setbacks.split(claims);
    for (const some of [usual, ...suspects.map((suspect) => [suspect])]) {
      try {
        await work(some);
      } catch (error) {
        const [claim] = some;
        const isHopeless = this.#setbacks.note(some);
        if (this.#isClosed || !isHopeless || claim === undefined) throw error;
        await giveUp(claim, error);
      }
      this.#setbacks.forget(some);
    }
  }

  async #analyseClaimed(claims: readonly ClaimedTrace[]): Promise<void> {
    let batch: TraceWork[] = [];
    let events = 0;
    let characters = 0;
    for (const claim of claims) {
      const { large, traces: _, ...group } = await loadGroup(this.#loading, claim.traceId);
      const trace = { ...group, ...claim };
      if (large !== null) {
        await this.#recordLarge(trace, large);
        continue;
      }
      const isMuch =
        events + trace.events.length > EVENTS_PER_TASK ||
        characters + trace.characters > CHARACTERS_PER_TASK;
      if (events > 0 && isMuch) {
        await this.#record(batch, await this.#recordsOf(batch));
        batch = [];
        events = 0;
        characters = 0;
      }
      batch.push(trace);
      events += trace.events.length;
      characters += trace.characters;
    }
    if (batch.length > 0) await this.#record(batch, await this.#recordsOf(batch));
  }

  async #recordLarge(trace: TraceWork, large: LargeTask): Promise<void> {
    const task = { kind: 'records', traces: [trace], switches: this.#switches } as const;
    try {
      await this.#record([trace], await large.run(task));
    } catch (error) {
      if (this.#isClosed || !(error instanceof ThreadEnded)) throw error;
      await this.#record([trace], [this.#recordOfFailure(trace, error)]);
    } finally {
      large.close();
    }
  }

  /** New spans of a trace, or a new group, concern other traces. They are analysed again. */
  async #record(batch: readonly TraceWork[], records: readonly TraceRecord[]): Promise<void> {
    const { derived } = this.#storage;
    await this.#keep(records, batch, async (some) => {
      const regrouping = await derived.recordTraces(this.#claimant, some);
      if (regrouping.spans.length > 0 || regrouping.traceIds.length > 0) {
        await derived.regroup(regrouping);
      }
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
    try {
      await store(records);
    } catch (error) {
      if (this.#isClosed || isAway(error)) throw error;
      for (const [place, record] of records.entries()) {
        const work = batch[place] as TraceWork;
        await store([record]).catch((reason) => {
          if (this.#isClosed || isAway(reason)) throw reason;
          return store([this.#recordOfFailure(work, reason)]);
        });
      }
    }
  }

  get #loading(): GroupLoading {
    return {
      storage: this.#storage,
      joinsSpans: this.#switches.spans,
      room: this.#room,
      openLarge: () => this.#thread.openLarge(),
    };
  }

  async #recordsOf(traces: readonly TraceWork[]): Promise<readonly TraceRecord[]> {
    try {
      return await this.#thread.run(
        { kind: 'records', traces, switches: this.#switches },
        this.#pace.isBusy,
      );
    } catch (error) {
      if (this.#isClosed) throw error;
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
    if (isTruncated) this.#noteTruncated(error);
    else {
      this.#givenUp += 1;
      this.#log.error({ err: error, events: eventCount }, 'a trace could not be analysed');
    }
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

  async #compare(): Promise<number> {
    const { derived } = this.#storage;
    const claims = await derived.claimComparisons(this.#claimant, this.#comparisonsAtOnce());
    await this.#tryEach(
      claims,
      (some) => this.#comparer.compare(some),
      (claim, error) => {
        this.#noteGivenUp(error);
        return this.#comparer.recordNothing(claim.traceId, claim.mark, []);
      },
    );
    return claims.length;
  }

  /** A storm on one variable is compared in few steps, each of which reads all of it. */
  #comparisonsAtOnce(): number {
    const usual = this.#pace.isBusy ? CLAIM_LIMIT_BUSY : CLAIM_LIMIT;
    return Math.min(COMPARISONS_MAX, Math.max(usual, this.#comparer.widest));
  }

  #excludedAmong(stored: readonly AppendRequest[]): number {
    if (this.#exclusion.isEmpty) return 0;
    const events = stored.flatMap((request) => request.events);
    return events.filter((event) => isExcludedRequest(event, this.#exclusion)).length;
  }

  #noteTruncated(error: unknown): void {
    this.#truncatedByMemory += 1;
    this.#log.warn({ err: error }, 'the analysis of a trace was cut: it took all of its memory');
  }

  #noteGivenUp(error: unknown): void {
    this.#givenUp += 1;
    this.#log.error({ err: error }, 'a trace could not be compared');
  }
}

import { randomUUID } from 'node:crypto';
import { type AnalysisRoom, ampleRoom } from '../analysis/room.ts';
import type { WitnessAccesses } from '../analysis/time/surroundings.ts';
import type { AnalysisSwitches } from '../analysis/trace-work.ts';
import { Exclusion, isExcludedRequest } from '../domain/exclusion.ts';
import { isAway } from '../storage/away.ts';
import type { ClaimedComparison, ClaimedTrace } from '../storage/derived.ts';
import { Standstill, type StandstillLog } from '../storage/standstill.ts';
import type { AppendRequest, Storage } from '../storage/storage.ts';
import { type AnalysisThreads, analysisThreads } from '../worker/analysis-threads.ts';
import { EVENTS_OF_SMALL_MAX } from '../worker/worker-task.ts';
import { Comparer } from './comparer.ts';
import type { Crowd } from './comparison-loader.ts';
import { LongWork } from './long-work.ts';
import { Pace } from './pace.ts';
import { Setbacks } from './setbacks.ts';
import { type ReadSurroundings, SurroundingsReader } from './surroundings-reader.ts';
import { Throughput } from './throughput.ts';
import { TraceAnalysis } from './trace-analysis.ts';
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
/** Traces of a crowd that are compared at once. */
const CROWD_LIMIT = 4096;
/** Variables on which crowds met that are kept apart; the traces of others go with the ordinary ones. */
const CROWDED_VARIABLES_MAX = 256;
/** How long to leave a storage alone that failed; twice as long after each further failure. */
const RETRY_MS = 1000;
const RETRY_MS_MAX = 32_000;

/**
 * Brings what is derived from traces up to date, off the path of requests: claims what is marked,
 * analyses it in a thread of its own, and stores the result, at the pace of src/analyser/pace.ts. Large
 * traces, and crowds on one variable, are worked on beside the rest, and keep nothing else waiting.
 */
export class Analyser {
  readonly #storage: Storage;
  readonly #switches: AnalysisSwitches;
  readonly #log: StandstillLog;
  readonly #standstill: Standstill;
  readonly #claimant = randomUUID();
  readonly #threads: AnalysisThreads;
  readonly #reader: TraceReader;
  readonly #surroundings: SurroundingsReader;
  readonly #analysis: TraceAnalysis;
  readonly #comparer: Comparer;
  readonly #setbacks = new Setbacks();
  readonly #pace: Pace;
  readonly #throughput = new Throughput();
  readonly #long = new LongWork(() => this.#pace.mark());
  #largeUnderWay = 0;
  /** Variables on which crowds met that are compared beside the rest. */
  readonly #crowded = new Set<string>();
  #isClosed = false;
  #givenUp = 0;
  #truncatedByMemory = 0;
  readonly #exclusion: Exclusion;
  #excludedRequests = 0;
  #running: Promise<void> | null = null;

  /**
   * @param isQueueing whether events wait to be stored
   * @param threads do the work, perhaps of others too, and end with it
   * @param room what an analysis may take of the memory
   */
  constructor(
    storage: Storage,
    switches: AnalysisSwitches,
    log: StandstillLog,
    isQueueing: () => boolean = () => false,
    threads = analysisThreads(ampleRoom),
    room: AnalysisRoom = ampleRoom,
  ) {
    this.#pace = new Pace(isQueueing);
    this.#storage = storage;
    this.#switches = { ...switches, clockWords: room.clockWords };
    this.#exclusion = new Exclusion(switches.exclude ?? []);
    this.#log = log;
    this.#standstill = new Standstill(log, 'analysis');
    this.#threads = threads;
    this.#comparer = new Comparer(
      storage,
      threads,
      this.#claimant,
      () => this.#pace.isBusy,
      (error) => {
        if (this.#isClosed || isAway(error)) throw error;
        this.#noteGivenUp(error);
      },
    );
    this.#analysis = new TraceAnalysis({
      storage,
      threads,
      switches: this.#switches,
      room,
      claimant: this.#claimant,
      isBusy: () => this.#pace.isBusy,
      isClosed: () => this.#isClosed,
      truncated: (error) => this.#noteTruncated(error),
      refused: (error, eventCount) => this.#noteRefused(error, eventCount),
    });
    const reading = {
      storage,
      threads,
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
    await Promise.all([this.#threads.usual.close(), this.#threads.long.close()]);
    await this.#long.close();
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
        this.#long.check();
        const limit = this.#pace.isBusy ? CLAIM_LIMIT_BUSY : CLAIM_LIMIT;
        this.#pace.beginStep();
        const analysed = await this.#analyse(limit);
        batches = analysed < limit ? 0 : batches + 1;
        const compared = batches % BATCHES_PER_COMPARISON === 0 ? await this.#compare() : 0;
        this.#standstill.succeeded();
        if (analysed + compared === 0) await this.#pace.idle(!this.#long.isUnderWay);
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
    // One large trace is worked on at a time: others would only be kept from other instances.
    const eventsMax = this.#largeUnderWay > 0 ? EVENTS_OF_SMALL_MAX : null;
    const claims = await derived.claimTraces(this.#claimant, limit, eventsMax);
    const giveUp = (claim: ClaimedTrace, error: unknown) =>
      this.#analysis.recordFailure(claim, error);
    await this.#tryEach(
      claims,
      async (some) => {
        for (const claim of await this.#analysis.analyse(some)) {
          this.#largeUnderWay += 1;
          this.#long.begin(() =>
            this.#tryEach([claim], () => this.#analysis.analyseLarge(claim), giveUp).finally(() => {
              this.#largeUnderWay -= 1;
            }),
          );
        }
      },
      giveUp,
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

  async #compare(): Promise<number> {
    const limit = this.#pace.isBusy ? CLAIM_LIMIT_BUSY : CLAIM_LIMIT;
    const claims = await this.#claimComparisons(limit, 'others');
    await this.#tryEach(
      claims,
      async (some) => this.#beginCrowd(await this.#comparer.compare(some)),
      this.#giveUpComparison,
    );
    return claims.length;
  }

  /** @param side traces of the crowds that are known, or the others */
  #claimComparisons(limit: number, side: 'crowds' | 'others') {
    const variables = [...this.#crowded];
    const choice = variables.length === 0 ? null : { variables, hasOne: side === 'crowds' };
    return this.#storage.derived.claimComparisons(this.#claimant, limit, choice);
  }

  #beginCrowd({ claims, variables }: Crowd): void {
    if (claims.length === 0) return;
    for (const variable of variables) {
      if (this.#crowded.size < CROWDED_VARIABLES_MAX) this.#crowded.add(variable);
    }
    this.#long.begin(() => this.#compareCrowds(claims));
  }

  /**
   * Compares traces of crowds, then others of the same once what waits beside them had its turn; rests as long as
   * it works while events come in.
   */
  async #compareCrowds(claims: readonly ClaimedComparison[]): Promise<void> {
    const startedMs = performance.now();
    await this.#tryEach(
      claims,
      (some) => this.#comparer.compareCrowd(some),
      this.#giveUpComparison,
    );
    if (this.#pace.isBusy) await this.#long.rest(performance.now() - startedMs);
    const next =
      this.#crowded.size === 0 ? [] : await this.#claimComparisons(CROWD_LIMIT, 'crowds');
    if (next.length === 0) this.#crowded.clear();
    else this.#long.begin(() => this.#compareCrowds(next));
  }

  readonly #giveUpComparison = (
    { traceId, mark }: ClaimedComparison,
    error: unknown,
  ): Promise<void> => {
    this.#noteGivenUp(error);
    return this.#comparer.recordNothing(traceId, mark, []);
  };

  #excludedAmong(stored: readonly AppendRequest[]): number {
    if (this.#exclusion.isEmpty) return 0;
    const events = stored.flatMap((request) => request.events);
    return events.filter((event) => isExcludedRequest(event, this.#exclusion)).length;
  }

  #noteTruncated(error: unknown): void {
    this.#truncatedByMemory += 1;
    this.#log.warn({ err: error }, 'the analysis of a trace was cut: it took all of its memory');
  }

  #noteRefused(error: unknown, events: number): void {
    this.#givenUp += 1;
    this.#log.error({ err: error, events }, 'a trace could not be analysed');
  }

  #noteGivenUp(error: unknown): void {
    this.#givenUp += 1;
    this.#log.error({ err: error }, 'a trace could not be compared');
  }
}

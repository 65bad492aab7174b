import { createHash, randomUUID } from 'node:crypto';
import type { TraceReport } from '../analysis/trace-report.ts';
import type { AnalysisSwitches } from '../analysis/trace-work.ts';
import { RacewayError } from '../domain/errors.ts';
import type { EventRecord } from '../domain/event.ts';
import type { TraceRecord } from '../domain/trace-record.ts';
import type { Meeting } from '../storage/derived.ts';
import type { Storage } from '../storage/storage.ts';
import { loadComparison } from './comparison-loader.ts';
import { loadGroup } from './group-loader.ts';
import { Slots } from './slots.ts';
import type { ComparisonWork, TraceWork } from './worker-task.ts';
import { WorkerThread } from './worker-thread.ts';

/** A trace as it was read at one moment: what analysis shows, and the events that it tells of. */
export interface TraceReading {
  readonly report: TraceReport;
  /** Of all traces of the causal group, by trace in their order, as far as they were read. */
  readonly events: readonly EventRecord[];
}

/** What the analyser tells the log. */
export interface AnalyserLog {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** Traces claimed at once; few, so that other instances find work too. */
const CLAIM_LIMIT = 64;
/**
 * Full batches analysed before some traces are compared: who has just been analysed had better be
 * seen, or the comparison is done again.
 */
const BATCHES_PER_COMPARISON = 16;
/** Events sent to the analysis thread at once, unless one trace has more. */
const EVENTS_PER_TASK = 10_000;
/** The same in characters of their texts. */
const CHARACTERS_PER_TASK = 16 * 1024 * 1024;
/** Accesses of other traces loaded for comparisons at once, unless one comparison has more. */
const ACCESSES_PER_TASK = 20_000;
/** How often marks of other instances are looked for. */
const IDLE_MS = 1000;
/** How long it rests for each moment of work while events are being stored. */
const REST_PER_WORK = 2;
/** How long to leave a storage alone that failed. */
const RETRY_MS = 1000;
/** Reports made at once: each may hold all events of a causal group, and one thread makes them. */
const REPORTS_AT_ONCE = 2;
/** Events whose texts a digest takes at once: each time costs as much as a few events. */
const EVENTS_PER_DIGEST = 100;
/** Reports kept for readers who ask again. */
const REPORTS_KEPT = 16;

/**
 * Brings what is derived from traces up to date, off the path of requests: claims what is marked,
 * analyses it in a thread of its own, and stores the result. While events are stored all the time it
 * rests longer than it works, unless somebody waits for what it finds.
 */
export class Analyser {
  readonly #storage: Storage;
  readonly #switches: AnalysisSwitches;
  readonly #log: AnalyserLog;
  readonly #isBusy: () => boolean;
  readonly #claimant = randomUUID();
  readonly #thread = new WorkerThread();
  readonly #slots = new Slots(REPORTS_AT_ONCE);
  /** Readings in the making, by event count and trace. */
  readonly #pending = new Map<string, Promise<TraceReading>>();
  /** Reports that are kept, by trace, with the digest of the events that they tell of. */
  readonly #reports = new Map<string, { readonly digest: string; readonly report: TraceReport }>();
  readonly #waiters = new Set<() => void>();
  #wake: (() => void) | null = null;
  /** Traces were marked since the present step began. */
  #isMarked = false;
  #isIdle = false;
  #isClosed = false;
  #running: Promise<void> | null = null;

  /** @param isBusy whether events wait to be stored */
  constructor(
    storage: Storage,
    switches: AnalysisSwitches,
    log: AnalyserLog,
    isBusy: () => boolean,
  ) {
    this.#storage = storage;
    this.#switches = switches;
    this.#log = log;
    this.#isBusy = isBusy;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Says that traces were marked; the work begins soon. */
  notify(): void {
    this.#isMarked = true;
    if (this.#isIdle) this.#wake?.();
  }

  /** Ends the work in progress without result; it is done again later, by whoever claims it. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#wake?.();
    await this.#thread.close();
    await this.#running;
    for (const done of this.#waiters) done();
  }

  /**
   * Waits until nothing is marked, at most `timeoutMs`, so that who has just written reads what
   * follows from it. Gives whether something is still marked.
   */
  async settle(timeoutMs: number): Promise<boolean> {
    if (this.#running === null) return false;
    if ((await this.#storage.derived.backlog(1)) === 0) return false;
    this.#isMarked = true;
    this.#wake?.();
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiters.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.#waiters.add(done);
    });
    return (await this.#storage.derived.backlog(1)) > 0;
  }

  /** Everything about one trace; null when it is unknown. Asked for twice at once, it is done once. */
  async read(traceId: string): Promise<TraceReading | null> {
    const summary = await this.#storage.trace(traceId);
    if (summary === null) return null;
    const key = `${summary.eventCount} ${traceId}`;
    const pending = this.#pending.get(key);
    if (pending !== undefined) {
      const shared = await pending;
      if (await this.#isStored(shared.report.traceIds)) return shared;
    }
    const reading = this.#slots.run(() => this.#makeReading(traceId));
    this.#pending.set(key, reading);
    try {
      return await reading;
    } finally {
      if (this.#pending.get(key) === reading) this.#pending.delete(key);
    }
  }

  /** A report holds values of its whole group: it goes when one of these traces was erased. */
  async #isStored(traceIds: readonly string[]): Promise<boolean> {
    for (const traceId of traceIds) {
      if ((await this.#storage.trace(traceId)) === null) return false;
    }
    return true;
  }

  /** Done before and kept, it is right as long as the group's events are the same to the letter. */
  async #makeReading(traceId: string): Promise<TraceReading> {
    const trace = await loadGroup(this.#storage, traceId, this.#switches.spans);
    const { events } = trace;
    const digest = digestOf(events);
    const known = this.#reports.get(traceId);
    if (known?.digest === digest) return { report: known.report, events };
    const report = await this.#thread.run({ kind: 'report', trace, switches: this.#switches });
    this.#reports.delete(traceId);
    this.#reports.set(traceId, { digest, report });
    for (const oldest of this.#reports.keys()) {
      if (this.#reports.size <= REPORTS_KEPT) break;
      this.#reports.delete(oldest);
    }
    return { report, events };
  }

  async #run(): Promise<void> {
    /** Full batches of analyses in a row. */
    let batches = 0;
    while (!this.#isClosed) {
      try {
        const startedMs = performance.now();
        this.#isMarked = false;
        const analysed = await this.#analyse();
        batches = analysed < CLAIM_LIMIT ? 0 : batches + 1;
        const compared = batches % BATCHES_PER_COMPARISON === 0 ? await this.#compare() : 0;
        if (analysed + compared === 0) await this.#idle();
        else if (this.#waiters.size === 0 && (this.#isMarked || this.#isBusy())) {
          await this.#pause((performance.now() - startedMs) * REST_PER_WORK);
        }
      } catch (error) {
        if (this.#isClosed) break;
        this.#report(error);
        await this.#pause(RETRY_MS);
      }
    }
    await this.#storage.derived.releaseClaims(this.#claimant).catch(() => {});
  }

  async #analyse(): Promise<number> {
    const { derived } = this.#storage;
    const claims = await derived.claimTraces(this.#claimant, CLAIM_LIMIT);
    let batch: TraceWork[] = [];
    let events = 0;
    let characters = 0;
    for (const claim of claims) {
      const group = await loadGroup(this.#storage, claim.traceId, this.#switches.spans);
      const trace = { ...group, ...claim };
      const isMuch =
        events + trace.events.length > EVENTS_PER_TASK ||
        characters + trace.characters > CHARACTERS_PER_TASK;
      if (events > 0 && isMuch) {
        await this.#record(batch);
        batch = [];
        events = 0;
        characters = 0;
      }
      batch.push(trace);
      events += trace.events.length;
      characters += trace.characters;
    }
    if (batch.length > 0) await this.#record(batch);
    return claims.length;
  }

  /** What is new about a trace's spans or group concerns others, which are analysed again then. */
  async #record(batch: readonly TraceWork[]): Promise<void> {
    const { derived } = this.#storage;
    const records = await this.#recordsOf(batch);
    await this.#keep(records, batch, async (some) => {
      const regrouping = await derived.recordTraces(this.#claimant, some);
      if (regrouping.spans.length > 0 || regrouping.traceIds.length > 0) {
        await derived.regroup(regrouping);
      }
    });
  }

  /**
   * Stores records; when the storage refuses them, one by one, so that what one trace left keeps
   * nobody else waiting. That one is stored as if it had failed.
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

  async #recordsOf(traces: readonly TraceWork[]): Promise<readonly TraceRecord[]> {
    try {
      return await this.#thread.run({ kind: 'records', traces, switches: this.#switches });
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
  #recordOfFailure({ traceId, eventCount, mark }: TraceWork, error: unknown): TraceRecord {
    this.#log.error({ err: error, events: eventCount }, 'a trace could not be analysed');
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
    };
  }

  async #compare(): Promise<number> {
    const { derived } = this.#storage;
    const claims = await derived.claimComparisons(this.#claimant, CLAIM_LIMIT);
    if (claims.length === 0) return 0;
    let batch: ComparisonWork[] = [];
    let accesses = 0;
    for (const { traceId, mark, spreads } of claims) {
      const { target, others, meets } = await loadComparison(this.#storage, traceId);
      batch.push({ traceId, mark, target, others, meets: spreads ? meets : [] });
      accesses += others.reduce((sum, other) => sum + other.accesses.length, 0);
      if (accesses < ACCESSES_PER_TASK) continue;
      await this.#recordComparisons(batch);
      batch = [];
      accesses = 0;
    }
    if (batch.length > 0) await this.#recordComparisons(batch);
    return claims.length;
  }

  /** A comparison that cannot be made or stored leaves nothing, and keeps no other waiting. */
  async #recordComparisons(batch: readonly ComparisonWork[]): Promise<void> {
    const { derived } = this.#storage;
    const met = batch.flatMap(({ traceId: changedId, meets }): Meeting[] =>
      meets.map((traceId) => ({ traceId, changedId })),
    );
    try {
      const records = await this.#thread.run({ kind: 'comparisons', comparisons: batch });
      await derived.recordComparisons(this.#claimant, records, met);
    } catch (error) {
      if (this.#isClosed || isAway(error)) throw error;
      if (batch.length > 1) {
        for (const comparison of batch) await this.#recordComparisons([comparison]);
        return;
      }
      this.#log.error({ err: error }, 'a trace could not be compared');
      const nothing = batch.map(({ traceId, mark }) => ({
        traceId,
        mark,
        findings: [],
        subjects: [],
      }));
      await derived.recordComparisons(this.#claimant, nothing, met);
    }
  }

  async #idle(): Promise<void> {
    for (const done of this.#waiters) done();
    if (this.#isMarked) return;
    this.#isIdle = true;
    await this.#pause(IDLE_MS);
    this.#isIdle = false;
  }

  /** Waits; `settle` and `close` end the wait, and `notify` that of an idle analyser. */
  async #pause(ms: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(wake, ms);
      timer.unref();
      const self = this;
      function wake() {
        clearTimeout(timer);
        self.#wake = null;
        resolve();
      }
      this.#wake = wake;
    });
  }

  #report(error: unknown): void {
    if (isAway(error)) this.#log.warn({ reason: error.message }, 'analysis waits for the storage');
    else this.#log.error({ err: error }, 'analysis failed and will be tried again');
  }
}

/** Whether a failure is the storage's and not that of what it was to store. */
function isAway(error: unknown): error is RacewayError {
  return error instanceof RacewayError && error.code !== 'internal';
}

/** Tells whether events are the same: other traces may have joined, or some been replaced. */
function digestOf(events: readonly EventRecord[]): string {
  const hash = createHash('sha256');
  let metadata = '';
  for (let start = 0; start < events.length; start += EVENTS_PER_DIGEST) {
    let text = '';
    for (const event of events.slice(start, start + EVENTS_PER_DIGEST)) {
      text += `${JSON.stringify(event.traceId)}${event.id}${event.parentId}${event.timestamp}`;
      // Requests have the same metadata all along.
      if (event.metadata !== metadata) text += event.metadata;
      metadata = event.metadata;
      text += `${event.kind}${event.payload}${event.vector}${event.lockSet}${event.extra}`;
      text += '\n';
    }
    hash.update(text);
  }
  return hash.digest('base64');
}

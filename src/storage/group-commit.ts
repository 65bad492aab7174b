import { RacewayError } from '../domain/errors.ts';
import type { EventRecord } from '../domain/event/event.ts';
import type { AppendOutcome, AppendRequest, Storage } from './storage.ts';

export interface GroupCommitOptions {
  /** Most events in one commit; one whole request is always taken. */
  readonly batchSize: number;
  /** Most events that may wait; a larger request is taken only when nothing waits. */
  readonly bufferSize: number;
  /** How long an idle writer waits for company, in milliseconds. */
  readonly flushIntervalMs: number;
}

/** What the writer tells the metrics. */
export interface GroupCommitObserver {
  committed(eventCount: number, durationSeconds: number, requests: readonly AppendRequest[]): void;
  failed(error: unknown): void;
}

/**
 * While one transaction waits for the database, the next one is prepared: that stores an eighth
 * more events per second. More than two at once gained nothing, as they would wait for the same
 * rows.
 */
const COMMITS_AT_ONCE = 2;

/** A commit that takes longer has probably lost its connection: others will fare no better. */
const STALLED_MS = 10_000;

/** How long a failure of the storage stands for how the next commit would end. */
const FAULT_MS = 3000;

interface Waiting extends AppendRequest {
  readonly resolve: (outcome: AppendOutcome) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit (Gray & Reuter, Transaction Processing, 1993). While {@link COMMITS_AT_ONCE} commits
 * are in flight, arriving requests wait together and share the next one. An idle writer commits at
 * once; when one turn of the event loop brings several requests, it commits at the end of the turn.
 * Batches form by themselves under load, and every request is answered after its own commit.
 */
export class GroupCommit {
  readonly #storage: Storage;
  readonly #options: GroupCommitOptions;
  readonly #observer: GroupCommitObserver;
  #waiting: Waiting[] = [];
  #waitingEvents = 0;
  readonly #running = new Set<Promise<void>>();
  /** Ends the wait for company; null while nobody waits for it. */
  #endGathering: (() => void) | null = null;
  /** Whether one turn of the event loop has lately brought more than one request. */
  #hasCompany = false;
  /** The turn of the event loop that brought the last request. */
  #turn = -1;
  #closed = false;
  /** When the commits in flight began, the oldest first. */
  readonly #begunMs = new Map<readonly Waiting[], number>();
  /** The last commit, if it was the storage that failed. */
  #fault: { readonly error: RacewayError; readonly atMs: number } | null = null;

  constructor(storage: Storage, options: GroupCommitOptions, observer: GroupCommitObserver) {
    this.#storage = storage;
    this.#options = options;
    this.#observer = observer;
  }

  /** Events that wait for a commit to begin. */
  get queuedEvents(): number {
    return this.#waitingEvents;
  }

  /** Events that may wait. */
  get capacityEvents(): number {
    return this.#options.bufferSize;
  }

  /** Why the storage did not take the last commit a moment ago, or takes long for one; else null. */
  get recentFault(): RacewayError | null {
    const nowMs = performance.now();
    const [oldestMs = nowMs] = this.#begunMs.values();
    if (nowMs - oldestMs > STALLED_MS) {
      const seconds = Math.floor((nowMs - oldestMs) / 1000);
      return new RacewayError('unavailable', `the storage works on a commit since ${seconds} s`);
    }
    if (this.#fault === null || nowMs - this.#fault.atMs > FAULT_MS) return null;
    return this.#fault.error;
  }

  /** Whether a request of ordinary size would be refused now. */
  get isFull(): boolean {
    return this.#waitingEvents >= this.#options.bufferSize;
  }

  /**
   * Stores the events of one request; resolves after the commit.
   *
   * @param keyName name of the key that it was sent with; null: without one
   * @throws {RacewayError} `overloaded` when the buffer is full, `unavailable` when the storage is
   *   away or the server stops. Nothing of the request is stored then. `outcome_unknown` when the
   *   answer to the commit was lost. Sending it again is safe.
   */
  submit(events: readonly EventRecord[], keyName: string | null): Promise<AppendOutcome> {
    if (events.length === 0) return Promise.resolve({ accepted: 0, duplicates: 0 });
    if (this.#closed) {
      return Promise.reject(new RacewayError('unavailable', 'the server is shutting down'));
    }
    const { bufferSize } = this.#options;
    if (this.#waitingEvents > 0 && this.#waitingEvents + events.length > bufferSize) {
      const message =
        `the write queue is full: ${this.#waitingEvents} events wait ` +
        `(engine.buffer_size is ${bufferSize}); send the request again later`;
      return Promise.reject(new RacewayError('overloaded', message));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ events, keyName, resolve, reject });
      this.#waitingEvents += events.length;
      const { loopCount } = performance.nodeTiming.uvMetricsInfo;
      if (loopCount === this.#turn) this.#hasCompany = true;
      this.#turn = loopCount;
      this.#start();
    });
  }

  /** Commits what waits, then refuses more. */
  async close(): Promise<void> {
    this.#closed = true;
    while (this.#running.size > 0) await Promise.all(this.#running);
  }

  #start(): void {
    if (this.#waitingEvents >= this.#options.batchSize) this.#endGathering?.();
    if (this.#endGathering !== null || this.#running.size >= COMMITS_AT_ONCE) return;
    const running = this.#run().finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #run(): Promise<void> {
    await this.#gather();
    while (this.#waiting.length > 0) {
      const requests = this.#take();
      this.#hasCompany = requests.length > 1;
      // What is too much for one transaction need not wait for it.
      if (this.#waiting.length > 0) this.#start();
      await this.#commit(requests);
    }
  }

  /** Waits for company if any is to be expected, and at most until there is enough for a commit. */
  async #gather(): Promise<void> {
    const { flushIntervalMs } = this.#options;
    if (flushIntervalMs === 0 && !this.#hasCompany) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#endGathering = resolve;
      if (flushIntervalMs > 0) timer = setTimeout(resolve, flushIntervalMs);
      // To store each as it is read makes it twice as dear, even in memory. One alone pays for a wait.
      else setImmediate(resolve);
    });
    clearTimeout(timer);
    this.#endGathering = null;
  }

  #take(): Waiting[] {
    let events = 0;
    let count = 0;
    for (const request of this.#waiting) {
      if (count > 0 && events + request.events.length > this.#options.batchSize) break;
      events += request.events.length;
      count += 1;
    }
    this.#waitingEvents -= events;
    return this.#waiting.splice(0, count);
  }

  async #commit(requests: readonly Waiting[]): Promise<void> {
    const startedMs = performance.now();
    this.#begunMs.set(requests, startedMs);
    try {
      const outcomes = await this.#storage
        .append(requests, BigInt(Date.now()) * 1_000_000n)
        .finally(() => this.#begunMs.delete(requests));
      this.#fault = null;
      const eventCount = requests.reduce((sum, request) => sum + request.events.length, 0);
      this.#observer.committed(eventCount, (performance.now() - startedMs) / 1000, requests);
      requests.forEach((request, index) => {
        request.resolve(outcomes[index] as AppendOutcome);
      });
    } catch (error) {
      this.#observer.failed(error);
      if (isOfStorage(error)) this.#fault = { error, atMs: performance.now() };
      if (requests.length > 1 && !isOfStorage(error)) {
        // A fault of the data: no request may fail because of a stranger's event.
        for (const request of requests) await this.#commit([request]);
      } else {
        for (const request of requests) request.reject(error);
      }
    }
  }
}

/** Whether a failure is that of the storage and not of what was to be stored. */
function isOfStorage(error: unknown): error is RacewayError {
  if (!(error instanceof RacewayError)) return false;
  return ['unavailable', 'outcome_unknown', 'missing_database_right'].includes(error.code);
}

import type { Issue } from '../../domain/findings/issue.ts';
import type { TraceSummary } from '../../domain/trace/trace.ts';
import type { AppendRequest, Storage } from '../../storage/storage.ts';
import { httpLimits } from '../limits.ts';

/** What happened, for everybody who follows. */
export type LiveNews =
  | { readonly kind: 'trace'; readonly id: number; readonly trace: TraceSummary }
  | { readonly kind: 'race'; readonly id: number; readonly issue: Issue }
  | { readonly kind: 'stats'; readonly stats: LiveStats };

/** What was stored since the last time. */
export interface LiveStats {
  readonly seconds: number;
  readonly events: number;
  readonly traces: number;
  /** Traces that were too many to be told of. */
  readonly skippedTraces: number;
}

/** Somebody who follows. */
export interface Follower {
  tell(news: LiveNews): void;
  /** There is no more. */
  end(): void;
}

interface Touched {
  touchedMs: number;
}

/**
 * What goes on now. It is told of what was stored after the commit, and takes note only while somebody
 * follows; everything else happens on its own timer, so that no writer waits for it.
 */
export class LiveFeed {
  readonly #storage: Storage;
  readonly #followers = new Set<Follower>();
  /** Traces that were written and not told of yet, the one written least recently first. */
  readonly #touched = new Map<string, Touched>();
  /** Traces told of lately, to be looked at again. */
  readonly #told = new Map<string, { readonly raceCount: number; readonly looksLeft: number }>();
  readonly #races = new Set<string>();
  readonly #ring: (LiveNews & { readonly id: number })[] = [];
  /** Names this feed in places of it: another process counts anew. */
  readonly #epoch = crypto.randomUUID().slice(0, 8);
  #lastId = 0;
  #startedNs = 0n;
  #events = 0;
  #skipped = 0;
  #countedTraces = new Set<string>();
  #statsMs = 0;
  #timer: NodeJS.Timeout | null = null;
  #turn: Promise<void> | null = null;
  #isClosed = false;

  constructor(storage: Storage) {
    this.#storage = storage;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get followerCount(): number {
    return this.#followers.size;
  }

  /** Notes what a commit has stored. */
  note(requests: readonly AppendRequest[]): void {
    if (this.#followers.size === 0) return;
    const touchedMs = performance.now();
    let last = '';
    for (const { events } of requests) {
      this.#events += events.length;
      for (const { traceId } of events) {
        if (traceId === last) continue;
        last = traceId;
        this.#touch(traceId, touchedMs);
      }
    }
  }

  /**
   * Follows what happens, from a place on when that is still known.
   *
   * @param place of {@link placeOf}, where an earlier connection ended
   * @returns ends it
   */
  follow(follower: Follower, place: string | null): () => void {
    for (const news of this.#since(place)) follower.tell(news);
    this.#followers.add(follower);
    if (this.#timer === null && !this.#isClosed) {
      this.#startedNs = BigInt(Date.now()) * 1_000_000n;
      this.#statsMs = performance.now();
      this.#timer = setInterval(() => this.#step(), httpLimits.liveStepMs).unref();
    }
    return () => {
      this.#followers.delete(follower);
      if (this.#followers.size === 0) this.#rest();
    };
  }

  /** The place behind a piece of news. */
  placeOf(id: number): string {
    return `${this.#epoch}-${id}`;
  }

  /** Ends all following. */
  async close(): Promise<void> {
    this.#isClosed = true;
    for (const follower of [...this.#followers]) follower.end();
    this.#followers.clear();
    this.#rest();
    await this.#turn;
  }

  #rest(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
    this.#touched.clear();
    this.#told.clear();
    this.#races.clear();
    this.#countedTraces.clear();
    this.#events = 0;
    this.#skipped = 0;
  }

  #touch(traceId: string, touchedMs: number): void {
    this.#countedTraces.add(traceId);
    this.#touched.delete(traceId);
    this.#touched.set(traceId, { touchedMs });
    if (this.#touched.size <= httpLimits.liveTracesWaiting) return;
    for (const oldest of this.#touched.keys()) {
      this.#touched.delete(oldest);
      this.#skipped += 1;
      break;
    }
  }

  #since(place: string | null): readonly LiveNews[] {
    const [epoch, number] = place?.split('-') ?? [];
    if (epoch !== this.#epoch) return [];
    return this.#ring.filter(({ id }) => id > Number(number));
  }

  /** One step at a time: a storage that is slow makes news late, not many. */
  #step(): void {
    this.#turn ??= this.#tell()
      // The storage is away: its outage is told of elsewhere, and the next step tries again.
      .catch(() => undefined)
      .finally(() => {
        this.#turn = null;
      });
  }

  async #tell(): Promise<void> {
    const nowMs = performance.now();
    const settled: string[] = [];
    for (const [traceId, { touchedMs }] of this.#touched) {
      if (nowMs - touchedMs < httpLimits.liveSettleMs) break;
      settled.push(traceId);
    }
    for (const traceId of settled) this.#touched.delete(traceId);
    // The newest: what is older is passed over when there is too much.
    const shown = settled.slice(-httpLimits.liveTracesPerStep);
    this.#skipped += settled.length - shown.length;
    for (const traceId of shown) await this.#tellTrace(traceId);
    if (nowMs - this.#statsMs < httpLimits.liveStatsMs) return;
    await this.#lookAgain();
    this.#tellStats(nowMs);
  }

  async #tellTrace(traceId: string): Promise<void> {
    const trace = await this.#storage.trace(traceId);
    if (trace !== null) this.#tellOf(trace, httpLimits.liveLooks);
  }

  #tellOf(trace: TraceSummary, looksLeft: number): void {
    this.#told.set(trace.traceId, { raceCount: trace.raceCount, looksLeft });
    this.#lastId += 1;
    this.#publish({ kind: 'trace', id: this.#lastId, trace });
  }

  /**
   * Looks again at traces that were told of a moment ago, for analysis takes a moment: those that race
   * by now are told of anew, and so are races that began since somebody follows.
   */
  async #lookAgain(): Promise<void> {
    const raced: string[] = [];
    for (const [traceId, { raceCount, looksLeft }] of [...this.#told]) {
      const trace = await this.#storage.trace(traceId);
      if (trace === null || looksLeft === 1) this.#told.delete(traceId);
      else this.#told.set(traceId, { raceCount, looksLeft: looksLeft - 1 });
      if (trace === null) continue;
      if (trace.raceCount !== raceCount) this.#tellOf(trace, looksLeft);
      if (trace.raceCount > 0 && raceCount !== trace.raceCount) raced.push(traceId);
      else if (trace.raceCount > 0 && looksLeft === httpLimits.liveLooks) raced.push(traceId);
    }
    if (raced.length > 0) await this.#tellRaces(raced);
  }

  async #tellRaces(traceIds: readonly string[]): Promise<void> {
    const issues = await this.#storage.derived.issuesOfTraces(traceIds, httpLimits.liveRacesAsked);
    for (const issue of issues) {
      const { fingerprint } = issue.subject;
      if (this.#races.has(fingerprint)) continue;
      this.#races.add(fingerprint);
      if (issue.firstNs === null || BigInt(issue.firstNs) < this.#startedNs) continue;
      this.#lastId += 1;
      this.#publish({ kind: 'race', id: this.#lastId, issue });
    }
  }

  #tellStats(nowMs: number): void {
    const stats = {
      seconds: (nowMs - this.#statsMs) / 1000,
      events: this.#events,
      traces: this.#countedTraces.size,
      skippedTraces: this.#skipped,
    };
    this.#statsMs = nowMs;
    this.#events = 0;
    this.#skipped = 0;
    this.#countedTraces = new Set();
    for (const follower of [...this.#followers]) follower.tell({ kind: 'stats', stats });
  }

  #publish(news: LiveNews & { readonly id: number }): void {
    this.#ring.push(news);
    if (this.#ring.length > httpLimits.liveNewsKept) this.#ring.shift();
    for (const follower of [...this.#followers]) follower.tell(news);
  }
}

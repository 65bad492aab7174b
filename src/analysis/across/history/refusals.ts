import { lowerBound } from '../../../domain/lower-bound.ts';
import { overlap, type Window } from './timeline.ts';
import type { Access, Visit } from './visits.ts';

/** From the first attempt to the last. */
interface Trial {
  readonly window: Window;
  /** The latest end of this one and of those that began before it. */
  readonly latestNs: bigint;
}

/**
 * Where and when a store refused statements because transactions could not be put in an order. It does so to
 * all that a place in the code makes at that level, also to those that it had no reason to refuse.
 */
export class Refusals {
  /** By site, sorted by their beginning. */
  readonly #trials = new Map<string, readonly Trial[]>();
  /** Of visits in which a second row was refused. */
  readonly #seconds: readonly Trial[];

  constructor(visits: readonly Visit[]) {
    const windows = new Map<string, Window[]>();
    const seconds: Window[] = [];
    for (const { accesses, widest } of visits) {
      const isSecond = accesses.some(({ source }) => source.statement?.isRefused === true);
      if (isSecond && widest !== null) seconds.push(widest);
      for (const access of accesses) {
        const refusedFromNs = access.source.statement?.refusedFromNs;
        if (refusedFromNs === undefined || !access.writes) continue;
        const key = keyOf(access);
        const window: Window = [BigInt(refusedFromNs), access.ns];
        windows.set(key, [...(windows.get(key) ?? []), window]);
      }
    }
    for (const [key, list] of windows) this.#trials.set(key, trialsOf(list));
    this.#seconds = trialsOf(seconds);
  }

  /** Whether the store refused a second row while a visit may have lasted: there it decides which one stands. */
  decidedIn({ widest }: Visit): boolean {
    return hasMet(this.#seconds, widest);
  }

  /** Whether writes of a site were refused while a visit may have lasted. */
  met(write: Access, { widest }: Visit): boolean {
    return hasMet(this.#trials.get(keyOf(write)) ?? [], widest);
  }
}

function hasMet(trials: readonly Trial[], widest: Window | null): boolean {
  if (widest === null) return false;
  const end = lowerBound(0, trials.length, (at) => (trials[at] as Trial).window[0] > widest[1]);
  const last = trials[end - 1];
  return last !== undefined && overlap([last.window[0], last.latestNs], widest);
}

function trialsOf(windows: readonly Window[]): readonly Trial[] {
  let latestNs = 0n;
  return windows
    .toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map((window) => {
      if (window[1] > latestNs) latestNs = window[1];
      return { window, latestNs };
    });
}

function keyOf({ signature: { service, location } }: Access): string {
  return JSON.stringify([service, location]);
}

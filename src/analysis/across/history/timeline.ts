import { lowerBound } from '../../../domain/lower-bound.ts';

/** From a first to a last moment, both included, in nanoseconds since 1970. */
export type Window = readonly [from: bigint, to: bigint];

/** Whether two windows have a moment in common. */
export function overlap(a: Window | null, b: Window | null): boolean {
  return a !== null && b !== null && a[0] <= b[1] && b[0] <= a[1];
}

/** Things that last, by the moment at which they begin; finds what was there when. */
export class Timeline<Item> {
  /** In the order that was given. */
  readonly items: readonly Item[];
  readonly #windows: readonly Window[];
  /** For each item the latest end among it and those before. */
  readonly #latestEnds: readonly bigint[];

  /** @param items sorted by the beginning of their windows */
  constructor(items: readonly Item[], windowOf: (item: Item) => Window) {
    this.items = items;
    this.#windows = items.map(windowOf);
    let latest: bigint | null = null;
    this.#latestEnds = this.#windows.map(([, end]) => {
      if (latest === null || end > latest) latest = end;
      return latest;
    });
  }

  /** The time from the first to the last moment of a window and of all that overlap it. */
  reachOf([from, to]: Window): Window {
    const end = this.#countBegun(to);
    const first = this.#windows[this.#firstLasting(from, end)]?.[0];
    const last = this.#latestEnds[end - 1];
    return [
      first === undefined || first > from ? from : first,
      last === undefined || last < to ? to : last,
    ];
  }

  /** What overlaps a window, by beginning. */
  *within(window: Window): Generator<Item> {
    const end = this.#countBegun(window[1]);
    for (let at = this.#firstLasting(window[0], end); at < end; at += 1) {
      if (overlap(this.#windows[at] as Window, window)) yield this.items[at] as Item;
    }
  }

  /** What began before a place and overlaps a window, the latest first. */
  *before(place: number, window: Window): Generator<Item> {
    for (let at = place - 1; at >= 0; at -= 1) {
      if ((this.#latestEnds[at] as bigint) < window[0]) return;
      if (overlap(this.#windows[at] as Window, window)) yield this.items[at] as Item;
    }
  }

  /** What began at or after a place and overlaps a window that begins there, the earliest first. */
  *after(place: number, window: Window): Generator<Item> {
    const end = this.#countBegun(window[1]);
    for (let at = place; at < end; at += 1) yield this.items[at] as Item;
  }

  #countBegun(moment: bigint): number {
    return lowerBound(0, this.#windows.length, (at) => (this.#windows[at] as Window)[0] > moment);
  }

  /** The first item that had not ended before a moment. */
  #firstLasting(moment: bigint, end: number): number {
    return lowerBound(0, end, (at) => (this.#latestEnds[at] as bigint) >= moment);
  }
}

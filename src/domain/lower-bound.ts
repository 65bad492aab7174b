/**
 * The first place from `from` on for which something holds; `end` when there is none before it. What
 * holds for a place must hold for all behind it, too: it is found by halving.
 */
export function lowerBound(from: number, end: number, holds: (place: number) => boolean): number {
  let low = from;
  let high = end;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}

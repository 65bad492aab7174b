import { compareCodePoints } from '../domain/code-points.ts';
import type { Footprint } from '../domain/findings/footprint.ts';
import type { Neighbour } from './derived.ts';

/**
 * By trace and variable, where traces were found, and are not any more: places of footprints that no new one of the same trace and
 * variable covers. Who met a trace there has to be compared anew, and the trace itself does not tell that now.
 *
 * @param before footprints that were replaced
 */
export function leftPlaces(
  before: readonly Neighbour[],
  after: readonly Footprint[],
): readonly Neighbour[] {
  const windows = new Map(
    after.map(({ traceId, variable, firstNs, lastNs }) => [
      JSON.stringify([traceId, variable]),
      [BigInt(firstNs), BigInt(lastNs)] as const,
    ]),
  );
  const left = before.filter(({ traceId, variable, firstNs, lastNs }) => {
    const window = windows.get(JSON.stringify([traceId, variable]));
    return window === undefined || firstNs < window[0] || lastNs > window[1];
  });
  return left.sort(
    (a, b) => compareCodePoints(a.traceId, b.traceId) || compareCodePoints(a.variable, b.variable),
  );
}

import { Timeline, type Window } from '../analysis/across/history/timeline.ts';
import { CLOCK_ERROR_NS_MAX } from '../domain/clock-error.ts';
import type { Neighbour } from '../storage/derived.ts';
import type { Target } from './neighbourhood.ts';

const ERROR_NS = BigInt(CLOCK_ERROR_NS_MAX);
/** Companions of a trace that are looked for on either side, the nearest by begin first. */
const COMPANIONS_MAX = 64;

/** What is known of a trace from its visits to some variables. */
interface Itinerary {
  readonly traceId: string;
  readonly variables: ReadonlySet<string>;
  readonly window: Window;
}

/**
 * By trace: others that were under way at the same time and used at least two of its variables, though
 * perhaps none of them at one time: what they did to variables that are written together may be torn.
 *
 * @param targets footprints of the traces
 * @param found what was read around the targets
 */
export function companionsOf(
  targets: readonly Target[],
  found: readonly Neighbour[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const itineraries = itinerariesOf(targets, found);
  const timeline = new Timeline(itineraries, ({ window }) => window);
  const wanted = new Set(targets.map(({ traceId }) => traceId));
  const companions = new Map<string, ReadonlySet<string>>();
  itineraries.forEach((own, place) => {
    if (!wanted.has(own.traceId)) return;
    const met = new Set<string>();
    for (const side of [
      timeline.before(place, own.window),
      timeline.after(place + 1, own.window),
    ]) {
      let looked = 0;
      for (const other of side) {
        if (looked === COMPANIONS_MAX) break;
        looked += 1;
        if (sharesTwo(own.variables, other.variables)) met.add(other.traceId);
      }
    }
    if (met.size > 0) companions.set(own.traceId, met);
  });
  return companions;
}

/** Of traces that used several variables, by begin. */
function itinerariesOf(
  targets: readonly Target[],
  found: readonly Neighbour[],
): readonly Itinerary[] {
  const byTrace = new Map<string, { variables: Set<string>; window: Window }>();
  for (const { traceId, variable, firstNs, lastNs } of [...targets, ...found]) {
    const [from, to] = [BigInt(firstNs) - ERROR_NS, BigInt(lastNs) + ERROR_NS];
    const known = byTrace.get(traceId);
    if (known === undefined) {
      byTrace.set(traceId, { variables: new Set([variable]), window: [from, to] });
      continue;
    }
    const [first, last] = known.window;
    known.variables.add(variable);
    known.window = [from < first ? from : first, to > last ? to : last];
  }
  return [...byTrace]
    .filter(([, { variables }]) => variables.size > 1)
    .map(([traceId, itinerary]) => ({ traceId, ...itinerary }))
    .sort((a, b) => compareBegins(a, b));
}

function compareBegins(a: Itinerary, b: Itinerary): number {
  if (a.window[0] !== b.window[0]) return a.window[0] < b.window[0] ? -1 : 1;
  return a.traceId < b.traceId ? -1 : 1;
}

function sharesTwo(one: ReadonlySet<string>, two: ReadonlySet<string>): boolean {
  let shared = 0;
  for (const variable of one) {
    if (two.has(variable)) shared += 1;
    if (shared === 2) return true;
  }
  return false;
}

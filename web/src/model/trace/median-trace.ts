import { stepKeys } from './comparison.ts';
import type { Timeline } from './timeline.ts';
import { wordsOf } from './timeline.ts';

/** What stands for a value that differs from trace to trace. */
export const variesText = 'varies';

interface Occurrences {
  readonly timeline: Timeline;
  /** Its row in that timeline, the first that had it. */
  readonly row: number;
  readonly starts: number[];
  readonly tooks: number[];
  value: string | null;
}

/**
 * What traces of one operation are like: the steps that more than half of them have, each as late and as long
 * as in the middle one of them.
 */
export function medianTrace(timelines: readonly Timeline[]): Timeline | null {
  const [first] = timelines;
  if (first === undefined) return null;
  const steps = new Map<string, Occurrences>();
  for (const timeline of timelines) {
    stepKeys(timeline).forEach((key, row) => {
      const { startUs, tookUs, value } = wordsOf(timeline, row);
      const known = steps.get(key) ?? { timeline, row, starts: [], tooks: [], value };
      if (known.value !== value) known.value = variesText;
      known.starts.push(startUs);
      known.tooks.push(tookUs ?? 0);
      steps.set(key, known);
    });
  }
  const usual = [...steps.values()]
    .filter(({ starts }) => starts.length * 2 > timelines.length)
    .map((step) => ({ ...step, start: median(step.starts), took: median(step.tooks) }))
    .sort((a, b) => a.start - b.start || b.took - a.took);
  return rowsOf(usual, first, median(timelines.map(({ totalUs }) => totalUs)));
}

function rowsOf(
  steps: readonly (Occurrences & { readonly start: number; readonly took: number })[],
  { base }: Timeline,
  totalUs: number,
): Timeline {
  const words = steps.map(({ timeline, row }) => wordsOf(timeline, row));
  const column = <Item>(of: (place: number) => Item) => steps.map((_, place) => of(place));
  const own = column((place) => place);
  return {
    ...{ rows: steps.length, base, startUs: 0, totalUs },
    tables: {
      kinds: words.map(({ kind }) => kind),
      services: words.map(({ service }) => service),
      names: words.map(({ name }) => name),
      places: words.map(({ place }) => place),
      threads: words.map(({ thread }) => thread),
      values: steps.map(({ value }) => value ?? ''),
    },
    start: Float64Array.from(steps, ({ start }) => start),
    end: Float64Array.from(steps, ({ start, took }) => start + took),
    depth: Int32Array.from(steps, ({ timeline, row }) => timeline.depth[row] ?? 0),
    ...{ kind: own, service: own, name: own, place: own, thread: own },
    value: column((place) => (steps[place]?.value === null ? -1 : place)),
    flags: words.map(({ flags }) => flags),
    slack: column(() => -1),
    sections: new Map(),
    ...{ skew: own.map(() => 0), locks: own.map(() => 0), lockSets: [[]] },
    races: new Map(),
  };
}

/** The middle one; of two the lower, which somebody really measured. */
function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}

import { flag, type RowWords, type Timeline, wordsOf } from './timeline.ts';

/** One step of two traces side by side. */
export interface ComparedStep {
  /** Null: the trace has no such step. */
  readonly a: RowWords | null;
  readonly b: RowWords | null;
  readonly depth: number;
  /** By how much B took longer; null where one of both took no time. */
  readonly changeUs: number | null;
  readonly hasOtherValue: boolean;
}

export interface Comparison {
  readonly steps: readonly ComparedStep[];
  readonly inBoth: number;
  /** The longer one: both are drawn on one scale. */
  readonly totalUs: number;
}

/** Matches the steps of two traces: of the same service, kind and name, the n-th with the n-th. */
export function compareTimelines(a: Timeline, b: Timeline): Comparison {
  const keysOfA = stepKeys(a);
  const keysOfB = stepKeys(b);
  const inA = new Set(keysOfA);
  const rowInB = new Map(keysOfB.map((key, row) => [key, row]));
  const steps: ComparedStep[] = [];
  let inBoth = 0;
  let nextOfB = 0;
  /** Steps that B alone has, up to a row of it, in their places. */
  const addOwnOfB = (end: number) => {
    for (; nextOfB < end; nextOfB += 1) {
      if (!inA.has(keysOfB[nextOfB] ?? '')) steps.push(stepOf(a, b, null, nextOfB));
    }
  };
  keysOfA.forEach((key, row) => {
    const match = rowInB.get(key);
    if (match === undefined) {
      steps.push(stepOf(a, b, row, null));
      return;
    }
    if (match >= nextOfB) addOwnOfB(match);
    inBoth += 1;
    steps.push(stepOf(a, b, row, match));
  });
  addOwnOfB(keysOfB.length);
  return { steps, inBoth, totalUs: Math.max(a.totalUs, b.totalUs) };
}

/** One text for each row, of which no other row of the trace has the same. */
export function stepKeys(timeline: Timeline): string[] {
  const seen = new Map<string, number>();
  return Array.from({ length: timeline.rows }, (_, row) => {
    const { service, kind, name, flags } = wordsOf(timeline, row);
    const lock = (flags & flag.lock) === 0 ? '' : 'lock';
    const does = (flags & flag.writes) === 0 ? 'reads' : 'writes';
    const key = JSON.stringify([service, kind, name, lock, does]);
    const number = (seen.get(key) ?? 0) + 1;
    seen.set(key, number);
    return `${number} ${key}`;
  });
}

function stepOf(
  timelineA: Timeline,
  timelineB: Timeline,
  rowA: number | null,
  rowB: number | null,
): ComparedStep {
  const a = rowA === null ? null : wordsOf(timelineA, rowA);
  const b = rowB === null ? null : wordsOf(timelineB, rowB);
  const [tookA, tookB] = [a?.tookUs ?? null, b?.tookUs ?? null];
  const depth = rowA === null ? timelineB.depth[rowB ?? -1] : timelineA.depth[rowA];
  return {
    a,
    b,
    depth: depth ?? 0,
    changeUs: tookA === null || tookB === null ? null : tookB - tookA,
    hasOtherValue: a !== null && b !== null && a.value !== b.value,
  };
}

export const comparisonFilters = ['all', 'slower', 'one', 'values'] as const;
export type ComparisonFilter = (typeof comparisonFilters)[number];

/** The steps that a filter lets through. */
export function filterSteps(
  steps: readonly ComparedStep[],
  filter: ComparisonFilter,
): readonly ComparedStep[] {
  if (filter === 'slower') return steps.filter(({ changeUs }) => (changeUs ?? 0) > 0);
  if (filter === 'one') return steps.filter(({ a, b }) => a === null || b === null);
  if (filter === 'values') return steps.filter(({ hasOtherValue }) => hasOtherValue);
  return steps;
}

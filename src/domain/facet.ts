import { compareCodePoints } from './code-points.ts';

/** A value that some of what was looked at has, and how many do. */
export interface FacetValue {
  readonly value: string;
  readonly count: number;
}

/** The values of one member, those that most have first. */
export interface Facet {
  readonly values: readonly FacetValue[];
  /** Values that are not among them. */
  readonly leftOut: number;
}

/** Values shown of one facet. */
export const FACET_VALUES_SHOWN = 20;

/** Counts the values that a member has; of equal counts the first by code points comes first. */
export function facetOf<Item>(
  items: readonly Item[],
  valuesOf: (item: Item) => readonly string[],
): Facet {
  const counts = new Map<string, number>();
  for (const item of items) {
    for (const value of new Set(valuesOf(item))) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const values = [...counts]
    .map(([value, count]) => ({ value, count }))
    .sort((a, b) => b.count - a.count || compareCodePoints(a.value, b.value));
  return {
    values: values.slice(0, FACET_VALUES_SHOWN),
    leftOut: Math.max(0, values.length - FACET_VALUES_SHOWN),
  };
}

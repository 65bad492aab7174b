import { namedOperation, requestOperation } from '../domain/event/operation.ts';
import type { TraceRow } from './trace-rows.ts';

/** A step of two traces, or of one of them: the nth of its service, kind and name in each. */
export interface ComparedStep {
  readonly service: string;
  readonly kind: string;
  /** What differs from call to call is `*`. */
  readonly name: string;
  readonly one: TraceRow | null;
  readonly other: TraceRow | null;
}

/** Matches the steps of two traces: those of the first in their order, then what only the second has. */
export function compareTraces(
  one: readonly TraceRow[],
  other: readonly TraceRow[],
): ComparedStep[] {
  const waiting = new Map<string, TraceRow[]>();
  for (const row of other) {
    const list = waiting.get(keyOf(row));
    if (list === undefined) waiting.set(keyOf(row), [row]);
    else list.push(row);
  }
  /** How many of each key have found their like. */
  const taken = new Map<string, number>();
  const matched = new Set<TraceRow>();
  const steps = one.map((row) => {
    const key = keyOf(row);
    const nth = taken.get(key) ?? 0;
    taken.set(key, nth + 1);
    const like = waiting.get(key)?.[nth] ?? null;
    if (like !== null) matched.add(like);
    return stepOf(row, row, like);
  });
  const rest = other.filter((row) => !matched.has(row));
  return [...steps, ...rest.map((row) => stepOf(row, null, row))];
}

function stepOf(row: TraceRow, one: TraceRow | null, other: TraceRow | null): ComparedStep {
  return { service: row.service, kind: row.kind, name: patternOf(row), one, other };
}

function keyOf(row: TraceRow): string {
  return JSON.stringify([row.service, row.kind, patternOf(row)]);
}

function patternOf({ kind, name }: TraceRow): string {
  if (kind !== 'HttpRequest') return namedOperation(name);
  const space = name.indexOf(' ');
  return space < 0 ? name : requestOperation(name.slice(0, space), name.slice(space + 1));
}

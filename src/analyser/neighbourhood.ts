import { budgets } from '../analysis/budgets.ts';
import type { Footprint } from '../domain/footprint.ts';
import type { RecordLimit } from '../domain/trace-record.ts';
import type { Neighbour } from '../storage/derived.ts';

/** The time from a first access to a last one, or of a transaction. */
export type Window = Pick<Neighbour, 'firstNs' | 'lastNs'>;

/** Traces that a trace is compared with. */
export interface Neighbourhood {
  readonly traceIds: ReadonlySet<string>;
  /** The budget that may have kept others out. */
  readonly truncatedBy: RecordLimit | null;
}

export function overlap(a: Window, b: Window): boolean {
  return a.lastNs >= b.firstNs && a.firstNs <= b.lastNs;
}

/**
 * Chooses the neighbours that count: transactions, and traces near enough in time. The choice is
 * cut when one side has as many neighbours as are read and the furthest is still near, for one
 * behind it may be near too. Transactions further away are read as far as the budget goes; where
 * they end cuts nothing.
 */
export function neighbourhoodOf(
  target: readonly Footprint[],
  neighbours: readonly Neighbour[],
): Neighbourhood {
  const traceIds = new Set<string>();
  let truncatedBy: RecordLimit | null = null;
  for (const { traceId, variable, firstNs, lastNs } of target) {
    const there = neighbours.filter((neighbour) => neighbour.variable === variable);
    const own = { firstNs: BigInt(firstNs), lastNs: BigInt(lastNs) };
    const overlapping = there.filter((other) => overlap(other, own));
    const reach = overlapping.reduce<Window>(joint, own);
    const isNear = (other: Window) => overlapping.length > 0 && overlap(other, reach);
    for (const other of there) {
      if (isNear(other) || other.isTransaction) traceIds.add(other.traceId);
    }
    const place = { traceId, firstNs: own.firstNs };
    const before = there.filter((other) => comparePlaces(other, place) < 0);
    const after = there.filter((other) => comparePlaces(other, place) > 0);
    const isFull = {
      before: before.length >= budgets.neighboursBefore,
      after: after.length >= budgets.neighboursAfter,
    };
    if (isFull.before && isNear(furthest(before, -1))) truncatedBy ??= 'neighbours_before';
    if (isFull.after && isNear(furthest(after, 1))) truncatedBy ??= 'neighbours_after';
  }
  return { traceIds, truncatedBy };
}

/**
 * Whether one side has more transactions that overlap the target than a search for dependency
 * cycles looks at (src/analysis/across/cycle-findings.ts).
 */
export function isCycleWindowFull(own: Window, others: readonly Footprint[]): boolean {
  const earlier = new Set<string>();
  const later = new Set<string>();
  for (const { traceId, transaction } of others) {
    if (transaction === null) continue;
    const other = { firstNs: BigInt(transaction.beginNs), lastNs: BigInt(transaction.endNs) };
    if (overlap(other, own)) (other.firstNs <= own.firstNs ? earlier : later).add(traceId);
  }
  return earlier.size >= budgets.cycleTraces || later.size > budgets.cycleTraces;
}

function joint(a: Window, b: Window): Window {
  return {
    firstNs: a.firstNs < b.firstNs ? a.firstNs : b.firstNs,
    lastNs: a.lastNs > b.lastNs ? a.lastNs : b.lastNs,
  };
}

/** The first or the last by place of some neighbours, of which there is at least one. */
function furthest(neighbours: readonly Neighbour[], direction: -1 | 1): Neighbour {
  return neighbours.reduce((best, other) =>
    comparePlaces(other, best) * direction > 0 ? other : best,
  );
}

type Place = Pick<Neighbour, 'firstNs' | 'traceId'>;

function comparePlaces(a: Place, b: Place): number {
  if (a.firstNs !== b.firstNs) return a.firstNs < b.firstNs ? -1 : 1;
  return a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0;
}

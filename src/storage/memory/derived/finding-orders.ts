import { compareCodePoints } from '../../../domain/code-points.ts';
import { compareRanked } from '../../../domain/findings/ranking.ts';
import type { OwnedFinding } from './issue-entry.ts';

/** Those that deserve a look first in front. */
export function byRank(a: OwnedFinding, b: OwnedFinding): number {
  return compareRanked(a, b) || compareOwners(a, b);
}

/** By the first access. */
export function byFirst(a: OwnedFinding, b: OwnedFinding): number {
  return compareTimes(a.firstNs, b.firstNs) || compareOwners(a, b);
}

/** By the last access. */
export function byLast(a: OwnedFinding, b: OwnedFinding): number {
  return compareTimes(a.lastNs, b.lastNs) || compareOwners(a, b);
}

/** A trace has at most two findings of one issue: one inside, one across. */
function compareOwners(a: OwnedFinding, b: OwnedFinding): number {
  return compareCodePoints(a.ownerId, b.ownerId) || Number(a.isAcross) - Number(b.isAcross);
}

function compareTimes(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import { compareCodePoints } from '../../../domain/code-points.ts';
import type { IssueQuery } from '../../../domain/findings/issue.ts';
import { compareRanked, type Ranked } from '../../../domain/findings/ranking.ts';
import type { IssueTraits } from '../../../domain/issue-traits.ts';
import type { Entry } from './issue-entry.ts';

/** An issue that a list sorts. */
export type SortedEntry = Ranked & { readonly entry: Entry; readonly traits: IssueTraits };

export const issueOrders: Readonly<
  Record<IssueQuery['sort'], (a: SortedEntry, b: SortedEntry) => number>
> = {
  rank: compareRanked,
  last_seen: (a, b) => latestFirst(a.traits.lastNs, b.traits.lastNs) || compareRanked(a, b),
  first_seen: (a, b) => latestFirst(a.traits.firstNs, b.traits.firstNs) || compareRanked(a, b),
  variable: (a, b) =>
    compareCodePoints(a.traits.variable, b.traits.variable) || compareRanked(a, b),
};

/** What has no time comes last. */
function latestFirst(a: bigint | null, b: bigint | null): number {
  if (a === null || b === null) return Number(a === null) - Number(b === null);
  return b < a ? -1 : b > a ? 1 : 0;
}

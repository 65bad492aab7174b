import type sortedBtree from 'sorted-btree';
import type { Evidence, IssueSubject, Pattern } from '../../../domain/findings/finding.ts';
import {
  countOf,
  type Issue,
  pairsPossibleOf,
  WITNESSES_SHOWN,
} from '../../../domain/findings/issue.ts';
import { possibleTraits, type Ranked, rankOf } from '../../../domain/findings/ranking.ts';
import { releasesIn } from '../../../domain/findings/seen-release.ts';
import type { Disposition } from '../../../domain/findings/triage.ts';
import type { IssueTraits } from '../../../domain/issue-traits.ts';
import type { CountedFinding } from '../../../domain/trace/trace-record.ts';
import type { ToldEntry } from './meeting-book.ts';

/** A finding and the trace that owns it. */
export interface OwnedFinding extends CountedFinding {
  readonly ownerId: string;
  readonly firstNs: bigint;
  readonly lastNs: bigint;
}

type Order = sortedBtree.default<OwnedFinding, true>;

/** An issue of the memory backend, with its findings in the orders that they are shown in. */
export interface Entry extends ToldEntry {
  readonly subject: IssueSubject;
  provenPairs: number;
  overlappingPairs: number;
  pairs: number;
  tracePairs: number;
  disposition: Disposition;
  readonly byRank: Order;
  readonly byFirst: Order;
  readonly byLast: Order;
}

/** Of the best finding; of the possibility when there is none. */
export function namesOf({ subject, byRank: order }: Entry): {
  evidence: Evidence;
  pattern: Pattern;
} {
  const { evidence, pattern } = order.minKey() ?? possibleTraits(subject);
  return { evidence, pattern };
}

/** When it happened last, of its findings; null when there are none. */
export function lastNsOf({ byLast: order }: Entry): bigint | null {
  return order.maxKey()?.lastNs ?? null;
}

/** An issue as lists sort it. */
export function rankedEntry(entry: Entry): Ranked & { readonly entry: Entry } {
  const { subject, byRank: order } = entry;
  const rank = order.minKey()?.rank ?? rankOf(possibleTraits(subject));
  return { rank, lastNs: lastNsOf(entry), fingerprint: subject.fingerprint, entry };
}

/** Whether an issue happened or may have. */
export function isLive(entry: Entry): boolean {
  return countOf(entry) > 0;
}

/** Whether an issue says nothing of its traces: others tell it, or it is ignored. */
export function saysNothing({
  isTold,
  disposition,
}: Pick<Entry, 'isTold' | 'disposition'>): boolean {
  return isTold || disposition.state === 'ignored';
}

/** What lists filter an issue by. */
export function traitsOf(entry: Entry): IssueTraits {
  const { subject, byRank, byFirst, byLast, disposition } = entry;
  const { variable, scope, severity, services, environments, sites } = subject;
  return {
    ...{ variable, scope, severity, services, environments },
    ...namesOf(entry),
    isRequestLocal: byRank.minKey()?.isRequestLocal === true,
    locations: sites.map(({ location }) => location),
    state: disposition.state,
    firstNs: byFirst.minKey()?.firstNs ?? null,
    lastNs: byLast.maxKey()?.lastNs ?? null,
  };
}

/** What the best finding of an issue says of its meeting. */
export function bestMeeting({ byRank: order }: Entry): Omit<ToldEntry, 'isTold'> {
  const first = order.minKey();
  return { meeting: first?.meeting ?? null, pattern: first?.pattern ?? null };
}

/** Its first finding and its last one. */
export function outermost({ byFirst, byLast }: Entry): readonly OwnedFinding[] {
  return [byFirst.minKey() ?? [], byLast.maxKey() ?? []].flat();
}

/** An issue as it is shown. */
export function issueOf(
  entry: Entry,
  fingerprint: string,
  witnessed: readonly OwnedFinding[],
  textOf: (finding: OwnedFinding) => string,
): Issue {
  const { subject, tracePairs, byRank: order } = entry;
  const [firstReleases = [], lastReleases = []] = outermost(entry).map((finding) =>
    releasesIn(textOf(finding)),
  );
  const first = order.minKey();
  return {
    subject,
    fingerprint,
    ...namesOf(entry),
    anomalyClass: first?.anomalyClass ?? null,
    verdict: first?.verdict ?? null,
    count: countOf(entry),
    pairsPossible: pairsPossibleOf(entry),
    tracePairs,
    firstNs: entry.byFirst.minKey()?.firstNs.toString() ?? null,
    lastNs: lastNsOf(entry)?.toString() ?? null,
    firstReleases,
    lastReleases,
    witnesses: witnessed.map(textOf),
    disposition: entry.disposition,
  };
}

/** An issue to be shown, and the findings whose witnesses it shows. */
export interface Shown {
  readonly entry: Entry;
  readonly witnessed: readonly OwnedFinding[];
}

/** An issue with its best findings. */
export function best(entry: Entry): Shown {
  const witnessed: OwnedFinding[] = [];
  const isLocal = entry.byRank.minKey()?.isRequestLocal;
  for (const finding of entry.byRank.keys()) {
    if (witnessed.length === WITNESSES_SHOWN) break;
    if (finding.isRequestLocal === isLocal) witnessed.push(finding);
  }
  return { entry, witnessed };
}

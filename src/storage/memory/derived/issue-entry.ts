import type sortedBtree from 'sorted-btree';
import {
  type Evidence,
  evidenceLevels,
  type IssueSubject,
  type Pattern,
} from '../../../domain/findings/finding.ts';
import { countOf, type HiddenIssues, type IssueFilter } from '../../../domain/findings/issue.ts';
import {
  isDoubtful,
  possibleTraits,
  type Ranked,
  rankOf,
} from '../../../domain/findings/ranking.ts';
import type { Disposition } from '../../../domain/findings/triage.ts';
import type { CountedFinding } from '../../../domain/trace-record.ts';
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

/** Whether an issue is there, and all that was asked of it but for the reasons to hide it holds. */
export function isAskedFor(filter: IssueFilter, entry: Entry): boolean {
  if (!isLive(entry)) return false;
  const {
    evidenceMin: _evidence,
    anyScope: _scope,
    state,
    ...others
  } = filterAnswers(filter, entry);
  return (filter.state === null || state) && Object.values(others).every((passes) => passes);
}

/** Why an issue is not shown that was asked for; null: it is. */
export function reasonToHide(filter: IssueFilter, entry: Entry): keyof HiddenIssues | null {
  const { evidenceMin, anyScope, state } = filterAnswers(filter, entry);
  if (evidenceMin && anyScope) return state ? null : 'ignored';
  if (entry.byRank.minKey()?.isRequestLocal === true) return 'requestLocal';
  return evidenceMin ? 'unknownScope' : 'belowEvidence';
}

/** Whether an issue passes each member of a filter. */
function filterAnswers(filter: IssueFilter, entry: Entry) {
  const { evidenceMin, variable, service, environment, severity, pattern, anyScope, state } =
    filter;
  const { subject, disposition } = entry;
  const best = namesOf(entry);
  return {
    evidenceMin: evidenceLevels.indexOf(best.evidence) >= evidenceLevels.indexOf(evidenceMin),
    variable: variable === null || subject.variable === variable,
    service: service === null || subject.services.includes(service),
    environment: environment === null || subject.environments.includes(environment),
    severity: severity === null || subject.severity === severity,
    pattern: pattern === null || best.pattern === pattern,
    anyScope: anyScope || !isDoubtful({ scope: subject.scope, evidence: best.evidence }),
    state:
      state === null
        ? disposition.state !== 'ignored'
        : state === 'any' || disposition.state === state,
  } satisfies { readonly [Name in keyof IssueFilter]: boolean };
}

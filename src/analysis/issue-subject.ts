import type { IssueSubject, PairScope } from '../domain/finding.ts';
import type { AccessSite, FootprintSignature } from '../domain/footprint.ts';
import { isAtomic, isWrite } from './accesses.ts';
import { fingerprint, siteText } from './fingerprint.ts';
import { excludeEachOther } from './lock-sets.ts';
import { severityOf } from './race-detail.ts';
import { pairScope, variablePattern } from './variables.ts';

/** What stays the same of an issue: sorted as its fingerprint sorts. */
export function issueSubject(
  scope: PairScope,
  variable: string,
  sites: readonly [AccessSite, AccessSite],
): IssueSubject {
  const [first, second] = sites.map(plainSite) as [AccessSite, AccessSite];
  const sorted = siteText(first) <= siteText(second) ? [first, second] : [second, first];
  const services = [...new Set([first.service, second.service])].filter((name) => name !== '');
  return {
    fingerprint: fingerprint(scope, variable, sites),
    variable: variablePattern(variable),
    scope,
    sites: sorted as [AccessSite, AccessSite],
    services: services.sort(),
    severity: severityOf(first, second),
  };
}

/** Whether accesses of two traces can race: may meet, one writes, one is not atomic, no lock between them. */
export function crossConflict(a: FootprintSignature, b: FootprintSignature): PairScope | null {
  if (!isWrite(a) && !isWrite(b)) return null;
  if (isAtomic(a) && isAtomic(b)) return null;
  if (a.undone || b.undone || excludeEachOther(a.crossLocks, b.crossLocks)) return null;
  return meetingScope(a, b);
}

/** Whether accesses of two traces may meet the same variable, and in what scope. */
export function meetingScope(a: FootprintSignature, b: FootprintSignature): PairScope | null {
  return pairScope(a.scope, b.scope, a.process === b.process);
}

function plainSite({ service, location, access_type, locks }: AccessSite): AccessSite {
  return { service, location, access_type, locks };
}

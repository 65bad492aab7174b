import type { IssueSubject, PairScope } from '../../domain/findings/finding.ts';
import type { AccessSite, PlacedSite } from '../../domain/findings/footprint.ts';
import { isAtomic, isWrite, severityOf } from '../accesses/accesses.ts';
import { excludeEachOther } from '../accesses/lock-sets.ts';
import { pairScope, variablePattern } from '../accesses/variables.ts';
import { fingerprintIn, fingerprintOf, lockPatterns, siteText } from './fingerprint.ts';

/** A site of an issue, with what names it. */
export interface SubjectSite {
  readonly site: AccessSite;
  readonly text: string;
  readonly environment: string;
}

/** A site, and the environment that it was used in. */
export type IssueSite = AccessSite & Pick<PlacedSite, 'environment'>;

/** A site as an issue names it: locks with ids in their names as `*`. */
export function subjectSite(placed: IssueSite): SubjectSite {
  const { service, location, access_type, locks, environment } = placed;
  const site = { service, location, access_type, locks: lockPatterns(locks) };
  return { site, text: siteText(site), environment };
}

/** What stays the same of an issue: sorted as its fingerprint sorts. */
export function issueSubject(
  scope: PairScope,
  variable: string,
  [a, b]: readonly [IssueSite, IssueSite],
): IssueSubject {
  return subjectOf(scope, variablePattern(variable), [subjectSite(a), subjectSite(b)]);
}

/** The same, for those who have the parts already: most of the time goes into making them. */
export function subjectOf(
  scope: PairScope,
  pattern: string,
  [a, b]: readonly [SubjectSite, SubjectSite],
): IssueSubject {
  const [first, second] = a.text <= b.text ? [a, b] : [b, a];
  const services = [...new Set([first.site.service, second.site.service])];
  const environments = [...new Set([a.environment, b.environment])].sort();
  const fingerprint = fingerprintOf(scope, pattern, a.site.service, [first.text, second.text]);
  return {
    fingerprint: fingerprintIn(environments, fingerprint),
    variable: pattern,
    scope,
    sites: [first.site, second.site],
    services: services.filter((name) => name !== '').sort(),
    environments,
    severity: severityOf(first.site, second.site),
  };
}

/** Whether accesses of two traces can race: may meet, one writes, one is not atomic, no lock between them. */
export function crossConflict(a: PlacedSite, b: PlacedSite): PairScope | null {
  if (!isWrite(a) && !isWrite(b)) return null;
  if (isAtomic(a) && isAtomic(b)) return null;
  if (a.undone || b.undone || excludeEachOther(a.crossLocks, b.crossLocks)) return null;
  return scopeAcross(a, b);
}

/** Whether accesses of two traces may meet the same variable, and in what scope. */
export function scopeAcross(a: PlacedSite, b: PlacedSite): PairScope | null {
  return pairScope(a, b, a.process === b.process);
}

import { potentialRaces } from '../analysis/issues/potential-races.ts';
import { remediesFor } from '../analysis/issues/remedies.ts';
import type { FindingWitness } from '../domain/findings/finding.ts';
import {
  anyIssue,
  type HiddenIssues,
  type Issue,
  type IssueFilter,
} from '../domain/findings/issue.ts';
import type { PotentialRace } from '../domain/findings/potential-race.ts';
import { hasText } from '../domain/issue-traits.ts';
import type { DerivedStore } from '../storage/derived.ts';
import { httpLimits } from './limits.ts';

/** What of a list is asked for. */
interface Place {
  readonly limit: number;
  readonly offset: number;
}

/** Nothing is hidden of potential races but what is of unknown scope. */
interface PotentialPage {
  readonly texts: readonly string[];
  readonly total: number;
  readonly hidden: HiddenIssues;
}

/**
 * Potential races as JSON texts, those seen most first: without those that a run has shown, which the
 * list of races has.
 */
export async function potentialTexts(
  derived: DerivedStore,
  filter: IssueFilter,
  { limit, offset }: Place,
): Promise<PotentialPage> {
  const shown = await derived.issues({
    ...anyIssue,
    variable: filter.variable,
    service: filter.service,
    environment: filter.environment,
    anyScope: true,
    state: 'any',
    sort: 'rank',
    limit: httpLimits.shownRacesMax,
    offset: 0,
  });
  const met = new Set(shown.issues.flatMap(meetingsOf));
  const courses = await derived.courses(httpLimits.lintedVariablesMax);
  const matching = potentialRaces(courses, filter.environment).filter(
    (race) => matches(race, filter) && !isShown(race, met),
  );
  const listed = matching.filter(({ scope }) => filter.anyScope || scope !== 'unknown');
  return {
    texts: listed.slice(offset, offset + limit).map(potentialText),
    total: listed.length,
    hidden: {
      belowEvidence: 0,
      unknownScope: matching.length - listed.length,
      requestLocal: 0,
      ignored: 0,
    },
  };
}

function matches({ variable, actor, rival, pattern }: PotentialRace, filter: IssueFilter): boolean {
  if (filter.variable !== null && filter.variable !== variable) return false;
  if (filter.pattern !== null && filter.pattern !== pattern) return false;
  const services = [actor.service, rival.service];
  const locations = [actor.check, actor.act, rival.write].map(({ location }) => location);
  if (filter.text !== null && !hasText({ variable, services, locations }, filter.text))
    return false;
  return filter.service === null || services.includes(filter.service);
}

/** In each environment two operations and the variable that they met on. */
function meetingsOf({ subject, witnesses }: Issue): readonly string[] {
  const [best] = witnesses;
  const events = best === undefined ? [] : (JSON.parse(best) as FindingWitness).events;
  const operations = events.map(({ operation }) => operation ?? '').sort();
  return subject.environments.map((name) => meetingName(name, subject.variable, operations));
}

function meetingName(environment: string, variable: string, operations: readonly string[]): string {
  return JSON.stringify([environment, variable, ...operations]);
}

/** Whether runs have shown a race wherever it is possible. */
function isShown(
  { environments, variable, actor, rival }: PotentialRace,
  met: ReadonlySet<string>,
): boolean {
  const operations = [actor.operation, rival.operation].sort();
  return environments.every((name) => met.has(meetingName(name, variable, operations)));
}

function potentialText(race: PotentialRace): string {
  const { fingerprint, environments, variable, scope, pattern, actor, rival, seenIn } = race;
  return JSON.stringify({
    fingerprint,
    potential: true,
    evidence: 'E0',
    environments,
    variable,
    scope,
    pattern,
    actor,
    rival,
    missing: missingIn(race),
    remedies: remediesFor({ ...race, sites: [actor.check, actor.act, rival.write] }),
    seen_in: seenIn,
  });
}

/** What the two routes lack, in a sentence. */
function missingIn({ scope, pattern, actor, rival, variable }: PotentialRace): string {
  const other =
    actor.operation === rival.operation && actor.service === rival.service
      ? 'a second request'
      : rival.operation;
  const start = `Nothing keeps ${other} from writing ${variable} between the read and the write of ${actor.operation}`;
  if (scope === 'process') return `${start}: no mutex is held from one to the other.`;
  if (pattern === 'check_then_insert') {
    return `${start}: no lock is held, no isolation level is set that would refuse, and no unique index is known.`;
  }
  return `${start}: no lock is held from one to the other, and no isolation level is set that would refuse.`;
}

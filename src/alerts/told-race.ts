import { remediesFor } from '../analysis/issues/remedies.ts';
import type { FindingWitness } from '../domain/findings/finding.ts';
import type { Issue } from '../domain/findings/issue.ts';
import { releaseText } from '../domain/findings/seen-release.ts';
import type { Place } from '../report/race.ts';
import type { ToldRace } from './alert.ts';

/** What others are told of an issue: its two places in the code, and no value of an event. */
export function toldRace(issue: Issue): ToldRace {
  const { subject, witnesses } = issue;
  const [one, other] = subject.sites;
  const [text] = witnesses;
  const events = text === undefined ? [] : (JSON.parse(text) as FindingWitness).events;
  const placeOf = (site: typeof one, event: (typeof events)[number] | undefined): Place => ({
    service: site.service,
    location: site.location,
    operation: event?.operation ?? null,
    function: event?.function ?? null,
    accessType: site.access_type,
    locks: site.locks.map(({ name }) => name),
  });
  return {
    race: {
      fingerprint: issue.fingerprint,
      variable: subject.variable,
      pattern: issue.pattern,
      evidence: issue.evidence,
      severity: subject.severity,
      count: issue.count,
      pairsAtRisk: issue.pairsPossible,
      firstSeen: timeOf(issue.firstNs),
      lastSeen: timeOf(issue.lastNs),
      firstRelease: releaseText(issue.firstReleases),
      lastRelease: releaseText(issue.lastReleases),
      places: [placeOf(one, events[0]), placeOf(other, events[1])],
      explanation: '',
      steps: [],
      remedies: remediesFor({ ...subject, pattern: issue.pattern }),
    },
    services: subject.services,
    environments: subject.environments,
  };
}

function timeOf(ns: string | null): string | null {
  return ns === null ? null : new Date(Number(BigInt(ns) / 1_000_000n)).toISOString();
}

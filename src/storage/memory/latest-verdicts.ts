import { compareCodePoints } from '../../domain/code-points.ts';
import type { LocatedVerdict, VerdictPlace, VerdictQuery } from '../../domain/latency/learnt.ts';
import type { StoredTrace } from './events/stored-trace.ts';

/** The verdicts of traces that a query asks for, the latest first. Few traces have any. */
export function latestVerdicts(
  traces: Iterable<StoredTrace>,
  query: VerdictQuery,
): LocatedVerdict[] {
  const found: LocatedVerdict[] = [];
  const { environment } = query;
  for (const { summary, latency } of traces) {
    if (environment !== null && !summary.environments.includes(environment)) continue;
    for (const verdict of latency.verdicts) {
      const located = { ...verdict, traceId: summary.traceId };
      if (isWanted(located, query)) found.push(located);
    }
  }
  return found.sort((a, b) => -comparePlaces(a, b)).slice(0, query.limit);
}

function isWanted(verdict: LocatedVerdict, query: VerdictQuery): boolean {
  const { sinceNs, untilNs, service, operation, before } = query;
  return (
    (sinceNs === null || verdict.timestampNs >= sinceNs) &&
    (untilNs === null || verdict.timestampNs < untilNs) &&
    (service === null || verdict.key.service === service) &&
    (operation === null || verdict.key.operation === operation) &&
    (before === null || comparePlaces(verdict, before) < 0)
  );
}

function comparePlaces(a: VerdictPlace, b: VerdictPlace): number {
  if (a.timestampNs !== b.timestampNs) return a.timestampNs < b.timestampNs ? -1 : 1;
  return compareCodePoints(a.traceId, b.traceId) || compareCodePoints(a.eventId, b.eventId);
}

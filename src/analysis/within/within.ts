import type { TraceEvent } from '../../domain/event/event.ts';
import { releaseOf } from '../../domain/event/release.ts';
import type { Finding, FindingEvent, IssueSubject } from '../../domain/findings/finding.ts';
import { provingEvidence } from '../../domain/findings/ranking.ts';
import type { Signature, StateChange } from '../accesses/accesses.ts';
import { Operations } from '../accesses/operations.ts';
import { sitePlace } from '../accesses/site-location.ts';
import { budgets } from '../budgets.ts';
import { siteText } from '../issues/fingerprint.ts';
import { issueSubject } from '../issues/issue-subject.ts';
import type { CausalOrder } from '../order/order.ts';
import { describeRace, type Race, sitesOf, verdictOf } from './race.ts';
import { interleavedSteps } from './witness.ts';

/**
 * The races inside a causal group as findings of its first trace: one per fingerprint, best rank
 * first. Of several variables with one pattern the best ranked gives the witness.
 */
export function findingsWithin(order: CausalOrder, races: readonly Race[]): readonly Finding[] {
  const findings = new Map<string, Finding>();
  races.forEach((race, place) => {
    const { scope, variable, count } = race.pair;
    const sites = sitesOf(order, race);
    const subject = issueSubject(scope, variable, sites);
    const known = findings.get(subject.fingerprint);
    const finding =
      known === undefined
        ? findingOf(order, race, sites, subject, place < budgets.raceWitnesses)
        : {
            ...known,
            provenPairs: known.provenPairs + provenPairs(race),
            overlappingPairs: known.overlappingPairs + count,
          };
    findings.set(subject.fingerprint, finding);
  });
  return [...findings.values()];
}

function findingOf(
  order: CausalOrder,
  race: Race,
  sites: readonly [Signature, Signature],
  subject: IssueSubject,
  withSteps: boolean,
): Finding {
  const { pair, traits } = race;
  const one = order.events[race.events[0]] as StateChange;
  const two = order.events[race.events[1]] as StateChange;
  // As the sites of the issue are sorted; where both are the same, the earlier comes first.
  const isTurned = siteText(sites[0]) > siteText(sites[1]);
  const [first, second] = race.events;
  const events = isTurned ? ([second, first] as const) : ([first, second] as const);
  const operations = new Operations(order);
  const toldEvent = (event: number) => findingEvent(order, operations, event);
  const steps = withSteps
    ? interleavedSteps(order, events)
    : ([
        [1, events[0]],
        [2, events[1]],
      ] as const);
  return {
    subject,
    otherTraceId: null,
    evidence: traits.evidence,
    pattern: traits.pattern,
    anomalyClass: null,
    isRequestLocal: false,
    verdict: verdictOf(race),
    locking: traits.locking,
    valueEffect: traits.valueEffect,
    provenPairs: provenPairs(race),
    overlappingPairs: pair.count,
    firstNs: String(one.timestampNs),
    lastNs: String(two.timestampNs),
    traceIds: [...new Set([one.traceId, two.traceId])].sort(),
    witness: {
      variable: pair.variable,
      events: [toldEvent(events[0]), toldEvent(events[1])],
      check: null,
      steps: steps.map(([column, event]) => ({
        column,
        variable: subjectOf(order.events[event] as TraceEvent),
        ...toldEvent(event),
      })),
      explanation: describeRace(race, isTurned ? [sites[1], sites[0]] : sites),
    },
  };
}

/** The pairs of a race, if values prove it. */
function provenPairs({ pair, traits }: Race): number {
  return provingEvidence.includes(traits.evidence) ? pair.count : 0;
}

/** What a step is about: a variable or a lock. */
function subjectOf(event: TraceEvent): string {
  if (event.kind === 'StateChange') return event.payload.variable;
  return event.kind === 'LockAcquire' || event.kind === 'LockRelease' ? event.payload.lock_id : '';
}

function findingEvent(order: CausalOrder, operations: Operations, number: number): FindingEvent {
  const event = order.events[number] as TraceEvent;
  const { id, traceId, timestamp, metadata } = event;
  const operation = operations.operationOf(number);
  const release = releaseOf(event);
  const isAccess = event.kind === 'StateChange';
  const hasLocation = isAccess || event.kind === 'LockAcquire' || event.kind === 'LockRelease';
  return {
    trace_id: traceId,
    event_id: id,
    timestamp,
    thread: metadata.thread_id,
    service: metadata.service_name,
    ...(release === null ? {} : { release }),
    operation,
    function: operations.functionOf(number),
    location: hasLocation ? sitePlace(event.payload.location, () => operation) : '',
    access_type: isAccess ? event.payload.access_type : event.kind,
    old_value: isAccess ? (event.payload.old_value ?? null) : null,
    new_value: isAccess ? (event.payload.new_value ?? null) : null,
  };
}

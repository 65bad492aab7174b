import type { TraceEvent } from '../../domain/event/event.ts';
import type { Finding, FindingEvent, FindingStep, IssueSubject } from '../../domain/finding.ts';
import type { Signature, StateChange } from '../accesses/accesses.ts';
import { siteLocation } from '../accesses/site-location.ts';
import { budgets } from '../budgets.ts';
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
        : { ...known, pairCount: known.pairCount + count };
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
  const { pair, traits, events } = race;
  const one = order.events[events[0]] as StateChange;
  const two = order.events[events[1]] as StateChange;
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
    verdict: verdictOf(race),
    locking: traits.locking,
    valueEffect: traits.valueEffect,
    pairCount: pair.count,
    firstNs: String(one.timestampNs),
    lastNs: String(two.timestampNs),
    traceIds: [...new Set([one.traceId, two.traceId])].sort(),
    witness: {
      variable: pair.variable,
      events: [findingEvent(one), findingEvent(two)],
      steps: steps.map(([column, event]) => findingStep(order.events[event] as TraceEvent, column)),
      explanation: describeRace(race, sites),
    },
  };
}

function findingStep(event: TraceEvent, column: 1 | 2): FindingStep {
  return { column, variable: subjectOf(event), ...findingEvent(event) };
}

/** What a step is about: a variable or a lock. */
function subjectOf(event: TraceEvent): string {
  if (event.kind === 'StateChange') return event.payload.variable;
  return event.kind === 'LockAcquire' || event.kind === 'LockRelease' ? event.payload.lock_id : '';
}

function findingEvent(event: TraceEvent): FindingEvent {
  const { id, traceId, timestamp, metadata } = event;
  const isAccess = event.kind === 'StateChange';
  const hasLocation = isAccess || event.kind === 'LockAcquire' || event.kind === 'LockRelease';
  return {
    trace_id: traceId,
    event_id: id,
    timestamp,
    thread: metadata.thread_id,
    service: metadata.service_name,
    location: hasLocation ? siteLocation(event.payload.location) : '',
    access_type: isAccess ? event.payload.access_type : event.kind,
    old_value: isAccess ? (event.payload.old_value ?? null) : null,
    new_value: isAccess ? (event.payload.new_value ?? null) : null,
  };
}

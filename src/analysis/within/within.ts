import type { TraceEvent } from '../../domain/event/event.ts';
import type { Finding, FindingEvent, FindingStep } from '../../domain/finding.ts';
import type { AccessSite } from '../../domain/footprint.ts';
import { isWrite, type StateChange } from '../accesses/accesses.ts';
import { lockingOf } from '../accesses/locking.ts';
import { siteLocation } from '../accesses/site-location.ts';
import { issueSubject } from '../issues/issue-subject.ts';
import type { CausalOrder } from '../order/order.ts';
import type { RaceDetail } from './race-detail.ts';
import type { RaceFindings } from './races.ts';
import { valueEffect } from './ranked-pair.ts';
import type { WitnessStep } from './witness.ts';

/**
 * The races inside a causal group as findings of its first trace: one per fingerprint, best rank
 * first. Of several variables with one pattern the best ranked gives the witness.
 */
export function findingsWithin(order: CausalOrder, races: RaceFindings): readonly Finding[] {
  const findings = new Map<string, Finding>();
  for (const detail of races.race_details) {
    const known = findings.get(detail.fingerprint);
    const finding =
      known === undefined
        ? findingOf(order, detail)
        : { ...known, pairCount: known.pairCount + detail.pair_count };
    findings.set(detail.fingerprint, finding);
  }
  return [...findings.values()];
}

function findingOf(order: CausalOrder, detail: RaceDetail): Finding {
  const { variable, scope, evidence, pattern, verdict, pair_count, trace1_id, trace2_id } = detail;
  const sites = sitesOf(detail);
  const first = eventNumber(order, trace1_id, detail.event1_id);
  const second = eventNumber(order, trace2_id, detail.event2_id);
  const [one, two] = [order.events[first] as StateChange, order.events[second] as StateChange];
  const bothWrite = sites.every(isWrite);
  return {
    subject: issueSubject(scope, variable, sites),
    otherTraceId: null,
    evidence,
    pattern,
    anomalyClass: null,
    verdict,
    locking: lockingOf(...sites),
    valueEffect: bothWrite ? valueEffect(order, first, second) : 'unknown',
    pairCount: pair_count,
    firstNs: String(one.timestampNs),
    lastNs: String(two.timestampNs),
    traceIds: [...new Set([trace1_id, trace2_id])].sort(),
    witness: {
      variable,
      events: [findingEvent(one), findingEvent(two)],
      steps: stepsOf(order, detail, [first, second]),
      explanation: detail.description,
    },
  };
}

function sitesOf({ services, access_types, ...detail }: RaceDetail): [AccessSite, AccessSite] {
  return [
    {
      service: services[0],
      location: detail.event1_location,
      access_type: access_types[0],
      locks: detail.locks1,
    },
    {
      service: services[1],
      location: detail.event2_location,
      access_type: access_types[1],
      locks: detail.locks2,
    },
  ];
}

function eventNumber(order: CausalOrder, trace: string, id: string): number {
  return order.find(order.traces.indexOf(trace), id);
}

/** The steps of the detail's witness; where it has none, the two events. */
function stepsOf(
  order: CausalOrder,
  { witness, trace1_id, trace2_id }: RaceDetail,
  pair: readonly [number, number],
): readonly FindingStep[] {
  const step = (column: 1 | 2, event: TraceEvent): FindingStep => ({
    column,
    variable: subjectOf(event),
    ...findingEvent(event),
  });
  if (witness === null) {
    return pair.map((number, place) =>
      step(place === 0 ? 1 : 2, order.events[number] as TraceEvent),
    );
  }
  return witness.interleaving.map(({ column, event_id }: WitnessStep) => {
    const trace = column === 1 ? trace1_id : trace2_id;
    return step(column, order.events[eventNumber(order, trace, event_id)] as TraceEvent);
  });
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

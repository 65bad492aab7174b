import type {
  AnomalyClass,
  Evidence,
  Finding,
  FindingEvent,
  FindingStep,
  PairScope,
  Pattern,
  ValueEffect,
} from '../../domain/findings/finding.ts';
import { lockingOf } from '../accesses/locking.ts';
import { keptValue } from '../accesses/value-text.ts';
import { budgets } from '../budgets.ts';
import { siteText } from '../issues/fingerprint.ts';
import { issueSubject } from '../issues/issue-subject.ts';
import {
  type Access,
  compareAccesses,
  hasReadBefore,
  type MetTrace,
  mostEvidenceOf,
  type Visit,
} from './history/visits.ts';

/** Two accesses of different traces that show an issue, before it is told to people. */
export interface Occurrence {
  readonly events: readonly [Access, Access];
  readonly scope: PairScope;
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  readonly anomalyClass: AnomalyClass | null;
  /** See {@link Finding.isRequestLocal}. */
  readonly isRequestLocal: boolean;
  /** Pairs like this one: those that values prove, and those that were only there at one time. */
  readonly provenPairs: number;
  readonly overlappingPairs: number;
  /** All traces that take part. */
  readonly traces: readonly MetTrace[];
  /** Variables whose accesses tell the story. */
  readonly variables: readonly string[];
  /** The read that one of the two decided on, when it is no part of {@link events}. */
  readonly check: Access | null;
  readonly explanation: string;
}

/** Two accesses as sites of an issue are sorted; of one site, the earlier first. */
export function inSiteOrder(a: Access, b: Access): readonly [Access, Access] {
  const [left, right] = [siteText(a.signature), siteText(b.signature)];
  if (left !== right) return left < right ? [a, b] : [b, a];
  return compareAccesses(a, b) <= 0 ? [a, b] : [b, a];
}

/** Makes the finding of an occurrence. */
export function findingOf(occurrence: Occurrence, other: MetTrace): Finding {
  const { evidence, pattern, anomalyClass, scope, traces, check } = occurrence;
  const [first, second] = inSiteOrder(...occurrence.events);
  const { variable } = first.visit;
  const [earlier, later] = compareAccesses(first, second) <= 0 ? [first, second] : [second, first];
  return {
    subject: issueSubject(scope, variable, [first.signature, second.signature]),
    otherTraceId: other.traceId,
    evidence: cappedEvidence(evidence, first.visit),
    pattern,
    anomalyClass,
    isRequestLocal: occurrence.isRequestLocal,
    verdict: null,
    locking: lockingOf(first.signature, second.signature),
    valueEffect: valueEffectOf(first, second),
    provenPairs: occurrence.provenPairs,
    overlappingPairs: occurrence.overlappingPairs,
    firstNs: earlier.source.timestampNs,
    lastNs: later.source.timestampNs,
    traceIds: [...new Set(traces.map(({ traceId }) => traceId))].sort(),
    witness: {
      variable,
      events: [findingEvent(first), findingEvent(second)],
      check: check === null ? null : findingEvent(check),
      steps: stepsOf(occurrence, first, second),
      explanation:
        occurrence.explanation + certaintySentence(first.visit) + messageSentence(first, second),
    },
  };
}

/** No more than the certainty of the row allows. */
function cappedEvidence(evidence: Evidence, visit: Visit): Evidence {
  const most = mostEvidenceOf(visit);
  return most !== null && evidence > most ? most : evidence;
}

/** What a reader has to know of a row that no statement showed. */
function certaintySentence({ isStatement, place, variable }: Visit): string {
  return isStatement && place !== variable
    ? ' Probably so: only the paths of the requests tell that it was one row.'
    : '';
}

/** What was done for one message twice. */
function messageSentence(first: Access, second: Access): string {
  const [one, two] = [first.source.statement?.branch, second.source.statement?.branch];
  const isRedelivery = one != null && one.message !== null && one.message === two?.message;
  return isRedelivery ? ' Both worked on one message, which was delivered twice.' : '';
}

/** Equal values say nothing where a trace had read the variable before: it meant to change it. */
function valueEffectOf(a: Access, b: Access): ValueEffect {
  const [left, right] = [a.source.newValue, b.source.newValue];
  if (!a.writes || !b.writes || left === null || right === null) return 'unknown';
  if (left !== right) return 'different';
  return [a, b].some(hasReadBefore) ? 'unknown' : 'same';
}

/**
 * The accesses of all traces that take part, merged by time; the accesses of one trace stay in
 * their own order. When there are too many, those around the two events.
 */
function stepsOf(
  { traces, variables }: Occurrence,
  first: Access,
  second: Access,
): readonly FindingStep[] {
  const lists = traces.map((trace) =>
    variables
      .flatMap((variable) => trace.visits.get(variable)?.accesses ?? [])
      .sort((a, b) => a.source.order - b.source.order),
  );
  const merged: Access[] = [];
  for (;;) {
    let next: Access[] | null = null;
    for (const list of lists) {
      const head = list[0];
      if (head === undefined) continue;
      if (next === null || compareAccesses(head, next[0] as Access) < 0) next = list;
    }
    const step = next?.shift();
    if (step === undefined) break;
    merged.push(step);
  }
  return nearest(merged, first, second).map((access) => ({
    column: access.visit.trace === first.visit.trace ? 1 : 2,
    variable: access.visit.variable,
    ...findingEvent(access),
  }));
}

/** At most as many steps as a witness has room for: half of them around each event. */
function nearest(steps: readonly Access[], first: Access, second: Access): readonly Access[] {
  if (steps.length <= budgets.witnessSteps) return steps;
  const reach = budgets.witnessSteps / 4;
  const centers = [steps.indexOf(first), steps.indexOf(second)];
  return steps.filter((_, place) =>
    centers.some((center) => place >= center - reach && place < center + reach),
  );
}

function findingEvent({ visit, signature, source }: Access): FindingEvent {
  return {
    trace_id: visit.trace.traceId,
    event_id: source.eventId,
    timestamp: source.timestamp,
    thread: source.thread,
    service: signature.service,
    ...(signature.release === undefined ? {} : { release: signature.release }),
    operation: signature.operation,
    function: signature.functionName,
    location: signature.location,
    access_type: signature.access_type,
    old_value: keptValue(source.oldValue),
    new_value: keptValue(source.newValue),
  };
}

import type { AccessType } from '../../domain/event/event-kind.ts';
import {
  type Evidence,
  FINGERPRINT_DIGITS,
  type PairScope,
  type Pattern,
  type Severity,
  type Verdict,
} from '../../domain/findings/finding.ts';
import type { HeldLock } from '../../domain/findings/footprint.ts';
import type { StateChange } from '../accesses/accesses.ts';
import { budgets } from '../budgets.ts';
import { issueSubject } from '../issues/issue-subject.ts';
import type { CausalOrder } from '../order/order.ts';
import { describeRace, type Race, sitesOf, verdictOf } from './race.ts';
import { raceDependences } from './race-dependence.ts';
import { type RaceWitness, witnessOf } from './witness.ts';

/** One entry of `analysis.race_details`: a pair of access sites. Event 1 is the earlier in time. */
export interface RaceDetail {
  readonly severity: Severity;
  readonly variable: string;
  readonly event1_thread: string;
  readonly event2_thread: string;
  readonly event1_location: string;
  readonly event2_location: string;
  readonly description: string;
  readonly event1_id: string;
  readonly event2_id: string;
  readonly event1_timestamp: string;
  readonly event2_timestamp: string;
  readonly trace1_id: string;
  readonly trace2_id: string;
  readonly verdict: Verdict;
  readonly evidence: Evidence;
  readonly pattern: Pattern;
  readonly scope: PairScope;
  readonly access_types: readonly [AccessType, AccessType];
  readonly services: readonly [string, string];
  readonly locks1: readonly HeldLock[];
  readonly locks2: readonly HeldLock[];
  /** Racing event pairs of these two sites. */
  readonly pair_count: number;
  readonly fingerprint: string;
  /**
   * Fingerprints of the entries that this one depends on: they are races of the same two strands,
   * and their reads come before. Without them this race may not be possible.
   */
  readonly depends_on: readonly string[];
  /** Null on entries of low rank. */
  readonly witness: RaceWitness | null;
}

/**
 * Puts races into the form of the API, with witnesses for the first ones.
 *
 * @param shown fingerprints as lists show them, by those of the subjects
 */
export function raceDetails(
  order: CausalOrder,
  races: readonly Race[],
  shown: ReadonlyMap<string, string>,
): readonly RaceDetail[] {
  const pairs = races.map(({ pair }) => pair);
  const fingerprints = pairs.map(({ scope, variable, a, b }) => {
    const full = issueSubject(scope, variable, [a, b]).fingerprint;
    return shown.get(full) ?? full.slice(0, FINGERPRINT_DIGITS);
  });
  const dependences = raceDependences(order, pairs);
  return races.map((race, place) => {
    const own = fingerprints[place] as string;
    const others = new Set(dependences[place]?.map((other) => fingerprints[other] as string));
    others.delete(own);
    return raceDetail(order, race, own, [...others], place < budgets.raceWitnesses);
  });
}

function raceDetail(
  order: CausalOrder,
  race: Race,
  own: string,
  dependsOn: readonly string[],
  withWitness: boolean,
): RaceDetail {
  const { pair, traits, events } = race;
  const sites = sitesOf(order, race);
  const [site1, site2] = sites;
  const one = order.events[events[0]] as StateChange;
  const two = order.events[events[1]] as StateChange;
  return {
    severity: traits.severity,
    variable: pair.variable,
    event1_thread: one.metadata.thread_id,
    event2_thread: two.metadata.thread_id,
    event1_location: site1.location,
    event2_location: site2.location,
    description: describeRace(race, sites),
    event1_id: one.id,
    event2_id: two.id,
    event1_timestamp: one.timestamp,
    event2_timestamp: two.timestamp,
    trace1_id: one.traceId,
    trace2_id: two.traceId,
    verdict: verdictOf(race),
    evidence: traits.evidence,
    pattern: traits.pattern,
    scope: pair.scope,
    access_types: [site1.access_type, site2.access_type],
    services: [site1.service, site2.service],
    locks1: site1.locks,
    locks2: site2.locks,
    pair_count: pair.count,
    fingerprint: own,
    witness: withWitness ? witnessOf(order, events, sites) : null,
    depends_on: dependsOn,
  };
}

import type { AccessType } from '../../domain/event/event-kind.ts';
import type { Evidence, PairScope, Pattern, Severity, Verdict } from '../../domain/finding.ts';
import type { HeldLock } from '../../domain/footprint.ts';
import type { Signature, StateChange } from '../accesses/accesses.ts';
import { siteLocation } from '../accesses/site-location.ts';
import { fingerprint } from '../issues/fingerprint.ts';
import type { CausalOrder } from '../order/order.ts';
import type { RankedPair } from './ranked-pair.ts';
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

/** Puts a counted pair of sites into the form of the API. */
export function raceDetail(
  order: CausalOrder,
  ranked: RankedPair,
  withWitness: boolean,
): Omit<RaceDetail, 'depends_on'> {
  const { pair, traits } = ranked;
  const { variable, a, b, scope } = pair;
  const [first, second] = ranked.events;
  const one = order.events[first] as StateChange;
  const two = order.events[second] as StateChange;
  // Two instances of one site have the same service, place, type and locks.
  const isA = (event: StateChange, site: Signature) =>
    siteLocation(event.payload.location) === site.location &&
    event.payload.access_type === site.access_type &&
    event.metadata.service_name === site.service;
  const [site1, site2] = isA(one, a) && isA(two, b) ? [a, b] : [b, a];
  return {
    severity: traits.severity,
    variable,
    event1_thread: one.metadata.thread_id,
    event2_thread: two.metadata.thread_id,
    event1_location: site1.location,
    event2_location: site2.location,
    description: describe(ranked, site1, site2),
    event1_id: one.id,
    event2_id: two.id,
    event1_timestamp: one.timestamp,
    event2_timestamp: two.timestamp,
    trace1_id: one.traceId,
    trace2_id: two.traceId,
    verdict: pair.isConfirmed ? 'confirmed' : 'predicted',
    evidence: traits.evidence,
    pattern: traits.pattern,
    scope,
    access_types: [site1.access_type, site2.access_type],
    services: [site1.service, site2.service],
    locks1: site1.locks,
    locks2: site2.locks,
    pair_count: pair.count,
    fingerprint: fingerprint(scope, variable, [a, b]),
    witness: withWitness ? witnessOf(order, first, second, [site1, site2]) : null,
  };
}

function describe({ pair, traits }: RankedPair, site1: Signature, site2: Signature): string {
  const sides = `${sideText(site1)} and ${sideText(site2)}`;
  const times = pair.count === 1 ? 'once' : `${pair.count} times`;
  if (traits.pattern === 'lost_update') {
    return `Lost update of ${pair.variable}: ${sides} both wrote from the same old value; ${times}.`;
  }
  const order = pair.isConfirmed
    ? 'nothing orders them'
    : 'only the order in which a lock was taken separated them';
  return `${sides} access ${pair.variable} and ${order}; ${times}.`;
}

function sideText({ access_type, location, service, locks }: Signature): string {
  const held = locks.map(({ name, mode }) => (mode === 'read' ? `${name} (read)` : name));
  const where = service === '' ? location : `${service} ${location}`;
  return `${access_type} at ${where}${held.length === 0 ? '' : ` holding ${held.join(', ')}`}`;
}

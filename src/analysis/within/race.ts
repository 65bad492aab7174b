import type { ValueEffect, Verdict } from '../../domain/findings/finding.ts';
import {
  comparePlaced,
  type Placed,
  type RankedTraits,
  rankOf,
} from '../../domain/findings/ranking.ts';
import { isWrite, type Signature, type StateChange, severityOf } from '../accesses/accesses.ts';
import { lockingOf } from '../accesses/locking.ts';
import { Operations } from '../accesses/operations.ts';
import { sitePlace } from '../accesses/site-location.ts';
import type { CausalOrder } from '../order/order.ts';
import type { RacePair } from './race-table.ts';

/** A race as it is told: a pair of sites, with its place among others. */
export interface Race extends Placed {
  readonly pair: RacePair;
  readonly traits: RankedTraits;
  /** The numbers of the witness's events, the earlier in time first. */
  readonly events: readonly [number, number];
}

/**
 * Ranks pairs of sites, those that deserve a look first in front; of two that were seen last at the
 * same time by their events, so that the names of variables and places decide nothing.
 */
export function rankRaces(order: CausalOrder, pairs: readonly RacePair[]): readonly Race[] {
  return pairs
    .map((pair) => raceOf(order, pair))
    .sort((a, b) => comparePlaced(a, b) || a.events[1] - b.events[1] || a.events[0] - b.events[0]);
}

function raceOf(order: CausalOrder, pair: RacePair): Race {
  const { earlier, later } = pair.witness;
  const events = [Math.min(earlier, later), Math.max(earlier, later)] as const;
  const traits = traitsOf(order, pair, events);
  const { timestampNs } = order.events[events[1]] as StateChange;
  return { pair, traits, events, rank: rankOf(traits), lastNs: timestampNs };
}

function traitsOf(
  order: CausalOrder,
  { a, b, scope, isProven, isConfirmed }: RacePair,
  events: readonly [number, number],
): RankedTraits {
  const bothWrite = isWrite(a) && isWrite(b);
  return {
    scope,
    evidence: isProven ? 'E3' : isConfirmed ? 'E2' : 'E1',
    pattern: isProven ? 'lost_update' : bothWrite ? 'write_write' : 'read_write',
    severity: severityOf(a, b),
    locking: lockingOf(a, b),
    valueEffect: bothWrite ? valueEffect(order, ...events) : 'unknown',
  };
}

/** Compares what two writes left behind, as far as simple values go. */
function valueEffect(order: CausalOrder, first: number, second: number): ValueEffect {
  const [a, b] = [first, second].map(
    (number) => (order.events[number] as StateChange).payload.new_value ?? null,
  );
  if (a === null || b === null || typeof a === 'object' || typeof b === 'object') return 'unknown';
  return a === b ? 'same' : 'different';
}

/** Whether the race is there as it is, or only the order in which a lock was taken hid it. */
export function verdictOf({ pair }: Race): Verdict {
  return pair.isConfirmed ? 'confirmed' : 'predicted';
}

/** The sites of the events of a race, in their order. */
export function sitesOf(order: CausalOrder, { pair, events }: Race): [Signature, Signature] {
  const { a, b } = pair;
  const operations = new Operations(order);
  // Two instances of one site have the same service, place, type and locks.
  const isAt = (number: number, site: Signature) => {
    const { payload, metadata } = order.events[number] as StateChange;
    return (
      sitePlace(payload.location, () => operations.operationOf(number)) === site.location &&
      payload.access_type === site.access_type &&
      metadata.service_name === site.service
    );
  };
  return isAt(events[0], a) && isAt(events[1], b) ? [a, b] : [b, a];
}

/**
 * One sentence about a race.
 *
 * @param sites of its events, see {@link sitesOf}
 */
export function describeRace(
  { pair, traits }: Race,
  [site1, site2]: readonly [Signature, Signature],
): string {
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

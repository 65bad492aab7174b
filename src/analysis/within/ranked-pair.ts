import type { ValueEffect } from '../../domain/finding.ts';
import { comparePlaced, type Placed, type RankedTraits, rankOf } from '../../domain/ranking.ts';
import { isWrite, type StateChange, severityOf } from '../accesses/accesses.ts';
import { lockingOf } from '../accesses/locking.ts';
import type { CausalOrder } from '../order/order.ts';
import type { RacePair } from './race-table.ts';

/** A pair of sites that race, with its place among others. */
export interface RankedPair extends Placed {
  readonly pair: RacePair;
  readonly traits: RankedTraits;
  /** The numbers of the witness's events, the earlier in time first. */
  readonly events: readonly [number, number];
}

/**
 * Ranks pairs of sites, those that deserve a look first in front; of two that were seen last at the
 * same time by their events, so that the names of variables and places decide nothing.
 */
export function rankPairs(order: CausalOrder, pairs: readonly RacePair[]): readonly RankedPair[] {
  return pairs
    .map((pair) => rankedPair(order, pair))
    .sort((a, b) => comparePlaced(a, b) || a.events[1] - b.events[1] || a.events[0] - b.events[0]);
}

function rankedPair(order: CausalOrder, pair: RacePair): RankedPair {
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
export function valueEffect(order: CausalOrder, first: number, second: number): ValueEffect {
  const [a, b] = [first, second].map(
    (number) => (order.events[number] as StateChange).payload.new_value ?? null,
  );
  if (a === null || b === null || typeof a === 'object' || typeof b === 'object') return 'unknown';
  return a === b ? 'same' : 'different';
}

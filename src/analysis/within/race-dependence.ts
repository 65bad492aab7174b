import { accessTraits } from '../../domain/event/event-kind.ts';
import type { StateChange } from '../accesses/accesses.ts';
import { budgets } from '../budgets.ts';
import type { CausalOrder } from '../order/order.ts';
import type { RacePair } from './race-table.ts';

/** A racing read: its place in its strand, and that of its pair in the list. */
interface RacingRead {
  readonly at: number;
  readonly pair: number;
}

/**
 * For each pair of sites, the places of the pairs that it may depend on. A pair depends on another
 * when the strand of one of its events had read something before, in a race with the strand of the
 * other event: with another value it might have gone another way. Only the first race of an
 * execution is certain (Mathur, Kini & Viswanathan, What happens-after the first race?, OOPSLA
 * 2018).
 */
export function raceDependences(
  { events, strandOf, placeOf }: CausalOrder,
  pairs: readonly RacePair[],
): readonly (readonly number[])[] {
  const strandsOf = (event: number, other: number) => `${strandOf[event]} ${strandOf[other]}`;
  const reads = new Map<string, RacingRead[]>();
  pairs.forEach((pair, number) => {
    for (const [event, other] of bothWays(pair)) {
      if (!accessTraits[(events[event] as StateChange).payload.access_type].reads) continue;
      const key = strandsOf(event, other);
      const known = reads.get(key) ?? [];
      known.push({ at: placeOf[event] as number, pair: number });
      reads.set(key, known);
    }
  });
  for (const list of reads.values()) list.sort((a, b) => a.at - b.at || a.pair - b.pair);
  return pairs.map((pair, number) => {
    const found = new Set<number>();
    for (const [event, other] of bothWays(pair)) {
      for (const read of reads.get(strandsOf(event, other)) ?? []) {
        if (read.at >= (placeOf[event] as number)) break;
        if (found.size === budgets.raceDependences) break;
        if (read.pair !== number) found.add(read.pair);
      }
    }
    return [...found].sort((a, b) => a - b);
  });
}

function bothWays({ witness: { earlier, later } }: RacePair): readonly [number, number][] {
  return [
    [earlier, later],
    [later, earlier],
  ];
}

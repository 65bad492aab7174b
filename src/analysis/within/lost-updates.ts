import type { TraceEvent } from '../../domain/event/event.ts';
import { accessTraits } from '../../domain/event/event-kind.ts';
import { lowerBound } from '../../domain/lower-bound.ts';
import {
  conflictScope,
  type Signature,
  type StateChange,
  type VariableAccesses,
} from '../accesses/accesses.ts';
import { valueText } from '../accesses/value-text.ts';
import { budgets } from '../budgets.ts';
import type { CausalOrder } from '../order/order.ts';
import type { FoundRaces } from './race-table.ts';

/**
 * Finds the lost updates of one variable that values prove: two plain writes with the same base
 * value (`old_value`, not null), on one strand or racing, with no write of that value between them.
 * The second undid the first. Writes do not count when their strand aborted the attempt.
 *
 * Branches of one request that share an SDK context look like one strand, and only the values show
 * that they were not. Such a pair is counted here, for nothing else finds that it races.
 *
 * @returns `isWhole` unless a write was not compared with an earlier one for `budgets.staleWriters`
 */
export function findLostUpdates(
  order: CausalOrder,
  aborts: Aborts,
  { events, signatureOf, signatures }: VariableAccesses,
): LostUpdates {
  const found: FoundRaces[] = [];
  /** Places of writes by the value they started from, since that value was last written. */
  const writers = new Map<string, number[]>();
  /** Values of which a write was not remembered. */
  const crowded = new Set<string>();
  let isWhole = true;
  for (let place = 0; place < events.length; place += 1) {
    const later = events[place] as number;
    const { payload } = order.events[later] as StateChange;
    const { writes, isAtomic } = accessTraits[payload.access_type];
    if (!writes) continue;
    const base = payload.old_value ?? null;
    if (!isAtomic && base !== null) {
      const key = valueText(base);
      const others = writers.get(key);
      if (others === undefined) writers.set(key, [place]);
      else {
        const laterSignature = signatureOf[place] as number;
        for (const other of others) {
          const earlier = events[other] as number;
          const earlierSignature = signatureOf[other] as number;
          const isSameStrand = order.strandOf[earlier] === order.strandOf[later];
          const isLost = isSameStrand
            ? !isRetry(order, aborts, earlier, later)
            : canMeet(signatures, earlierSignature, laterSignature) &&
              order.must.concurrent(earlier, later);
          if (!isLost) continue;
          const count = isSameStrand ? 1 : 0;
          found.push({ earlierSignature, laterSignature, earlier, later, confirmed: false, count });
        }
        if (crowded.has(key)) isWhole = false;
        if (others.length < budgets.staleWriters) others.push(place);
        else crowded.add(key);
      }
    }
    if (writers.size === 0) continue;
    const written = valueText(payload.new_value ?? null);
    writers.delete(written);
    crowded.delete(written);
  }
  return { found, isWhole };
}

/** Lost updates of one variable. */
export interface LostUpdates {
  readonly found: readonly FoundRaces[];
  readonly isWhole: boolean;
}

/** Equal values in what may be two variables prove nothing. */
function canMeet(signatures: readonly Signature[], first: number, second: number): boolean {
  const scope = conflictScope(signatures[first] as Signature, signatures[second] as Signature);
  return scope !== null && scope !== 'unknown';
}

/** Whether the strand gave up its first attempt before it wrote again. */
function isRetry(order: CausalOrder, aborts: Aborts, first: number, second: number): boolean {
  const places = aborts.get(order.strandOf[first] as number) ?? [];
  return hasBetween(places, order.placeOf[first] as number, order.placeOf[second] as number);
}

/** Places of `transaction.abort` markers by strand, rising. */
export type Aborts = ReadonlyMap<number, readonly number[]>;

export function abortPlaces(order: CausalOrder): Aborts {
  const places = new Map<number, number[]>();
  for (const number of order.sequence) {
    const event = order.events[number] as TraceEvent;
    if (event.kind !== 'Custom' || event.payload.name !== 'transaction.abort') continue;
    const strand = order.strandOf[number] as number;
    const place = order.placeOf[number] as number;
    const known = places.get(strand);
    if (known === undefined) places.set(strand, [place]);
    else known.push(place);
  }
  return places;
}

/** Whether a rising list has a number between two others. */
function hasBetween(numbers: readonly number[], from: number, to: number): boolean {
  const above = lowerBound(0, numbers.length, (place) => (numbers[place] as number) > from);
  return (numbers[above] ?? to) < to;
}

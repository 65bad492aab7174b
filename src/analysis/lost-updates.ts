import type { TraceEvent } from '../domain/event.ts';
import {
  conflictScope,
  type Signature,
  type StateChange,
  type VariableAccesses,
} from './accesses.ts';
import { budgets } from './budgets.ts';
import type { CausalOrder } from './order.ts';
import { valueText } from './value-text.ts';

/** Two writes that started from the same value, so that the second undid the first. */
export interface LostUpdate {
  readonly first: number;
  readonly firstSignature: number;
  readonly second: number;
  readonly secondSignature: number;
  /**
   * Both are of one strand: branches of one request that share an SDK context look like a chain,
   * and only the values give them away.
   */
  readonly sameStrand: boolean;
}

/**
 * Lost updates of one variable that values prove: two plain writes with the same base value
 * (`old_value`, not null), on one strand or racing, and nothing wrote that value between. Writes
 * of an attempt that the strand then aborted do not count.
 */
export function findLostUpdates(
  order: CausalOrder,
  { events, signatureOf, signatures }: VariableAccesses,
): readonly LostUpdate[] {
  const found: LostUpdate[] = [];
  /** Places of writes by the value they started from, since that value was last written. */
  const writers = new Map<string, number[]>();
  const isPlainWrite = (place: number) =>
    signatures[signatureOf[place] as number]?.access_type === 'Write';
  let aborts: ReadonlyMap<number, readonly number[]> | null = null;
  for (let place = 0; place < events.length; place += 1) {
    const { payload } = order.events[events[place] as number] as StateChange;
    if (payload.access_type === 'Read' || payload.access_type === 'AtomicRead') continue;
    const base = payload.old_value ?? null;
    if (isPlainWrite(place) && base !== null) {
      const key = valueText(base);
      const earlier = writers.get(key) ?? [];
      for (const other of earlier) {
        aborts ??= abortPlaces(order);
        const update = lostUpdate(order, aborts, signatures, {
          first: events[other] as number,
          firstSignature: signatureOf[other] as number,
          second: events[place] as number,
          secondSignature: signatureOf[place] as number,
        });
        if (update !== null) found.push(update);
      }
      if (earlier.length < budgets.staleWriters) writers.set(key, [...earlier, place]);
    }
    if (writers.size > 0) writers.delete(valueText(payload.new_value ?? null));
  }
  return found;
}

function lostUpdate(
  order: CausalOrder,
  aborts: ReadonlyMap<number, readonly number[]>,
  signatures: readonly Signature[],
  pair: Omit<LostUpdate, 'sameStrand'>,
): LostUpdate | null {
  const strand = order.strandOf[pair.first] as number;
  if (strand === order.strandOf[pair.second]) {
    const from = order.placeOf[pair.first] as number;
    const to = order.placeOf[pair.second] as number;
    const isRetry = hasBetween(aborts.get(strand) ?? [], from, to);
    return isRetry ? null : { ...pair, sameStrand: true };
  }
  const scope = conflictScope(
    signatures[pair.firstSignature] as Signature,
    signatures[pair.secondSignature] as Signature,
  );
  // Equal values in what may be two variables prove nothing.
  if (scope === null || scope === 'unknown') return null;
  return order.must.concurrent(pair.first, pair.second) ? { ...pair, sameStrand: false } : null;
}

/** Places of `transaction.abort` markers by strand, rising. */
function abortPlaces(order: CausalOrder): ReadonlyMap<number, readonly number[]> {
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
  let low = 0;
  let high = numbers.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] as number) > from) high = middle;
    else low = middle + 1;
  }
  return (numbers[low] ?? to) < to;
}

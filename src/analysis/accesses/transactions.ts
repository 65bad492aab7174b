import type { TraceEvent } from '../../domain/event/event.ts';
import type { FootprintTransaction } from '../../domain/findings/footprint.ts';
import type { CausalOrder } from '../order/order.ts';

/** What `transaction.commit` and `transaction.abort` markers say of the traces of a group. */
export interface Transactions {
  /** By trace number; null for a trace without markers. Of several markers the last one counts. */
  readonly ofTrace: readonly (FootprintTransaction | null)[];
  /** 1 for each event of an attempt that was aborted. */
  readonly undone: Uint8Array;
}

/**
 * Finds the markers. An event belongs to the next marker of its strand. If its strand has no
 * marker, it belongs to the last marker of its trace, provided that this comes later.
 */
export function findTransactions(order: CausalOrder): Transactions {
  const undone = new Uint8Array(order.events.length);
  const last = order.traces.map(() => -1);
  for (const number of order.sequence) {
    if (outcomeOf(order.events[number] as TraceEvent) === null) continue;
    last[order.traceOf[number] as number] = number;
  }
  if (last.every((marker) => marker < 0)) return { ofTrace: last.map(() => null), undone };
  for (const { events, trace } of order.strands) {
    const marker = last[trace] as number;
    if (marker < 0) continue;
    const hasOwn = events.some((event) => outcomeOf(order.events[event] as TraceEvent) !== null);
    let outcome = hasOwn ? null : outcomeOf(order.events[marker] as TraceEvent);
    for (const event of events.toReversed()) {
      const own = outcomeOf(order.events[event] as TraceEvent);
      if (own !== null) outcome = own;
      const isBefore =
        hasOwn || (order.positionOf[event] as number) < (order.positionOf[marker] as number);
      if (outcome === 'aborted' && isBefore) undone[event] = 1;
    }
  }
  const begins = order.traces.map(() => -1);
  order.traceOf.forEach((trace, number) => {
    if (begins[trace] === -1) begins[trace] = number;
  });
  const ofTrace = last.map((marker, trace): FootprintTransaction | null => {
    if (marker < 0) return null;
    const event = order.events[marker] as TraceEvent;
    return {
      outcome: outcomeOf(event) ?? 'committed',
      beginNs: String(order.events[begins[trace] as number]?.timestampNs),
      endNs: String(event.timestampNs),
    };
  });
  return { ofTrace, undone };
}

function outcomeOf(event: TraceEvent): FootprintTransaction['outcome'] | null {
  if (event.kind !== 'Custom') return null;
  if (event.payload.name === 'transaction.commit') return 'committed';
  return event.payload.name === 'transaction.abort' ? 'aborted' : null;
}

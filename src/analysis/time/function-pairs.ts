import type { TraceEvent } from '../../domain/event/event.ts';
import { functionStep } from '../../domain/event/function-step.ts';
import { numberOf } from '../../domain/json.ts';
import type { CausalOrder } from '../order/order.ts';

/**
 * Finds the calls of functions that returned, or failed, in an event of their own: by the event of the
 * end that of the call. In each strand the innermost open call of the name ends first.
 */
export function pairFunctions({ events, strands }: CausalOrder): ReadonlyMap<number, number> {
  const pairs = new Map<number, number>();
  for (const strand of strands) {
    const open = new Map<string, number[]>();
    for (const number of strand.events) {
      const { kind, payload, metadata } = events[number] as TraceEvent;
      if (kind !== 'FunctionCall' && kind !== 'FunctionReturn') continue;
      const step = functionStep(kind, payload.function_name);
      // A call with a duration of its own was recorded when it was over.
      if (step === null || numberOf(metadata.duration_ns) !== null) continue;
      const calls = open.get(step.name);
      if (step.moment !== 'call') {
        const call = calls?.pop();
        if (call !== undefined) pairs.set(number, call);
      } else if (calls === undefined) open.set(step.name, [number]);
      else calls.push(number);
    }
  }
  return pairs;
}

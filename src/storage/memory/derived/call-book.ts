import { callKey, type DerivedChanges } from '../../../analysis/issues/derivation.ts';
import { compareCodePoints } from '../../../domain/code-points.ts';
import type { ServiceCalls } from '../../../domain/trace/trace-record.ts';
import type { ServiceCallTotals } from '../../derived.ts';
import { compareNames } from '../../name-key.ts';

/** Calls between services, over all traces of the memory backend. */
export class CallBook {
  readonly #calls = new Map<string, ServiceCallTotals>();

  get size(): number {
    return this.#calls.size;
  }

  apply(changes: DerivedChanges['calls']): void {
    for (const { from, to, linkType, ...change } of changes) {
      const key = callKey({ from, to, linkType });
      const known = this.#calls.get(key) ?? { from, to, linkType, calls: 0, traceCount: 0 };
      const traceCount = known.traceCount + change.traces;
      if (traceCount === 0) this.#calls.delete(key);
      else this.#calls.set(key, { ...known, calls: known.calls + change.calls, traceCount });
    }
  }

  all(): readonly ServiceCallTotals[] {
    return sortedCalls([...this.#calls.values()].map((call) => ({ ...call })));
  }
}

/** Sums of the calls of some traces. */
export function totalsOf(traces: Iterable<readonly ServiceCalls[]>): readonly ServiceCallTotals[] {
  const totals = new Map<string, ServiceCallTotals>();
  for (const call of [...traces].flat()) {
    const key = callKey(call);
    const known = totals.get(key) ?? { ...call, calls: 0, traceCount: 0 };
    const traceCount = known.traceCount + 1;
    totals.set(key, { ...known, calls: known.calls + call.calls, traceCount });
  }
  return sortedCalls([...totals.values()]);
}

/** By caller, then called service, then kind. */
function sortedCalls(calls: ServiceCallTotals[]): readonly ServiceCallTotals[] {
  return calls.sort(
    (a, b) =>
      compareNames(a.from, b.from) ||
      compareNames(a.to, b.to) ||
      compareCodePoints(a.linkType, b.linkType),
  );
}

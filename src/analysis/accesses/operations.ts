import type { TraceEvent } from '../../domain/event/event.ts';
import { requestOperation } from '../../domain/event/operation.ts';
import type { CausalOrder } from '../order/order.ts';

/** Ancestors that are looked at for the function in which an access was made. */
const ANCESTORS_MAX = 32;

/** What each strand of a group was doing: the request that it answered, by route pattern. */
export class Operations {
  readonly #order: CausalOrder;
  readonly #ofStrand = new Map<number, string | null>();

  constructor(order: CausalOrder) {
    this.#order = order;
  }

  /** Method and route pattern of the request that an event is part of; null when there is none. */
  operationOf(event: number): string | null {
    const derived = this.#order.events[event]?.derived;
    if (derived !== undefined) return derived.operation;
    const number = this.#order.strandOf[event] as number;
    const known = this.#ofStrand.get(number);
    if (known !== undefined) return known;
    const { events } = this.#order.strands[number] as { readonly events: Int32Array };
    let found: string | null = null;
    for (const member of events) {
      const { kind, payload } = this.#order.events[member] as TraceEvent;
      if (kind !== 'HttpRequest') continue;
      found = requestOperation(payload.method, payload.url);
      break;
    }
    this.#ofStrand.set(number, found);
    return found;
  }

  /** The nearest function among the ancestors of an event; null when none of the near ones is one. */
  functionOf(event: number): string | null {
    let ancestor = this.#order.parentOf[event] as number;
    for (let steps = 0; steps < ANCESTORS_MAX && ancestor >= 0; steps += 1) {
      const { kind, payload } = this.#order.events[ancestor] as TraceEvent;
      if (kind === 'FunctionCall') return payload.function_name;
      ancestor = this.#order.parentOf[ancestor] as number;
    }
    return null;
  }
}

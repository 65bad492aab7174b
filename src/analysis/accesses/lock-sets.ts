import type { TraceEvent } from '../../domain/event/event.ts';
import type { HeldLock } from '../../domain/findings/footprint.ts';
import { budgets } from '../budgets.ts';
import { Interner } from '../order/interner.ts';
import type { Hold } from '../order/locks.ts';
import type { CausalOrder } from '../order/order.ts';

/** The locks held at each access. */
export interface LockSets {
  /** Distinct sets; number 0 is the empty one. Locks by name, then mode. */
  readonly sets: readonly (readonly HeldLock[])[];
  /** The set of an access, by event number. */
  setOf(event: number): number;
  /** False when a set met {@link budgets.locksPerSet}. */
  readonly complete: boolean;
}

/** Follows the holds of each strand along its accesses, and adds the `lock_set` the SDK sent. */
export function findLockSets(order: CausalOrder): LockSets {
  const texts = new Interner();
  texts.intern('[]');
  const setOf = new Map<number, number>();
  const holdsOf = new Map<number, Hold[]>();
  for (const hold of order.locks.holds) {
    const known = holdsOf.get(hold.strand);
    if (known === undefined) holdsOf.set(hold.strand, [hold]);
    else known.push(hold);
  }
  let complete = true;
  order.strands.forEach((strand, number) => {
    const cursor = new HoldCursor(order, holdsOf.get(number) ?? []);
    for (const event of strand.events) {
      const { kind, lockSet } = order.events[event] as TraceEvent;
      if (kind !== 'StateChange') continue;
      const held = cursor.moveTo(order.positionOf[event] as number);
      if (held === null && lockSet.length === 0) continue;
      const names = new Map(held);
      for (const name of lockSet) {
        if (names.has(name)) continue;
        if (names.size === budgets.locksPerSet) complete = false;
        else names.set(name, 'exclusive');
      }
      if (names.size > 0) setOf.set(event, texts.intern(setText(names)));
    }
    complete &&= cursor.complete;
  });
  const sets = texts.names.map((text) =>
    (JSON.parse(text) as [string, HeldLock['mode']][]).map(([name, mode]) => ({ name, mode })),
  );
  return { sets, setOf: (event) => setOf.get(event) ?? 0, complete };
}

/** Whether two lock sets have a lock in common that at least one of them holds exclusively. */
export function excludeEachOther(a: readonly HeldLock[], b: readonly HeldLock[]): boolean {
  let left = 0;
  let right = 0;
  while (left < a.length && right < b.length) {
    const first = a[left] as HeldLock;
    const second = b[right] as HeldLock;
    if (first.name === second.name) {
      if (first.mode === 'exclusive' || second.mode === 'exclusive') return true;
      left += 1;
      right += 1;
    } else if (first.name < second.name) left += 1;
    else right += 1;
  }
  return false;
}

function setText(names: ReadonlyMap<string, HeldLock['mode']>): string {
  return JSON.stringify([...names].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** The open holds of one strand at places that only go forward. */
class HoldCursor {
  readonly #order: CausalOrder;
  readonly #holds: readonly Hold[];
  #next = 0;
  #open: Hold[] = [];
  #held: Map<string, HeldLock['mode']> | null = null;
  /** False when more locks were held than are followed. */
  complete = true;

  constructor(order: CausalOrder, holds: readonly Hold[]) {
    this.#order = order;
    this.#holds = holds;
  }

  /** Lock names and modes held at a place of the topological sequence; null when there are none. */
  moveTo(position: number): ReadonlyMap<string, HeldLock['mode']> | null {
    let changed = this.#open.some(({ end }) => end <= position);
    if (changed) this.#open = this.#open.filter(({ end }) => end > position);
    for (; ; this.#next += 1) {
      const hold = this.#holds[this.#next];
      if (hold === undefined || (this.#order.positionOf[hold.from] as number) > position) break;
      if (hold.end <= position) continue;
      if (this.#open.length === budgets.locksPerSet) {
        this.complete = false;
        continue;
      }
      this.#open.push(hold);
      changed = true;
    }
    if (changed) this.#held = this.#collect();
    return this.#held;
  }

  #collect(): Map<string, HeldLock['mode']> | null {
    const held = new Map<string, HeldLock['mode']>();
    for (const { lock, exclusive } of this.#open) {
      const name = this.#order.locks.names[lock] as string;
      if (exclusive || !held.has(name)) held.set(name, exclusive ? 'exclusive' : 'read');
    }
    return held.size === 0 ? null : held;
  }
}

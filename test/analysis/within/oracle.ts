import fc from 'fast-check';
import type { AccessType } from '../../../src/domain/event/event-kind.ts';
import { access, type EventSketch, freshId, wireEvent } from '../../support/events.ts';

/**
 * Random executions with their true order, worked out from what the threads did and by brute force;
 * it shares nothing with the engine that is tested against it.
 */
export interface Execution {
  /** In the order in which things happened, a millisecond apart. */
  readonly sketches: readonly (EventSketch & { readonly id: string })[];
  /** `must[a][b]`: a before b by program order, tasks, messages and atomics. */
  readonly must: readonly (readonly boolean[])[];
  /** The same with the order of locks. */
  readonly observed: readonly (readonly boolean[])[];
  readonly accesses: readonly TrueAccess[];
}

export interface TrueAccess {
  readonly event: number;
  readonly variable: string;
  readonly type: AccessType;
  readonly location: string;
  /** Lock name to whether it is held exclusively. */
  readonly locks: ReadonlyMap<string, boolean>;
}

/** One decision of the scheduler: which thread, what it does, and with what. */
export type Move = readonly [thread: number, action: number, argument: number, detail: number];

export const moves = (maxLength: number): fc.Arbitrary<Move[]> =>
  fc.array(fc.tuple(fc.nat(5), fc.nat(11), fc.nat(2), fc.nat(9)), { maxLength, size: 'max' });

/** What an execution may use. */
export interface Features {
  readonly locks: boolean;
  /** Every access happens inside an exclusive hold of one lock. */
  readonly guarded?: boolean;
  /** Every access has a location of its own, so that pairs of sites are pairs of events. */
  readonly ownPlaces?: boolean;
}

const accessTypes: readonly AccessType[] = [
  'Write',
  'Read',
  'Write',
  'Read',
  'AtomicRead',
  'AtomicWrite',
  'AtomicRMW',
];

/** Plays the moves; one that is impossible (a lock that is taken, say) becomes a plain step. */
export function execute(list: readonly Move[], features: Features): Execution {
  const machine = new Machine();
  for (const move of list) {
    const [who, action, argument, detail] = move;
    const open = machine.threads.filter(({ closed }) => !closed);
    const thread = open[who % open.length] as Thread;
    machine.useParent = detail % 3 !== 0;
    if (action <= 4) {
      const type = accessTypes[(action + detail) % accessTypes.length] as AccessType;
      if (features.guarded === true && !machine.acquire(thread, 'guard', true)) continue;
      const place = features.ownPlaces === true ? list.indexOf(move) : detail % 4;
      machine.access(thread, `x${argument % 2}`, type, `place${place}`);
      if (features.guarded === true && detail % 2 === 0) machine.release(thread, 'guard');
    } else if (action === 5) machine.spawn(thread, detail % 2 === 0);
    else if (action === 6) machine.awaitTask(thread);
    else if (action === 7) machine.send(thread);
    else if (action === 8) machine.receive(thread, argument * 10 + detail);
    else if (action === 9 && features.locks) {
      machine.acquire(thread, `lock${argument}`, detail % 3 !== 0);
    } else if (action >= 10 && features.locks) {
      machine.release(thread, [...thread.held.keys()][argument % 2] ?? '');
    } else machine.emit(thread, {});
  }
  return machine.execution();
}

interface Thread {
  readonly name: string;
  readonly spawnedBy: number;
  readonly task: string;
  last: number;
  counter: number;
  closed: boolean;
  readonly vector: Map<string, number>;
  readonly held: Map<string, { exclusive: boolean; count: number }>;
}

class Machine {
  readonly threads: Thread[] = [newThread('t0', -1, '')];
  /** Whether steps inside a thread name the step before as parent, or leave that to counters. */
  useParent = true;
  readonly #sketches: (EventSketch & { id: string })[] = [];
  readonly #accesses: TrueAccess[] = [];
  readonly #mustEdges: [number, number][] = [];
  readonly #lockEdges: [number, number][] = [];
  readonly #released: { lock: string; exclusive: boolean; event: number }[] = [];
  readonly #sent: { from: Thread; event: number; vector: [string, number][] }[] = [];

  execution(): Execution {
    const size = this.#sketches.length;
    const mustEdges = [...this.#mustEdges, ...atomicEdges(this.#accesses)];
    return {
      sketches: this.#sketches,
      accesses: this.#accesses,
      must: closure(size, mustEdges),
      observed: closure(size, [...mustEdges, ...this.#lockEdges]),
    };
  }

  emit(thread: Thread, sketch: EventSketch): number {
    const event = this.#sketches.length;
    thread.counter += 1;
    const isFirst = thread.last < 0;
    const before = isFirst ? thread.spawnedBy : thread.last;
    if (before >= 0) this.#mustEdges.push([before, event]);
    // A task named after its thread may leave out the link from its first event to the AsyncSpawn.
    const linked = isFirst ? thread.task !== thread.name : this.useParent;
    this.#sketches.push({
      id: freshId(),
      at: event,
      service: 'svc',
      instance: thread.name,
      thread: thread.name,
      parent: linked ? (this.#sketches[before]?.id ?? null) : null,
      vector: [...thread.vector, [`svc#${thread.name}`, thread.counter]],
      ...sketch,
    });
    thread.last = event;
    return event;
  }

  access(thread: Thread, variable: string, type: AccessType, location: string): void {
    const payload = access(variable, type, { location });
    const event = this.emit(thread, { kind: 'StateChange', payload });
    const locks = new Map([...thread.held].map(([lock, hold]) => [lock, hold.exclusive]));
    this.#accesses.push({ event, variable, type, location, locks });
  }

  spawn(thread: Thread, namedByThread: boolean): void {
    if (this.threads.length >= 6) {
      this.emit(thread, {});
      return;
    }
    const name = `t${this.threads.length}`;
    const task = namedByThread ? name : `task-${name}`;
    const payload = { task_id: task, spawned_by: thread.name };
    const event = this.emit(thread, { kind: 'AsyncSpawn', payload });
    this.threads.push(newThread(name, event, task));
  }

  awaitTask(thread: Thread): void {
    const task = this.threads.find((other) => other !== thread && canJoin(other));
    const payload = { future_id: task?.task ?? 'nobody', awaited_at: 'here' };
    const event = this.emit(thread, { kind: 'AsyncAwait', payload });
    if (task === undefined) return;
    task.closed = true;
    this.#mustEdges.push([task.last, event]);
  }

  send(thread: Thread): void {
    const event = this.emit(thread, {});
    const vector: [string, number][] = [...thread.vector, [`svc#${thread.name}`, thread.counter]];
    this.#sent.push({ from: thread, event, vector });
  }

  receive(thread: Thread, which: number): void {
    const others = this.#sent.filter(({ from }) => from !== thread);
    const message = others[which % others.length];
    for (const [component, counter] of message?.vector ?? []) {
      if (component === `svc#${thread.name}`) continue;
      thread.vector.set(component, Math.max(counter, thread.vector.get(component) ?? 0));
    }
    const event = this.emit(thread, {});
    if (message !== undefined) this.#mustEdges.push([message.event, event]);
  }

  /** Returns whether the thread now holds the lock. */
  acquire(thread: Thread, lock: string, exclusive: boolean): boolean {
    const own = thread.held.get(lock);
    const isTaken = this.threads.some((other) => {
      const hold = other === thread ? undefined : other.held.get(lock);
      return hold !== undefined && (exclusive || hold.exclusive);
    });
    if (isTaken || (own !== undefined && own.exclusive !== exclusive)) {
      this.emit(thread, {});
      return false;
    }
    const event = this.emit(thread, { kind: 'LockAcquire', payload: lockPayload(lock, exclusive) });
    if (own !== undefined) {
      own.count += 1;
      return true;
    }
    thread.held.set(lock, { exclusive, count: 1 });
    for (const before of this.#released) {
      if (before.lock !== lock || !(before.exclusive || exclusive)) continue;
      this.#lockEdges.push([before.event, event]);
    }
    return true;
  }

  release(thread: Thread, lock: string): void {
    const hold = thread.held.get(lock);
    if (hold === undefined) {
      this.emit(thread, {});
      return;
    }
    const { exclusive } = hold;
    const event = this.emit(thread, { kind: 'LockRelease', payload: lockPayload(lock, exclusive) });
    hold.count -= 1;
    if (hold.count > 0) return;
    thread.held.delete(lock);
    this.#released.push({ lock, exclusive, event });
  }
}

function newThread(name: string, spawnedBy: number, task: string): Thread {
  const maps = { vector: new Map(), held: new Map() };
  return { name, spawnedBy, task, last: -1, counter: 0, closed: false, ...maps };
}

function canJoin({ spawnedBy, last, closed, held }: Thread): boolean {
  return spawnedBy >= 0 && last >= 0 && !closed && held.size === 0;
}

function lockPayload(lock: string, exclusive: boolean): object {
  return { lock_id: lock, lock_type: exclusive ? 'Mutex' : 'RwLock::Read', location: 'here' };
}

function atomicEdges(accesses: readonly TrueAccess[]): [number, number][] {
  const edges: [number, number][] = [];
  for (const writer of accesses) {
    if (writer.type !== 'AtomicWrite' && writer.type !== 'AtomicRMW') continue;
    for (const reader of accesses) {
      if (reader.type !== 'AtomicRead' && reader.type !== 'AtomicRMW') continue;
      if (reader.variable !== writer.variable || reader.event <= writer.event) continue;
      edges.push([writer.event, reader.event]);
    }
  }
  return edges;
}

/** Warshall's transitive closure. */
export function closure(size: number, edges: readonly (readonly [number, number])[]): boolean[][] {
  const reach = Array.from({ length: size }, () => new Array<boolean>(size).fill(false));
  for (const [from, to] of edges) (reach[from] as boolean[])[to] = true;
  for (let middle = 0; middle < size; middle += 1) {
    const onward = reach[middle] as boolean[];
    for (const row of reach) {
      if (row[middle] !== true) continue;
      for (let to = 0; to < size; to += 1) if (onward[to] === true) row[to] = true;
    }
  }
  return reach;
}

/** Whether two accesses race: unordered, one writes, one is not atomic, no lock keeps them apart. */
export function trulyRace({ must }: Execution, a: TrueAccess, b: TrueAccess): boolean {
  if (a.variable !== b.variable || a.event === b.event) return false;
  if (isRead(a.type) && isRead(b.type)) return false;
  if (a.type.startsWith('Atomic') && b.type.startsWith('Atomic')) return false;
  for (const [lock, exclusive] of a.locks) {
    if (b.locks.has(lock) && (exclusive || b.locks.get(lock) === true)) return false;
  }
  return must[a.event]?.[b.event] !== true && must[b.event]?.[a.event] !== true;
}

function isRead(type: AccessType): boolean {
  return type === 'Read' || type === 'AtomicRead';
}

/** An execution's events as they come over the wire: in any order, some of them twice. */
export function delivered(
  { sketches }: Pick<Execution, 'sketches'>,
  random: readonly number[],
): Record<string, unknown>[] {
  const keyed = sketches.map((sketch, place) => ({
    event: wireEvent(sketch),
    key: random[place % random.length] ?? 0,
  }));
  keyed.push(...keyed.filter(({ key }) => key % 7 === 0));
  return keyed.sort((a, b) => a.key - b.key).map(({ event }) => event);
}

/** What {@link delivered} orders by. */
export const deliveryKeys = fc.array(fc.nat(1000), { minLength: 1, maxLength: 60 });

import type { TraceEvent } from '../../domain/event/event.ts';
import { lowerBound } from '../../domain/lower-bound.ts';
import { budgets } from '../budgets.ts';
import type { EdgeList } from './edge-list.ts';
import type { EventIndex } from './event-index.ts';
import type { Strand, StrandIndex } from './strands.ts';

/** What of a strand is one task: all before the place `end`. */
interface Task {
  readonly strand: number;
  readonly end: number;
}

/**
 * Adds spawn edges for tasks that no parent link leads to, and await edges from a task's last event
 * to its AsyncAwait. The strand of a task is the one whose thread id is the task id; else those
 * with an event whose parent is the AsyncSpawn; else the one whose `tags.task_id` is the task id.
 * An id that several AsyncSpawns share names no strand.
 */
export function addTaskEdges(index: EventIndex, strandIndex: StrandIndex, edges: EdgeList): void {
  const awaits: number[] = [];
  const spawns = new Spawns(index, strandIndex);
  index.events.forEach(({ kind }, number) => {
    if (kind === 'AsyncAwait') awaits.push(number);
  });
  if (awaits.length === 0 && spawns.size === 0) return;

  const children = spawnChildren(index, strandIndex);
  const threads = strandsBy(index, strandIndex, ({ thread }) => thread);
  const tagged = strandsBy(index, strandIndex, (_, tags) => tags?.['task_id']);
  for (const [key, spawn] of spawns.unique()) {
    const named = [...(threads.get(key) ?? []), ...(tagged.get(key) ?? [])];
    for (const strand of new Set(named.map((task) => task.strand))) {
      const first = (strandIndex.strands[strand] as Strand).events[0] as number;
      if (strand === strandIndex.strandOf[spawn] || index.parentOf[first] === spawn) continue;
      edges.add(spawn, first, 'spawn', 'high');
    }
  }
  let room: number = budgets.awaitEdges;
  for (const awaiting of awaits) {
    const event = index.events[awaiting];
    if (event?.kind !== 'AsyncAwait') continue;
    const key = taskKey(index, awaiting, event.payload.future_id);
    const spawn = spawns.before(key, awaiting);
    const linked = spawn === null ? undefined : children.get(spawn);
    const isName = !spawns.isAmbiguous(key);
    const named = isName ? threads.get(key) : undefined;
    for (const { strand, end } of named ?? linked ?? (isName ? tagged.get(key) : null) ?? []) {
      if (strand === strandIndex.strandOf[awaiting]) continue;
      if (room === 0) {
        edges.isTruncated = true;
        return;
      }
      room -= 1;
      const { events } = strandIndex.strands[strand] as Strand;
      edges.add(events[end - 1] as number, awaiting, 'await', 'high');
    }
  }
}

/** The AsyncSpawns of a group by task. Task ids are free text and may repeat. */
class Spawns {
  readonly #strandIndex: StrandIndex;
  readonly #byTask = new Map<string, number[]>();
  /** In strand order. */
  readonly #byTaskAndStrand = new Map<string, number[]>();

  constructor(index: EventIndex, strandIndex: StrandIndex) {
    this.#strandIndex = strandIndex;
    for (const { events, number: strand } of strandIndex.strands) {
      for (const number of events) {
        const event = index.events[number] as TraceEvent;
        if (event.kind !== 'AsyncSpawn') continue;
        const key = taskKey(index, number, event.payload.task_id);
        append(this.#byTask, key, number);
        append(this.#byTaskAndStrand, `${strand} ${key}`, number);
      }
    }
  }

  get size(): number {
    return this.#byTask.size;
  }

  isAmbiguous(key: string): boolean {
    return (this.#byTask.get(key)?.length ?? 0) > 1;
  }

  /** Tasks with one AsyncSpawn, and that. */
  *unique(): Iterable<[key: string, spawn: number]> {
    for (const [key, [spawn, ...others]] of this.#byTask) {
      if (spawn !== undefined && others.length === 0) yield [key, spawn];
    }
  }

  /**
   * The AsyncSpawn that an AsyncAwait waits for: the latest one of the task on its own strand, else
   * the only one of the task; null when there are several, or none.
   */
  before(key: string, awaiting: number): number | null {
    const { strandOf, placeOf } = this.#strandIndex;
    const own = this.#byTaskAndStrand.get(`${strandOf[awaiting]} ${key}`) ?? [];
    const limit = placeOf[awaiting] as number;
    const behind = lowerBound(
      0,
      own.length,
      (place) => (placeOf[own[place] as number] as number) > limit,
    );
    if (behind > 0) return own[behind - 1] as number;
    const [only] = this.#byTask.get(key) ?? [];
    return only === undefined || this.isAmbiguous(key) ? null : only;
  }
}

function taskKey(index: EventIndex, event: number, task: string): string {
  return `${index.traceOf[event]} ${task}`;
}

/**
 * Finds the tasks that parent links lead to, by AsyncSpawn. A worker may run several tasks on one
 * strand, one after the other. A task ends where a child of another AsyncSpawn follows the last
 * child of its own.
 */
function spawnChildren(
  { events, parentOf }: EventIndex,
  { strands, strandOf }: StrandIndex,
): ReadonlyMap<number, readonly Task[]> {
  const tasks = new Map<number, Task[]>();
  for (const strand of strands) {
    const known = new Set<number>();
    let end = strand.events.length;
    for (let place = strand.events.length - 1; place >= 0; place -= 1) {
      const spawn = parentOf[strand.events[place] as number] as number;
      if (spawn < 0 || events[spawn]?.kind !== 'AsyncSpawn') continue;
      if (strandOf[spawn] === strand.number) continue;
      if (!known.has(spawn)) append(tasks, spawn, { strand: strand.number, end });
      known.add(spawn);
      end = place;
    }
  }
  return tasks;
}

/** Whole strands as tasks, by the name that their first event has for them. */
function strandsBy(
  index: EventIndex,
  { strands }: StrandIndex,
  nameOf: (strand: Strand, tags: TraceEvent['metadata']['tags']) => unknown,
): ReadonlyMap<string, readonly Task[]> {
  const tasks = new Map<string, Task[]>();
  for (const strand of strands) {
    const first = strand.events[0] as number;
    const name = nameOf(strand, (index.events[first] as TraceEvent).metadata.tags);
    if (typeof name !== 'string') continue;
    append(tasks, taskKey(index, first, name), {
      strand: strand.number,
      end: strand.events.length,
    });
  }
  return tasks;
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

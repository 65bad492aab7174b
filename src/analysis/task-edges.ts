import type { TraceEvent } from '../domain/event.ts';
import type { EdgeList } from './edges.ts';
import type { EventIndex } from './event-index.ts';
import type { Strand, StrandIndex } from './strands.ts';

/** What of a strand is one task: all before the place `end`. */
interface Task {
  readonly strand: number;
  readonly end: number;
}

/**
 * Adds spawn edges for tasks that no parent link leads to, and await edges: the last event of the
 * task before its AsyncAwait. A task's strand is the one whose thread id is the task id, else those
 * with an event that has the AsyncSpawn as parent, else the one whose `tags.task_id` says so.
 */
export function addTaskEdges(index: EventIndex, strandIndex: StrandIndex, edges: EdgeList): void {
  const awaits: number[] = [];
  const spawns = new Map<string, number[]>();
  index.events.forEach((event, number) => {
    if (event.kind === 'AsyncAwait') awaits.push(number);
    if (event.kind !== 'AsyncSpawn') return;
    append(spawns, taskKey(index, number, event.payload.task_id), number);
  });
  if (awaits.length === 0 && spawns.size === 0) return;

  const children = spawnChildren(index, strandIndex);
  const threads = strandsBy(index, strandIndex, ({ thread }) => thread);
  const tagged = strandsBy(index, strandIndex, (_, tags) => tags?.['task_id']);
  for (const [key, spawnEvents] of spawns) {
    const [spawn] = spawnEvents;
    if (spawn === undefined || spawnEvents.length > 1) continue;
    const named = [...(threads.get(key) ?? []), ...(tagged.get(key) ?? [])];
    for (const strand of new Set(named.map((task) => task.strand))) {
      const first = (strandIndex.strands[strand] as Strand).events[0] as number;
      if (strand === strandIndex.strandOf[spawn] || index.parentOf[first] === spawn) continue;
      edges.add(spawn, first, 'spawn', 'high');
    }
  }
  for (const awaiting of awaits) {
    const event = index.events[awaiting];
    if (event?.kind !== 'AsyncAwait') continue;
    const key = taskKey(index, awaiting, event.payload.future_id);
    const spawn = spawnOf(strandIndex, spawns.get(key) ?? [], awaiting);
    const linked = spawn === null ? undefined : children.get(spawn);
    for (const { strand, end } of threads.get(key) ?? linked ?? tagged.get(key) ?? []) {
      if (strand === strandIndex.strandOf[awaiting]) continue;
      const { events } = strandIndex.strands[strand] as Strand;
      edges.add(events[end - 1] as number, awaiting, 'await', 'high');
    }
  }
}

/** Task ids are free text and may repeat: the strand's own latest spawn counts, else the only one. */
function spawnOf(
  { strandOf, placeOf }: StrandIndex,
  spawns: readonly number[],
  awaiting: number,
): number | null {
  let latest: number | null = null;
  for (const spawn of spawns) {
    if (strandOf[spawn] !== strandOf[awaiting]) continue;
    const place = placeOf[spawn] as number;
    if (place > (placeOf[awaiting] as number)) continue;
    if (latest === null || place > (placeOf[latest] as number)) latest = spawn;
  }
  return latest ?? (spawns.length === 1 ? (spawns[0] as number) : null);
}

function taskKey(index: EventIndex, event: number, task: string): string {
  return `${index.traceOf[event]} ${task}`;
}

/**
 * The tasks that parent links lead to, by AsyncSpawn. A worker may run one task after the other on
 * one strand: a task ends where, after the last child of its AsyncSpawn, a child of another follows.
 */
function spawnChildren(
  { events, parentOf }: EventIndex,
  { strands, strandOf }: StrandIndex,
): ReadonlyMap<number, readonly Task[]> {
  const tasks = new Map<number, Task[]>();
  for (const strand of strands) {
    const known = new Set<number>();
    let end = strand.events.length;
    let next = { spawn: -1, place: end };
    for (let place = strand.events.length - 1; place >= 0; place -= 1) {
      const spawn = parentOf[strand.events[place] as number] as number;
      if (spawn < 0 || events[spawn]?.kind !== 'AsyncSpawn') continue;
      if (strandOf[spawn] === strand.number) continue;
      if (spawn !== next.spawn) end = next.place;
      next = { spawn, place };
      if (known.has(spawn)) continue;
      known.add(spawn);
      append(tasks, spawn, { strand: strand.number, end });
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

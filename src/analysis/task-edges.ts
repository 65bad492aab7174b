import type { EdgeList } from './edges.ts';
import type { EventIndex } from './event-index.ts';
import type { Strand, StrandIndex } from './strands.ts';

/** The part of a strand that is one task: from the event at `start` on. */
interface TaskStart {
  readonly strand: number;
  readonly start: number;
}

/**
 * Adds spawn edges for tasks that no parent link leads to, and await edges: the last event of the
 * task before its AsyncAwait. A task's strand is the one whose thread id or `tags.task_id` is the
 * task id, else those whose first event has the AsyncSpawn as parent.
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
  const named = strandsByName(index, strandIndex);
  for (const [key, spawnEvents] of spawns) {
    const [spawn] = spawnEvents;
    if (spawn === undefined || spawnEvents.length > 1) continue;
    for (const { strand } of named.get(key) ?? []) {
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
    const linked = spawn === null ? undefined : children.bySpawn.get(spawn);
    for (const task of named.get(key) ?? linked ?? []) {
      if (task.strand === strandIndex.strandOf[awaiting]) continue;
      edges.add(taskEnd(strandIndex, children.places, task), awaiting, 'await', 'high');
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

/** Events of other strands whose parent is an AsyncSpawn: by spawn, and their places by strand. */
function spawnChildren(index: EventIndex, { strandOf, placeOf }: StrandIndex) {
  const bySpawn = new Map<number, TaskStart[]>();
  const places = new Map<number, number[]>();
  index.parentOf.forEach((parent, event) => {
    if (parent < 0 || index.events[parent]?.kind !== 'AsyncSpawn') return;
    const strand = strandOf[event] as number;
    if (strandOf[parent] === strand) return;
    append(bySpawn, parent, { strand, start: placeOf[event] as number });
    append(places, strand, placeOf[event] as number);
  });
  for (const list of places.values()) list.sort((a, b) => a - b);
  return { bySpawn, places };
}

/** A worker may run one task after the other on one strand: a task ends where the next begins. */
function taskEnd(
  { strands }: StrandIndex,
  places: ReadonlyMap<number, readonly number[]>,
  { strand, start }: TaskStart,
): number {
  const { events } = strands[strand] as Strand;
  const starts = places.get(strand) ?? [];
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) > start) high = middle;
    else low = middle + 1;
  }
  return events[(starts[low] ?? events.length) - 1] as number;
}

function strandsByName(index: EventIndex, { strands }: StrandIndex): Map<string, TaskStart[]> {
  const byName = new Map<string, TaskStart[]>();
  for (const strand of strands) {
    const first = strand.events[0] as number;
    const task = index.events[first]?.metadata.tags?.['task_id'];
    const names = new Set([strand.thread, ...(typeof task === 'string' ? [task] : [])]);
    for (const name of names) {
      append(byName, taskKey(index, first, name), { strand: strand.number, start: 0 });
    }
  }
  return byName;
}

function append<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

import type { TraceEvent } from '../src/domain/event/event.ts';
import type { AccessType, KindName } from '../src/domain/event/event-kind.ts';

/** One kind of input to measure analysis with; the size is a number of events, kept about. */
export interface AnalysisCase {
  readonly name: string;
  readonly sizes: readonly number[];
  readonly traces: (size: number) => readonly (readonly TraceEvent[])[];
}

const GROWING = [10_000, 100_000, 1_000_000];
const HUGE = [100_000];

/** What analysis is made for, at growing sizes, and then what could break it, at one size. */
export const analysisCases: readonly AnalysisCase[] = [
  { name: 'one chain', sizes: GROWING, traces: (size) => [chain(size)] },
  { name: 'traces of 50 events', sizes: GROWING, traces: smallTraces },
  { name: 'tasks in rounds of 200', sizes: GROWING, traces: (size) => [rounds(size)] },
  { name: 'readers, then writers', sizes: GROWING, traces: (size) => [readersThenWriters(size)] },
  { name: 'chain from thread to thread', sizes: GROWING, traces: (size) => [relay(size)] },
  { name: 'unordered writers of one variable', sizes: HUGE, traces: (size) => [writers(size, 1)] },
  { name: 'as many places in the code', sizes: HUGE, traces: (size) => [writers(size, size)] },
  { name: 'as many variables', sizes: HUGE, traces: (size) => [variables(size)] },
  { name: 'as many locks, all held', sizes: HUGE, traces: (size) => [locks(size)] },
  { name: 'lock sets of 1024', sizes: [5000], traces: (size) => [lockSets(size)] },
  { name: 'spans in circles', sizes: HUGE, traces: (size) => [circles(size)] },
  { name: 'spans of one name', sizes: HUGE, traces: (size) => [oneSpan(size)] },
  { name: 'events that are their own parent', sizes: HUGE, traces: (size) => [ownParents(size)] },
  { name: 'vectors of 1024 components', sizes: [5000], traces: (size) => [vectors(size)] },
  { name: 'tasks with an await each', sizes: HUGE, traces: (size) => [awaits(size)] },
  { name: 'tasks of one name', sizes: HUGE, traces: (size) => [namesakes(size)] },
  { name: 'aborts in one strand', sizes: HUGE, traces: (size) => [aborts(size)] },
  { name: 'everyone hears from everyone', sizes: HUGE, traces: (size) => [gossip(size)] },
];

interface Step {
  readonly thread?: string;
  readonly instance?: string;
  readonly parent?: string | null;
  readonly kind?: KindName;
  readonly payload?: object;
  readonly span?: string;
  readonly upstream?: string;
  readonly vector?: readonly (readonly [string, number])[];
  readonly lockSet?: readonly string[];
}

const BASE_MS = Date.UTC(2024, 0, 1);

/** One trace in the making: events a microsecond apart, on one instance. */
class Scene {
  readonly events: TraceEvent[] = [];
  readonly #trace: number;

  constructor(trace = 0) {
    this.#trace = trace;
  }

  /** Adds an event and returns its id. */
  add(step: Step = {}): string {
    const at = this.events.length;
    const id = uuid(at);
    const second = new Date(BASE_MS + Math.floor(at / 1e6) * 1000).toISOString().slice(0, 19);
    this.events.push({
      id,
      traceId: uuid(this.#trace),
      parentId: step.parent ?? null,
      timestamp: `${second}.${String(at % 1e6).padStart(6, '0')}Z`,
      timestampNs: BigInt(BASE_MS) * 1_000_000n + BigInt(at) * 1000n,
      kind: step.kind ?? 'Custom',
      payload: step.payload ?? { name: 'step', data: null },
      metadata: {
        thread_id: step.thread ?? 'main',
        process_id: 1,
        service_name: 'bench',
        environment: 'bench',
        tags: { sdk_language: 'python' },
        duration_ns: null,
        instance_id: step.instance ?? 'bench-1',
        distributed_span_id: step.span ?? null,
        upstream_span_id: step.upstream ?? null,
      },
      vector: step.vector ?? [],
      lockSet: step.lockSet ?? [],
    } as TraceEvent);
    return id;
  }

  access(type: AccessType, variable: string, step: Step = {}, location = `${type}:1`): string {
    const payload = { variable, old_value: null, new_value: 1, location, access_type: type };
    return this.add({ ...step, kind: 'StateChange', payload });
  }

  spawn(task: string, step: Step): string {
    return this.add({
      ...step,
      kind: 'AsyncSpawn',
      payload: { task_id: task, spawned_by: 'main' },
    });
  }

  join(task: string, step: Step): string {
    return this.add({
      ...step,
      kind: 'AsyncAwait',
      payload: { future_id: task, awaited_at: 'main' },
    });
  }

  lock(kind: 'LockAcquire' | 'LockRelease', name: string, step: Step): string {
    const payload = { lock_id: name, lock_type: 'Mutex', location: 'here' };
    return this.add({ ...step, kind, payload });
  }
}

function uuid(number: number): string {
  return `${number.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

function chain(size: number): TraceEvent[] {
  const scene = new Scene();
  let parent: string | null = null;
  for (let number = 0; number < size; number += 1) {
    const vector: [string, number][] = [['bench#bench-1', number + 1]];
    if (number % 2 === 0) parent = scene.add({ parent, vector });
    else parent = scene.access('Write', `x${number % 100}`, { parent, vector });
  }
  return scene.events;
}

/** Five tasks that read and write three variables step by step, some of them under a lock. */
function smallTraces(size: number): TraceEvent[][] {
  return Array.from({ length: Math.ceil(size / 51) }, (_, trace) => {
    const scene = new Scene(trace);
    const tasks = ['a', 'b', 'c', 'd', 'e'];
    let root = scene.add();
    const last = tasks.map((task) => {
      root = scene.spawn(task, { parent: root });
      return root;
    });
    const each = (act: (step: Step, place: number) => string) => {
      for (const [place, thread] of tasks.entries()) {
        last[place] = act({ thread, parent: last[place] ?? null }, place);
      }
    };
    each((step, place) => scene.lock('LockAcquire', place < 3 ? 'L' : 'M', step));
    for (let turn = 0; turn < 6; turn += 1) {
      const type = turn % 2 === 0 ? 'Read' : 'Write';
      each((step, place) => scene.access(type, `x${(trace + turn + place) % 3}`, step));
    }
    each((step, place) => scene.lock('LockRelease', place < 3 ? 'L' : 'M', step));
    for (const task of tasks) root = scene.join(task, { parent: root });
    return scene.events;
  });
}

/** Rounds of 200 tasks of ten events each; a round is awaited before the next begins. */
function rounds(size: number): TraceEvent[] {
  const scene = new Scene();
  let last = scene.add();
  for (let task = 0; scene.events.length < size; task += 200) {
    const ends: string[] = [];
    for (let number = task; number < task + 200; number += 1) {
      last = scene.spawn(`task${number}`, { parent: last });
      let parent = last;
      for (let step = 0; step < 8; step += 1) {
        const type = step === 4 ? 'Write' : 'Read';
        const variable = step === 4 ? `own${number}` : 'shared';
        parent = scene.access(type, variable, { parent, thread: `task${number}` });
      }
      ends.push(`task${number}`);
    }
    for (const end of ends) last = scene.join(end, { parent: last });
    last = scene.access('Write', 'shared', { parent: last });
  }
  return scene.events;
}

/** A tenth of the events are readers that nothing orders, the rest one thread's writes after all. */
function readersThenWriters(size: number): TraceEvent[] {
  const scene = new Scene();
  const root = scene.add();
  const readers = Math.floor(size / 10);
  for (let reader = 0; reader < readers; reader += 1) {
    scene.access('Read', 'x', { parent: root, thread: `r${reader}` });
  }
  let last = root;
  for (let reader = 0; reader < readers; reader += 1) {
    last = scene.join(`r${reader}`, { parent: last });
  }
  while (scene.events.length < size) last = scene.access('Write', 'x', { parent: last });
  return scene.events;
}

/** One chain of parents that changes the thread at every step, so that every link is an edge. */
function relay(size: number): TraceEvent[] {
  const scene = new Scene();
  let parent: string | null = null;
  for (let number = 0; number < size; number += 1) {
    parent = scene.access('Write', 'x', { parent, thread: `t${number % 1000}` });
  }
  return scene.events;
}

function writers(size: number, places: number): TraceEvent[] {
  const scene = new Scene();
  for (let number = 0; number < size; number += 1) {
    scene.access('Write', 'x', { thread: `t${number}` }, `place${number % places}`);
  }
  return scene.events;
}

function variables(size: number): TraceEvent[] {
  const scene = new Scene();
  for (let number = 0; number < size; number += 1) {
    scene.access('Write', `x${number >> 1}`, { thread: `t${number % 2}` });
  }
  return scene.events;
}

/** One thread takes one lock after the other and never gives one back, with an access at each step. */
function locks(size: number): TraceEvent[] {
  const scene = new Scene();
  for (let number = 0; scene.events.length < size; number += 1) {
    scene.lock('LockAcquire', `lock${number}`, {});
    scene.access('Write', 'x', {});
    scene.access('Write', 'x', { thread: 'other' });
  }
  return scene.events;
}

function lockSets(size: number): TraceEvent[] {
  const scene = new Scene();
  for (let number = 0; number < size; number += 1) {
    const lockSet = Array.from({ length: 1024 }, (_, lock) => `lock${number}-${lock}`);
    scene.access('Write', 'x', { thread: `t${number}`, lockSet });
  }
  return scene.events;
}

/** Spans of a hundred events that call each other round. */
function circles(size: number): TraceEvent[] {
  const scene = new Scene();
  const count = Math.ceil(size / 100);
  for (let number = 0; number < size; number += 1) {
    const own = number % count;
    const [span, upstream] = [`s${own}`, `s${(own + 1) % count}`];
    scene.access('Write', 'x', { thread: `t${own}`, span, upstream });
  }
  return scene.events;
}

/** Threads of one span, half of which were called by that same span from elsewhere. */
function oneSpan(size: number): TraceEvent[] {
  const scene = new Scene();
  for (let number = 0; number < size; number += 1) {
    const vector: [string, number][] = [['bench#bench-1', number + 1]];
    const thread = `t${number}`;
    if (number % 2 === 0) scene.add({ thread, span: 's', vector });
    else scene.add({ thread, span: `s${number}`, upstream: 's', vector });
  }
  return scene.events;
}

function ownParents(size: number): TraceEvent[] {
  const scene = new Scene();
  for (let number = 0; number < size; number += 1) {
    scene.access('Write', 'x', { thread: `t${number % 100}`, parent: uuid(number) });
  }
  return scene.events;
}

function vectors(size: number): TraceEvent[] {
  const scene = new Scene();
  for (let number = 0; number < size; number += 1) {
    const vector = Array.from({ length: 1024 }, (_, component): [string, number] => [
      `bench#i${component}`,
      number,
    ]);
    const instance = `i${number % 1024}`;
    scene.access('Write', 'x', { thread: 'main', instance, vector });
  }
  return scene.events;
}

/** Half as many threads, each a task that is awaited in the end. */
function awaits(size: number): TraceEvent[] {
  const scene = new Scene();
  for (let number = 0; number < size / 2; number += 1) {
    scene.access('Write', 'x', { thread: `task${number}` });
  }
  for (let number = 0; number < size / 2; number += 1) scene.join(`task${number}`, {});
  return scene.events;
}

/** Tasks, spawns and awaits that all have one id. */
function namesakes(size: number): TraceEvent[] {
  const scene = new Scene();
  for (let number = 0; scene.events.length < size; number += 1) {
    const go = scene.spawn('task', {});
    scene.add({ thread: 'task', span: `s${number}`, parent: go });
    scene.join('task', {});
  }
  return scene.events;
}

/** Attempts to write that start from one value and are taken back. */
function aborts(size: number): TraceEvent[] {
  const scene = new Scene();
  while (scene.events.length < size) {
    for (const thread of ['a', 'b']) {
      const payload = { variable: 'x', old_value: 1, new_value: 2, location: 'here' };
      scene.add({ thread, kind: 'StateChange', payload: { ...payload, access_type: 'Write' } });
      scene.add({ thread, kind: 'Custom', payload: { name: 'transaction.abort', data: null } });
    }
  }
  return scene.events;
}

/** Ten thousand threads, each step after one of a thread that is elsewhere every time. */
function gossip(size: number): TraceEvent[] {
  const scene = new Scene();
  let state = 1;
  for (let number = 0; number < size; number += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    const parent = number === 0 ? null : uuid(state % number);
    scene.access('Write', `x${number % 10}`, { thread: `t${number % 10_000}`, parent });
  }
  return scene.events;
}

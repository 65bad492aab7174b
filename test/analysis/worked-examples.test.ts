/** The worked examples of races that a naive algorithm gets wrong, with the right answers. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyseOrder } from '../../src/analysis/order/order.ts';
import { access, type EventSketch, traceEvents, wireEvent } from '../support/events.ts';
import { findRaces, type RaceFindings } from '../support/races.ts';

/** A sketch with a name in place of an id, for itself and its parent. */
type Step = Omit<EventSketch, 'id' | 'parent'> & { readonly name: string; readonly after?: string };

function id(name: string): string {
  return `${Buffer.from(name.padEnd(6, '.')).toString('hex').slice(0, 8)}-0000-4000-8000-${Buffer.from(
    name.padEnd(6, '.'),
  )
    .toString('hex')
    .slice(-12)
    .padStart(12, '0')}`;
}

/** Steps a millisecond apart, on the thread that stands before the colon of their name. */
function races(steps: readonly Step[], place: readonly number[] = [...steps.keys()]): RaceFindings {
  const events = steps.map(({ name, after, ...sketch }, at) =>
    wireEvent({
      id: id(name),
      at,
      parent: after === undefined ? null : id(after),
      thread: name.split(':')[0] ?? '',
      ...sketch,
    }),
  );
  return findRaces(analyseOrder(traceEvents(place.map((slot) => events[slot] as object))));
}

const write = (location: string, more: object = {}): Pick<Step, 'kind' | 'payload'> => ({
  kind: 'StateChange',
  payload: access('x', 'Write', { location, ...more }),
});
const read = (location: string): Pick<Step, 'kind' | 'payload'> => ({
  kind: 'StateChange',
  payload: access('x', 'Read', { location }),
});
const lock = (kind: 'LockAcquire' | 'LockRelease', type = 'Mutex', name = 'L') => ({
  kind,
  payload: { lock_id: name, lock_type: type, location: 'lock' },
});
const spawn = (task: string) =>
  ({ kind: 'AsyncSpawn', payload: { task_id: task, spawned_by: 'a' } }) as const;
const join = (task: string) =>
  ({ kind: 'AsyncAwait', payload: { future_id: task, awaited_at: 'a' } }) as const;

function pairs({ race_details }: RaceFindings): string[] {
  return race_details.map(({ event1_location, event2_location }) =>
    [event1_location, event2_location].sort().join('~'),
  );
}

test('a joined task does not race with what comes after the join', () => {
  const steps: Step[] = [
    { name: 'a:root' },
    { name: 'a:go', after: 'a:root', ...spawn('task') },
    { name: 'b:w2', after: 'a:go', ...write('w2') },
    { name: 'a:join', after: 'a:go', ...join('task') },
    { name: 'a:w1', after: 'a:join', ...write('w1') },
  ];
  assert.deepEqual(pairs(races(steps)), []);
  const unjoined = steps.filter(({ name }) => name !== 'a:join');
  assert.deepEqual(pairs(races(unjoined)), ['w1~w2']);
});

test('a task is over with its last event, or where its worker begins another task', () => {
  const task: Step[] = [
    { name: 'a:root' },
    { name: 'a:go', after: 'a:root', ...spawn('task') },
    { name: 'b:1', after: 'a:go', ...write('b1') },
    { name: 'b:2', after: 'a:go', ...write('b2') },
    { name: 'a:join', after: 'a:go', ...join('task') },
    { name: 'a:w', after: 'a:join', ...write('a') },
  ];
  assert.deepEqual(pairs(races(task)), [], 'all its events are children of the spawn');
  const another: Step[] = [
    ...task.slice(0, 4),
    { name: 'a:go2', after: 'a:go', ...spawn('next') },
    { name: 'b:3', after: 'a:go2', ...write('b3') },
    ...task.slice(4),
  ];
  assert.deepEqual(pairs(races(another)), ['a~b3']);
  const named = another.map((step) => (step.name === 'a:go' ? { ...step, ...spawn('b') } : step));
  const awaited = named.map((step) => (step.name === 'a:join' ? { ...step, ...join('b') } : step));
  assert.deepEqual(pairs(races(awaited)), [], 'a thread named as the task is the task');
});

test('a message in the causality vectors orders two threads', () => {
  const b = { service: 'svc', instance: 'b' };
  const a = { service: 'svc', instance: 'a' };
  const steps: Step[] = [
    { name: 'a:root', ...a, vector: [['svc#a', 1]] },
    { name: 'b:w2', after: 'a:root', ...b, ...write('w2'), vector: [['svc#b', 1]] },
    {
      name: 'a:recv',
      after: 'a:root',
      ...a,
      vector: [
        ['svc#a', 2],
        ['svc#b', 1],
      ],
    },
    {
      name: 'a:w1',
      after: 'a:recv',
      ...a,
      ...write('w1'),
      vector: [
        ['svc#a', 3],
        ['svc#b', 1],
      ],
    },
  ];
  assert.deepEqual(pairs(races(steps)), []);
});

test('a thread is a thread of one service instance', () => {
  const thread = { thread: 'ThreadId(2)' };
  const steps: Step[] = [
    { name: 'gw:root', service: 'gw' },
    { name: 'wA', after: 'gw:root', service: 'orders', ...thread, ...write('wA') },
    { name: 'wB', after: 'gw:root', service: 'billing', ...thread, ...write('wB') },
  ];
  assert.deepEqual(pairs(races(steps)), ['wA~wB']);
});

test('a lock belongs to the strand that took it, not to a thread name', () => {
  const steps: Step[] = [
    { name: 'main:other', service: 'other', instance: 'o', ...lock('LockAcquire') },
    { name: 'main:root' },
    { name: 'main:w1', after: 'main:root', ...write('w1') },
    { name: 'b:lock', after: 'main:root', ...lock('LockAcquire') },
    { name: 'b:w2', after: 'b:lock', ...write('w2') },
  ];
  assert.deepEqual(pairs(races(steps)), ['w1~w2']);
});

test('the lock set that the SDK sent counts', () => {
  const steps: Step[] = [
    { name: 'a:root' },
    { name: 'b:w1', after: 'a:root', ...write('w1'), locks: ['L'] },
    { name: 'c:w2', after: 'a:root', ...write('w2'), locks: ['L'] },
  ];
  assert.deepEqual(pairs(races(steps)), []);
});

test('two holders of a read lock do not exclude each other', () => {
  for (const type of ['RwLock::Read', 'RWLock-Read', 'RwLock-Read', 'shared READ']) {
    const held = (thread: string, location: string): Step[] => [
      { name: `${thread}:lock`, after: 'a:root', ...lock('LockAcquire', type) },
      { name: `${thread}:w`, after: `${thread}:lock`, ...write(location) },
      { name: `${thread}:rel`, after: `${thread}:w`, ...lock('LockRelease', type) },
    ];
    const found = races([{ name: 'a:root' }, ...held('b', 'w1'), ...held('c', 'w2')]);
    assert.deepEqual(pairs(found), ['w1~w2'], type);
    assert.equal(found.race_details[0]?.verdict, 'confirmed');
    assert.deepEqual(found.race_details[0]?.locks1, [{ name: 'L', mode: 'read' }]);
  }
});

test('a lock that was taken twice is held until it was released twice', () => {
  const steps: Step[] = [
    { name: 'a:root' },
    { name: 'b:l1', after: 'a:root', ...lock('LockAcquire') },
    { name: 'b:l2', after: 'b:l1', ...lock('LockAcquire') },
    { name: 'b:r1', after: 'b:l2', ...lock('LockRelease') },
    { name: 'b:w1', after: 'b:r1', ...write('w1') },
    { name: 'b:r2', after: 'b:w1', ...lock('LockRelease') },
    { name: 'c:l1', after: 'a:root', ...lock('LockAcquire') },
    { name: 'c:w2', after: 'c:l1', ...write('w2') },
  ];
  assert.deepEqual(pairs(races(steps)), []);
});

test('a lock that was never given back protects until somebody else gets it', () => {
  const steps: Step[] = [
    { name: 'a:root' },
    { name: 'b:l1', after: 'a:root', ...lock('LockAcquire') },
    { name: 'b:w1', after: 'b:l1', ...write('held') },
    { name: 'c:l1', after: 'a:root', ...lock('LockAcquire') },
    { name: 'c:w2', after: 'c:l1', ...write('other') },
    { name: 'b:w3', after: 'b:w1', ...write('lost') },
  ];
  assert.deepEqual(pairs(races(steps)), ['lost~other']);
});

test('atomics race with plain accesses only', () => {
  const pair = (first: string, second: string) =>
    races([
      { name: 'a:root' },
      { name: 'b:1', after: 'a:root', kind: 'StateChange', payload: access('x', first) },
      { name: 'c:2', after: 'a:root', kind: 'StateChange', payload: access('x', second) },
    ]).potential_races;
  assert.equal(pair('Read', 'AtomicRead'), 0);
  assert.equal(pair('AtomicRMW', 'AtomicRMW'), 0);
  assert.equal(pair('AtomicWrite', 'AtomicRead'), 0);
  assert.equal(pair('Write', 'AtomicRead'), 1);
  assert.equal(pair('AtomicWrite', 'Write'), 1);
});

test('late parents, lost parents and any order give one answer', () => {
  const steps: Step[] = [
    { name: 'a:root' },
    { name: 'b:w1', after: 'a:root', ...write('w1') },
    { name: 'c:w2', after: 'a:root', ...write('w2') },
    { name: 'a:r', after: 'a:root', ...read('r') },
  ];
  const inOrder = races(steps);
  assert.deepEqual(pairs(inOrder).sort(), ['r~w1', 'r~w2', 'w1~w2']);
  for (const place of [
    [1, 0, 2, 3],
    [3, 2, 1, 0],
    [2, 3, 0, 1],
  ]) {
    assert.deepEqual(races(steps, place), inOrder);
  }
  assert.deepEqual(pairs(races(steps.slice(1))).sort(), ['r~w1', 'r~w2', 'w1~w2']);
});

test('one plain name in two processes is an entry of unknown scope, and comes last', () => {
  const one = { service: 'web', instance: 'web-1' };
  const two = { service: 'search', instance: 'search-9' };
  const found = races([
    { name: 'a:root' },
    { name: 'b:w1', after: 'a:root', ...one, ...write('w1') },
    { name: 'c:w2', after: 'a:root', ...two, ...write('w2') },
    { name: 'd:r1', after: 'a:root', ...one, ...read('r1') },
  ]);
  assert.deepEqual(
    found.race_details.map(({ scope, severity }) => [scope, severity]),
    [
      ['process', 'WARNING'],
      ['unknown', 'CRITICAL'],
      ['unknown', 'WARNING'],
    ],
  );
  const shared = (of: object, location: string, tags: object = {}) => ({
    ...of,
    tags,
    kind: 'StateChange' as const,
    payload: access(location.includes('db') ? 'db:x' : 'x', 'Write', { location }),
  });
  const scopes = (a: object, b: object) =>
    races([
      { name: 'a:root' },
      { name: 'b:w1', after: 'a:root', ...a },
      { name: 'c:w2', after: 'a:root', ...b },
    ]).race_details.map(({ scope }) => scope);
  assert.deepEqual(scopes(shared(one, 'db1'), shared(two, 'db2')), ['shared']);
  const tagged = { scope: 'shared' };
  assert.deepEqual(scopes(shared(one, 'w1', tagged), shared(two, 'w2', tagged)), ['shared']);
  assert.deepEqual(scopes(shared(one, 'w1', { scope: 'process' }), shared(two, 'w2')), []);
});

test('branches that share an SDK context are given away by their values', () => {
  const balance = (name: string, after: string, type: string, more: object): Step => ({
    name,
    after,
    kind: 'StateChange',
    payload: access('x', type, { location: `${name} line`, ...more }),
  });
  const steps: Step[] = [
    { name: 'a:root' },
    balance('a:r1', 'a:root', 'Read', { new_value: 100 }),
    balance('a:r2', 'a:r1', 'Read', { new_value: 100 }),
    balance('a:w1', 'a:r2', 'Write', { old_value: 100, new_value: 110 }),
    balance('a:w2', 'a:w1', 'Write', { old_value: 100, new_value: 120 }),
  ];
  const [race, ...others] = races(steps).race_details;
  assert.deepEqual(others, []);
  assert.deepEqual(
    [race?.pattern, race?.evidence, race?.verdict, race?.severity, race?.pair_count],
    ['lost_update', 'E3', 'predicted', 'CRITICAL', 1],
  );

  const restored = [
    ...steps.slice(0, 4),
    balance('a:w3', 'a:w1', 'Write', { old_value: 110, new_value: 100 }),
    balance('a:w2', 'a:w3', 'Write', { old_value: 100, new_value: 120 }),
  ];
  assert.equal(races(restored).potential_races, 0, 'the value was there again');
  const retried: Step[] = [
    ...steps.slice(0, 4),
    {
      name: 'a:ab',
      after: 'a:w1',
      kind: 'Custom',
      payload: { name: 'transaction.abort', data: 0 },
    },
    balance('a:w2', 'a:ab', 'Write', { old_value: 100, new_value: 120 }),
  ];
  assert.equal(races(retried).potential_races, 0, 'the first attempt was taken back');
});

test('a race of two writes from one base value is a proven lost update', () => {
  const found = races([
    { name: 'a:root' },
    { name: 'b:w1', after: 'a:root', ...write('w', { old_value: 5, new_value: 6 }) },
    { name: 'c:w2', after: 'a:root', ...write('w', { old_value: 5, new_value: 7 }) },
  ]);
  assert.equal(found.potential_races, 1);
  const [race] = found.race_details;
  assert.deepEqual(
    [race?.pattern, race?.evidence, race?.verdict],
    ['lost_update', 'E3', 'confirmed'],
  );
});

test('every pair of events at two places is counted, however many strands and turns there are', () => {
  const turns = (thread: string, step: typeof read, place: string): Step[] =>
    [1, 2, 3].map((turn) => ({ name: `${thread}:${turn}`, ...step(place) }));
  const writers = ['b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'].flatMap((name) =>
    turns(name, write, 'w'),
  );
  const { race_details, potential_races } = races([...writers, ...turns('r', read, 'r')]);
  assert.deepEqual(
    race_details.map(({ pair_count }) => pair_count),
    [28 * 9, 8 * 9],
  );
  assert.equal(potential_races, 28 * 9 + 8 * 9);
});

test('only what happens between call and return races with the callee', () => {
  const a = { span: 'a'.repeat(16), service: 'a', instance: 'a-1' };
  const b = { span: 'b'.repeat(16), upstream: 'a'.repeat(16), service: 'b', instance: 'b-1' };
  const steps: Step[] = [
    { name: 'a:h', ...a },
    { name: 'a:w0', after: 'a:h', ...a, ...write('w0') },
    { name: 'a:call', after: 'a:w0', ...a },
    { name: 'b:h', ...b },
    { name: 'b:r', after: 'b:h', ...b, ...read('r') },
    { name: 'a:w1', after: 'a:call', ...a, ...write('w1') },
    { name: 'b:end', after: 'b:r', ...b },
    { name: 'a:w2', after: 'a:w1', ...a, ...write('w2') },
  ];
  assert.deepEqual(pairs(races(steps)), ['r~w1']);
  const fireAndForget = steps.map((step) =>
    step.name.startsWith('b') ? { ...step, tags: { blocking: 'false' } } : step,
  );
  assert.deepEqual(pairs(races(fireAndForget)).sort(), ['r~w1', 'r~w2']);
});

test('the Go and Rust SDKs hold a lock from the next event on', () => {
  const go = { tags: { sdk_language: 'go' } };
  // c waits for the lock that b still holds: its hold starts with c:w2.
  const steps: Step[] = [
    { name: 'a:root', ...go },
    { name: 'b:l', after: 'a:root', ...go, ...lock('LockAcquire', 'RWLock-Write') },
    { name: 'c:l', after: 'a:root', ...go, ...lock('LockAcquire', 'RWLock-Write') },
    { name: 'b:w1', after: 'b:l', ...go, ...write('w1') },
    { name: 'b:r', after: 'b:w1', ...go, ...lock('LockRelease', 'RWLock-Write') },
    { name: 'b:w', after: 'b:r', ...go, ...write('free') },
    { name: 'c:w2', after: 'c:l', ...go, ...write('w2') },
  ];
  assert.deepEqual(pairs(races(steps)), ['free~w2']);
});

test('a witness shows both events, what they know, and the steps of both strands', () => {
  const found = races([
    { name: 'a:root' },
    { name: 'b:l', after: 'a:root', ...lock('LockAcquire') },
    { name: 'b:r', after: 'b:l', ...read('r') },
    { name: 'b:rel', after: 'b:r', ...lock('LockRelease') },
    { name: 'c:w', after: 'a:root', ...write('w') },
  ]);
  const [race] = found.race_details;
  assert.deepEqual(race?.witness?.event_ids, [id('b:r'), id('c:w')]);
  assert.deepEqual(race?.witness?.missing_edge, {
    from: id('b:r'),
    to: id('c:w'),
    last_known: null,
  });
  assert.deepEqual(
    race?.witness?.interleaving.map(({ column, step }) => `${column} ${step}`),
    ['1 LockAcquire L', '1 Read x', '1 LockRelease L', '2 Write x'],
  );
  assert.deepEqual(race?.witness?.clocks[1], [
    { strand: 'web web-1 c', events: 1 },
    { strand: 'web web-1 a', events: 1 },
  ]);
});

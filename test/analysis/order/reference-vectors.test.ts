/** The ancestor's own test vectors for order, races and audit trails, as this server rules them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyseOrder, type CausalOrder } from '../../../src/analysis/order/order.ts';
import { auditTrails } from '../../../src/analysis/within/audit-trail.ts';
import { searchRaces } from '../../../src/analysis/within/races.ts';
import { access, freshId, traceEvents, wireEvent } from '../../support/events.ts';
import { findRaces } from '../../support/races.ts';

const id = (letter: string) => `${letter.repeat(8)}-0000-4000-8000-000000000000`;

function auditTrail(order: CausalOrder, variable: string) {
  return auditTrails(order, searchRaces(order), new Map()).get(variable) ?? [];
}

/** Accesses as children of one root, a millisecond apart. */
function siblings(list: readonly (readonly [type: string, thread: string])[]) {
  const root = freshId();
  const order = analyseOrder(
    traceEvents([
      wireEvent({ id: root }),
      ...list.map(([type, thread], place) =>
        wireEvent({
          parent: root,
          at: place + 1,
          thread,
          kind: 'StateChange',
          payload: access('x', type, { location: `place ${place}` }),
        }),
      ),
    ]),
  );
  return { races: findRaces(order), audit: auditTrail(order, 'x') };
}

test('the fixture has one critical race on balance, and the audit trail shows it', () => {
  const change = (old: number, next: number) =>
    access('balance', 'Write', { old_value: old, new_value: next });
  const order = analyseOrder(
    traceEvents([
      wireEvent({ id: id('b'), thread: 'thread-main', durationNs: 17e6 }),
      wireEvent({
        id: id('c'),
        parent: id('b'),
        at: 1,
        thread: 'worker-1',
        kind: 'StateChange',
        payload: change(10, 15),
        durationNs: 8e6,
      }),
      wireEvent({
        id: id('d'),
        parent: id('b'),
        at: 2,
        thread: 'worker-2',
        kind: 'StateChange',
        payload: change(15, 20),
        durationNs: 9e6,
      }),
      wireEvent({ id: id('e'), parent: id('b'), at: 5, thread: 'thread-main', durationNs: 3e6 }),
    ]),
  );
  const { potential_races, concurrent_events, race_details } = findRaces(order);
  assert.deepEqual([potential_races, concurrent_events, race_details.length], [1, 1, 1]);
  const [race] = race_details;
  assert.deepEqual(
    [race?.severity, race?.variable, race?.event1_thread, race?.event2_thread],
    ['CRITICAL', 'balance', 'worker-1', 'worker-2'],
  );
  assert.deepEqual(
    auditTrail(order, 'balance').map((line) => [line.has_causal_link_to_previous, line.is_race]),
    [
      [true, false],
      [false, true],
    ],
  );
  assert.deepEqual(auditTrail(order, '__proto__'), []);
});

test('which pairs of siblings race, and what the audit trail says of them', () => {
  const rows: [string, string, string | null][] = [
    ['Write', 'Write', 'CRITICAL'],
    ['Read', 'Write', 'WARNING'],
    ['Read', 'AtomicWrite', 'WARNING'],
    ['Read', 'Read', null],
    ['AtomicRead', 'AtomicRead', null],
    ['AtomicRMW', 'AtomicRMW', null],
    ['AtomicWrite', 'AtomicRead', null],
    ['Read', 'AtomicRead', null],
  ];
  for (const [first, second, severity] of rows) {
    const { races, audit } = siblings([
      [first, 'a'],
      [second, 'b'],
    ]);
    assert.equal(races.race_details[0]?.severity ?? null, severity, `${first} and ${second}`);
    assert.deepEqual(
      audit.map(({ is_race }) => is_race),
      [false, severity !== null],
    );
  }
  assert.equal(
    siblings([
      ['Write', 'a'],
      ['Read', 'b'],
      ['Read', 'c'],
      ['Read', 'a'],
    ]).races.potential_races,
    2,
  );
  const sameThread = siblings([
    ['Write', 'a'],
    ['Write', 'a'],
  ]);
  assert.equal(sameThread.races.potential_races, 0);
  assert.equal(sameThread.audit[1]?.has_causal_link_to_previous, true);
});

test('an access is marked when it races with any access before it, not just the one before', () => {
  const flags = (...list: (readonly [string, string])[]) =>
    siblings(list)
      .audit.map(({ is_race }) => (is_race ? 'T' : 'F'))
      .join('');
  assert.equal(flags(['Write', 't1'], ['Read', 't2'], ['Read', 't3'], ['Read', 't1']), 'FTTF');
  assert.equal(flags(['Read', 't1'], ['Read', 't2'], ['Write', 't1'], ['Write', 't2']), 'FFTT');
});

test('two roots that read and write one variable race three times', () => {
  const [one, two] = [freshId(), freshId()];
  const step = (parent: string, thread: string, at: number, type: string) =>
    wireEvent({ parent, thread, at, kind: 'StateChange', payload: access('x', type) });
  const order = analyseOrder(
    traceEvents([
      wireEvent({ id: one, thread: 't1' }),
      wireEvent({ id: two, thread: 't2' }),
      step(one, 't1', 1, 'Read'),
      step(two, 't2', 2, 'Read'),
      step(one, 't1', 3, 'Write'),
      step(two, 't2', 4, 'Write'),
    ]),
  );
  assert.equal(findRaces(order).potential_races, 3);
  assert.deepEqual(
    auditTrail(order, 'x').map(({ is_race }) => is_race),
    [false, false, true, true],
  );
});

test('neither a lock around both writes nor a parent link leaves a race', () => {
  const root = freshId();
  const [one, two] = [freshId(), freshId()];
  const write = { kind: 'StateChange' as const, payload: access('x', 'Write') };
  const lock = { lock_id: 'L', lock_type: 'Mutex', location: 'here' };
  const taken = { kind: 'LockAcquire' as const, payload: lock, parent: root };
  const locked = traceEvents([
    wireEvent({ id: root }),
    wireEvent({ ...taken, id: one, at: 1, thread: 'a' }),
    wireEvent({ ...write, parent: one, at: 2, thread: 'a' }),
    wireEvent({ ...taken, id: two, at: 3, thread: 'b' }),
    wireEvent({ ...write, parent: two, at: 4, thread: 'b' }),
  ]);
  assert.equal(findRaces(analyseOrder(locked)).potential_races, 0);
  const child = traceEvents([
    wireEvent({ ...write, id: one, thread: 'a' }),
    wireEvent({ ...write, parent: one, at: 1, thread: 'b' }),
  ]);
  assert.equal(findRaces(analyseOrder(child)).potential_races, 0);
  const unlinked = traceEvents([
    wireEvent({ ...write, thread: 'a' }),
    wireEvent({ ...write, at: 1, thread: 'b' }),
  ]);
  assert.equal(findRaces(analyseOrder(unlinked)).potential_races, 1, 'nothing orders them');
});

test('a parent happens before its child on another thread; a spawned task does not wait', () => {
  const events = traceEvents([
    wireEvent({ id: id('1'), thread: 'a' }),
    wireEvent({
      id: id('2'),
      parent: id('1'),
      at: 1,
      thread: 'b',
      kind: 'AsyncSpawn',
      payload: { task_id: 'task', spawned_by: 'a' },
    }),
    wireEvent({ id: id('3'), parent: id('1'), at: 2, thread: 'c' }),
  ]);
  const { must, find } = analyseOrder(events);
  const [root, task, call] = ['1', '2', '3'].map((letter) => find(0, id(letter)));
  assert.ok(must.precedes(root as number, task as number));
  assert.ok(must.precedes(root as number, call as number));
  assert.ok(must.concurrent(task as number, call as number));
});

test('services in one trace are ordered by a clock that was carried over, not by own counters', () => {
  const two = (vectorOfB: [string, number][]) => {
    const { must, find } = analyseOrder(
      traceEvents([
        wireEvent({ id: id('a'), service: 'a', instance: '1', vector: [['a#1', 5]] }),
        wireEvent({ id: id('b'), service: 'b', instance: '1', at: 1, vector: vectorOfB }),
      ]),
    );
    return must.precedes(find(0, id('a')), find(0, id('b')));
  };
  assert.equal(two([['b#1', 4]]), false);
  assert.equal(
    two([
      ['a#1', 5],
      ['b#1', 1],
    ]),
    true,
  );
});

test('audit trails tell who raced also where there are more races than are counted', () => {
  const writers = Array.from({ length: 1500 }, (_, at) =>
    wireEvent({ at, thread: `t${at}`, kind: 'StateChange', payload: access('x', 'Write') }),
  );
  const order = analyseOrder(traceEvents(writers));
  assert.equal(findRaces(order).truncated_by, 'race_pairs');
  assert.deepEqual(
    auditTrail(order, 'x').map(({ is_race }) => is_race),
    writers.map((_, place) => place > 0),
  );
});

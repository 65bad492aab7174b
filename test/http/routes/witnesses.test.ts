/** A race by one of its witnesses: all that a page about it shows, in one reply. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpLimits } from '../../../src/http/limits.ts';
import { Shop } from '../../browser/shop.ts';
import { getSettled as get, post, type Reply, testApp } from '../../support/app.ts';
import { access, wireEvent } from '../../support/events.ts';

const start = Date.UTC(2026, 0, 1);

async function raced(t: Parameters<typeof testApp>[0], events: readonly object[]) {
  const served = await testApp(t);
  await post(served.app, events);
  const { issues } = await get(served, '/api/races?scope=any&evidence=E0');
  const [race] = issues;
  const path = `/api/races/${race.fingerprint}/witnesses`;
  return { served, race, path, view: await get(served, `${path}/1`) };
}

test('both sides of a lost update: who called, which locks were held, what was lost', async (t) => {
  const { view, race, served, path } = await raced(t, new Shop(start).lostUpdate(0));
  const { sides, why_unordered: why } = view;
  const [a, b] = sides;
  assert.deepEqual(
    sides.map(({ root, event_count: count, complete }: Reply) => [root, count, complete]),
    [
      ['POST /checkout', 15, true],
      ['POST /refunds', 6, true],
    ],
  );
  const strands = ({ strands: known }: Reply) => known.map(({ service }: Reply) => service);
  assert.deepEqual(
    [strands(a), strands(b)],
    [
      ['ledger', 'orders'],
      ['ledger', 'web'],
    ],
  );
  const calls = (one: Reply) =>
    one.calls.map(({ caller, callee, name, from_us: from, until_us: until, call }: Reply) =>
      [caller, callee, name, from, until, call.source, call.confidence].join(' '),
    );
  assert.deepEqual(calls(a), [
    'orders ledger POST /charge -800 4400 call low',
    'web orders POST /reserve -7800 4800 call low',
  ]);
  assert.deepEqual(calls(b), ['web ledger POST /refund -300 2800 call low']);
  const held = { name: 'ledger', mode: 'exclusive' };
  assert.deepEqual(a.locks, [{ ...held, location: 'charge.py:22', from_us: -500, until_us: 4000 }]);
  assert.deepEqual(b.locks, []);
  assert.deepEqual(why, {
    ...{ locks_a: [held], locks_b: [], common: [] },
    ...{ messages: { a: 0, b: 0 }, tasks: { a: 0, b: 0 }, calls: { a: 2, b: 2 } },
  });
  assert.deepEqual(
    a.events.map(({ name, at_us: at, strand }: Reply) => `${strand} ${at} ${name}`),
    [
      '1 -1800 stock.sku-42',
      '0 -800 POST /charge',
      '0 -700 charge',
      '0 -500 ledger',
      '0 0 ledger.balance',
      '0 3700 ledger.balance',
      '0 4000 ledger',
      '0 4400 HttpResponse',
      '1 4800 HttpResponse',
    ],
  );
  assert.deepEqual(a.edges, [
    { from: 7, to: 8, source: 'return', confidence: 'medium' },
    { from: 0, to: 1, source: 'call', confidence: 'low' },
  ]);
  assert.deepEqual([view.clocks, view.skew_us], ['one', 0]);
  assert.deepEqual(
    view.effects.map(({ stored, lost, change }: Reply) => [stored, lost, change]),
    [
      ['12750', null, null],
      ['12750', null, null],
      ['12710', null, '-40'],
      ['12775', '12710', '+25'],
    ],
  );
  assert.deepEqual(view.serial, [
    { order: 'AB', value: '12735' },
    { order: 'BA', value: '12735' },
  ]);
  const [row] = view.witnesses;
  assert.deepEqual([row.number, row.apart_us, row.stored, row.lost], [1, 1500, '12775', '12710']);
  assert.deepEqual(view.race, race);
  const { headers } = await served.app.inject(`${path}/1`);
  const again = await served.app.inject({
    url: `${path}/1`,
    headers: { 'if-none-match': String(headers['etag']) },
  });
  assert.equal(again.statusCode, 304);
});

test('a witness that is not there is said, and so is a number that is none', async (t) => {
  const { served, path } = await raced(t, new Shop(start).lostUpdate(0));
  for (const [number, status] of [
    ['2', 404],
    ['0', 400],
    ['1001', 400],
    ['x', 400],
  ] as const) {
    assert.equal((await served.app.inject(`${path}/${number}`)).statusCode, status, number);
  }
  const unknown = await served.app.inject('/api/races/0123456789abcdef/witnesses/1');
  assert.equal(unknown.statusCode, 404);
});

test('a race that nobody has seen happen is shown without a witness', async (t) => {
  const { served, race, path, view } = await raced(
    t,
    ['a', 'b'].map((trace, place) =>
      wireEvent({
        ...{ trace, thread: trace, at: place * 500, tags: { scope: 'shared' } },
        ...{ kind: 'StateChange', payload: { ...access('x', 'Write'), old_value: null } },
      }),
    ),
  );
  assert.deepEqual([race.evidence, race.witnesses], ['E0', []]);
  assert.deepEqual([view.number, view.count, view.witnesses, view.effects], [1, 0, [], []]);
  assert.deepEqual(view.race, race);
  for (const { trace_id: traceId, complete, events } of view.sides) {
    assert.deepEqual([traceId, complete, events], ['', false, []]);
  }
  assert.equal((await served.app.inject(`${path}/2`)).statusCode, 404);
});

/** A read and a write of one request, with many events around them. */
function request(trace: string, at: number, value: number, around: object[]): object[] {
  const access = (offset: number, type: string, more: object) =>
    wireEvent({
      ...{ trace, at: at + offset, tags: { scope: 'shared' } },
      kind: 'StateChange',
      payload: { variable: 'x', location: 'x.ts:1', access_type: type, ...more },
    });
  return [
    access(0, 'Read', { old_value: null, new_value: 1 }),
    ...around,
    access(10, 'Write', { old_value: 1, new_value: value }),
  ];
}

test('of many events around the accesses few are shown, and how many are not', async (t) => {
  const around = (trace: string) =>
    Array.from({ length: 500 }, (_, place) =>
      wireEvent({
        ...{ trace, at: 1 + place / 100, kind: 'FunctionCall' },
        payload: {
          ...{ function_name: `${place} ${'ü'.repeat(900)}`, module: 'm' },
          ...{ file: 'f'.repeat(900), line: 1, args: null },
        },
      }),
    );
  const { served, path, view } = await raced(t, [
    ...request('a', 0, 2, around('a')),
    ...request('b', 1, 3, around('b')),
  ]);
  for (const { events, complete, folded_after: after, event_count: count } of view.sides) {
    assert.equal(complete, true);
    assert.equal(events.length, 30);
    const folded = events.reduce((sum: number, one: Reply) => sum + one.folded, 0);
    assert.equal(events.length + folded + after, count);
  }
  const { payload } = await served.app.inject(`${path}/1`);
  assert.ok(Buffer.byteLength(payload) <= httpLimits.witnessViewBytes + 100);
});

test('where the race itself is long, what is around it is left out and said', async (t) => {
  const locks = [...'abcdefghijklmnopqrstuvwxyz'].map((letter) => letter.repeat(1000));
  const { view } = await raced(t, [
    ...request('a', 0, 2, []).map((event) => ({ ...event, lock_set: locks })),
    ...request('b', 1, 3, []),
  ]);
  for (const { events, edges, complete } of view.sides) {
    assert.deepEqual([events, edges, complete], [[], [], false]);
  }
});

test('clocks of two hosts are compared where both were called by one service', async (t) => {
  const shop = new Shop(start);
  const events = shop.lostUpdate(0) as Record<string, Record<string, unknown>>[];
  const moved = events.map((event) => {
    const isOfRefund =
      String(event['kind']).length > 0 && event['trace_id'] !== events[0]?.['trace_id'];
    if (!isOfRefund || event['metadata']?.['service_name'] !== 'ledger') return event;
    return { ...event, metadata: { ...event['metadata'], instance_id: 'ledger-2' } };
  });
  const { view } = await raced(t, moved);
  assert.equal(view.clocks, 'two');
  assert.equal(view.skew_us, 0);
});

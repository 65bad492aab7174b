import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getSettled as get, post, type TestApp, testApp } from '../../support/app.ts';
import { access, wireEvent } from '../../support/events.ts';

const from = '2024-01-01T12:00:00Z';
const until = '2024-01-01T12:00:01Z';

/** A request as its own trace: its route, when it came, how long it took, and what it did. */
function request(
  trace: string,
  url: string,
  at: number,
  part: { took?: number; service?: string; fails?: boolean; variable?: string } = {},
): object[] {
  const { took = 4, service = 'web', fails = false, variable } = part;
  const start = { method: 'POST', url, headers: null };
  const failure = { error_type: 'Oops', message: 'no', stack_trace: [] };
  return [
    wireEvent({ trace, at, service, kind: 'HttpRequest', payload: start }),
    ...(variable === undefined
      ? []
      : [
          wireEvent({
            trace,
            at: at + 1,
            service,
            kind: 'StateChange',
            payload: access(variable, 'Read', { location: `${url.slice(1)}.ts:1` }),
          }),
        ]),
    fails
      ? wireEvent({ trace, at: at + took, service, kind: 'Error', payload: failure })
      : wireEvent({ trace, at: at + took, service }),
  ];
}

async function shop(t: Parameters<typeof testApp>[0]): Promise<TestApp> {
  const served = await testApp(t);
  await post(served.app, [
    ...request('a', '/pay', 0, { took: 4, variable: 'stock' }),
    ...request('b', '/pay', 100, { took: 40, fails: true }),
    ...request('c', '/ship', 500, { took: 400, service: 'store', variable: 'stock' }),
    ...request('d', '/ship', 590, { took: 4, service: 'store', variable: '__proto__' }),
  ]);
  return served;
}

test('traces by time and duration, each where it was and with what happened', async (t) => {
  const served = await shop(t);
  const frame = `since=${from}&until=${until}&buckets=10&rows=3`;
  const found = await get(served, `/api/traces/histogram?${frame}`);
  assert.deepEqual([found.total, found.complete], [4, true]);
  assert.deepEqual(
    [found.from, found.to],
    ['2024-01-01T12:00:00.000000000Z', '2024-01-01T12:00:01.000000000Z'],
  );
  assert.deepEqual(
    found.buckets.map(({ total, failed }: { total: number; failed: number }) => [total, failed]),
    [
      ...[
        [1, 0],
        [1, 1],
        [0, 0],
        [0, 0],
        [0, 0],
        [1, 0],
        [0, 0],
        [0, 0],
        [0, 0],
        [1, 0],
      ],
    ],
  );
  assert.deepEqual(found.edges_ms, [1, 10, 100, 1000]);
  assert.deepEqual(
    found.cells.map((cell: { bucket: number; row: number }) => [cell.bucket, cell.row]),
    [
      [0, 0],
      [1, 1],
      [5, 0],
      [9, 2],
    ],
  );
  const narrow = await get(served, `/api/traces/histogram?${frame}&service=store&has_errors=true`);
  assert.deepEqual([narrow.total, narrow.cells], [0, []]);
  const whole = await get(served, '/api/traces/histogram');
  assert.deepEqual([whole.total, whole.buckets.length, whole.edges_ms.length], [4, 60, 25]);
  assert.equal(
    whole.buckets.reduce((sum: number, { total }: { total: number }) => sum + total, 0),
    4,
  );
});

test('facets count as if their own filter was not given, and tell what each filter hides', async (t) => {
  const served = await shop(t);
  const all = await get(served, '/api/traces/facets');
  const values = (facet: { values: { value: string; count: number }[] }) =>
    Object.fromEntries(facet.values.map(({ value, count }) => [value, count]));
  assert.deepEqual(values(all.services), { store: 2, web: 2 });
  assert.deepEqual(values(all.operations), { 'POST /pay': 2, 'POST /ship': 2 });
  assert.deepEqual([all.total, all.errors, all.races, all.hidden], [4, 1, 0, []]);
  const query = 'service=web&has_errors=true&min_duration_ms=100';
  const none = await get(served, `/api/traces/facets?${query}`);
  assert.deepEqual([none.total, none.errors, none.complete], [0, 0, true]);
  assert.deepEqual(none.hidden, [
    { filter: 'min_duration_ms', traces: 1 },
    { filter: 'has_errors', traces: 0 },
    { filter: 'service', traces: 0 },
  ]);
  const stock = await get(served, '/api/traces/facets?variable=stock&operation=POST%20/ship');
  assert.deepEqual(values(stock.operations), { 'POST /pay': 1, 'POST /ship': 1 });
  assert.deepEqual(stock.hidden, [
    { filter: 'operation', traces: 1 },
    { filter: 'variable', traces: 1 },
  ]);
});

test('traces are found by the operation of their root and by a variable', async (t) => {
  const served = await shop(t);
  const ids = async (query: string) =>
    (await get(served, `/api/traces?${query}`)).traces.map(
      ({ trace_id: id }: { trace_id: string }) => id,
    );
  assert.deepEqual(await ids('operation=POST%20/pay'), ['b', 'a']);
  assert.deepEqual(await ids('operation=post%20/pay&has_errors=false'), ['a']);
  assert.deepEqual(await ids('operation=POST%20/pa'), []);
  assert.deepEqual(await ids('variable=stock'), ['c', 'a']);
  assert.deepEqual(await ids('variable=__proto__'), ['d']);
  assert.deepEqual(await ids('variable=toString'), []);
  const { traces } = await get(served, '/api/services/store/traces?variable=stock');
  assert.deepEqual(traces.length, 1);
});

test('traces are found by their tags, as facets and pictures count them', async (t) => {
  const served = await testApp(t);
  await post(served.app, [
    wireEvent({ trace: 'a', tags: { user: '42' } }),
    wireEvent({ trace: 'a', at: 1, tags: { paid: true } }),
    wireEvent({ trace: 'b', tags: { user: 42, url: 'http://x' } }),
    wireEvent({ trace: 'c', tags: { user: '7' } }),
  ]);
  const ids = async (query: string) =>
    (await get(served, `/api/traces?${query}`)).traces
      .map(({ trace_id: id }: { trace_id: string }) => id)
      .sort();
  assert.deepEqual(await ids('tag=user:42'), ['a', 'b']);
  assert.deepEqual(await ids('tag=user:42&tag=paid:true'), ['a']);
  assert.deepEqual(await ids('tag=url:http://x'), ['b']);
  const facets = await get(served, '/api/traces/facets?tag=user:42&tag=paid:true');
  assert.equal(facets.total, 1);
  assert.deepEqual(facets.hidden, [{ filter: 'tag', traces: 2 }]);
  assert.deepEqual((await get(served, '/api/traces/facets')).sizes[0], {
    min_events: 11,
    traces: 0,
  });
  assert.equal((await get(served, '/api/traces/histogram?tag=user:7')).total, 1);
  for (const wrong of ['user', ':42', `user:${'4'.repeat(252)}`]) {
    const refused = await served.app.inject(`/api/traces?tag=${wrong}`);
    assert.equal(refused.statusCode, 400, wrong);
    assert.match(refused.json().error, /must be key:value, as in user_id:42, of at most 256/);
  }
});

test('facets count the keys of tags, and of one key its values as if no value of it was chosen', async (t) => {
  const served = await testApp(t);
  const many = Object.fromEntries(Array.from({ length: 30 }, (_, place) => [`k${place}`, 'x']));
  await post(served.app, [
    wireEvent({ trace: 'a', tags: { user: '42', __proto__x: 'y' } }),
    wireEvent({ trace: 'a', at: 1, tags: { user: '43' } }),
    wireEvent({ trace: 'b', tags: { user: 42, constructor: '<b>' } }),
    wireEvent({ trace: 'c', tags: { user: '7', ...many } }),
    wireEvent({ trace: 'd' }),
  ]);
  const found = (query: string) => get(served, `/api/traces/facets${query}`);
  const pairs = ({ values }: { values: { value: string; count: number }[] }) =>
    values.map(({ value, count }) => `${value} ${count}`);
  const all = await found('');
  assert.deepEqual([pairs(all.tags)[0], all.tags.values.length], ['user 3', 20]);
  assert.deepEqual([all.tags.left_out, all.tag_values, all.complete], [13, undefined, true]);
  const users = await found('?tag_key=user');
  assert.deepEqual(pairs(users.tag_values), ['42 2', '43 1', '7 1']);
  assert.deepEqual(users.hidden, [], 'a key that is counted filters nothing');
  const chosen = await found('?tag_key=user&tag=user:43');
  assert.deepEqual(pairs(chosen.tag_values), ['42 2', '43 1', '7 1']);
  assert.deepEqual(pairs(chosen.tags), ['__proto__x 1', 'user 1']);
  assert.deepEqual(pairs((await found('?tag_key=constructor')).tag_values), ['<b> 1']);
  assert.deepEqual(pairs((await found('?tag_key=toString')).tag_values), []);
  for (const wrong of ['', 'a:b', 'k'.repeat(257)]) {
    const refused = await served.app.inject(`/api/traces/facets?tag_key=${wrong}`);
    assert.equal(refused.statusCode, 400, wrong);
  }
});

test('services are found by a part of their name', async (t) => {
  const served = await shop(t);
  const names = async (q: string) =>
    (await get(served, `/api/services?q=${q}`)).services.map(({ name }: { name: string }) => name);
  assert.deepEqual(await names('STO'), ['store']);
  assert.deepEqual(await names('e'), ['store', 'web']);
  assert.deepEqual(await names('%25'), []);
});

test('races are found by a text and times, sorted, and counted by what they have', async (t) => {
  const served = await testApp(t);
  const racing = (variable: string, service: string, at: number) =>
    ['one', 'two'].flatMap((name, place) => {
      const trace = `${variable}-${name}`;
      const step = (offset: number, type: string, value: number) =>
        wireEvent({
          trace,
          service,
          at: at + place + offset,
          kind: 'StateChange',
          payload: access(variable, type, {
            location: `src/${service}.ts:${offset}`,
            old_value: 1,
            new_value: value,
          }),
        });
      return [step(0, 'Read', 1), step(4, 'Write', 2 + place)];
    });
  await post(served.app, [...racing('db:b', 'Bank', 0), ...racing('db:a', 'Shop', 60_000)]);
  const query = 'scope=any';
  const variables = async (more: string) =>
    (await get(served, `/api/races?${query}&${more}`)).issues.map(
      ({ variable }: { variable: string }) => variable,
    );
  assert.deepEqual(await variables('sort=variable'), ['db:a', 'db:b']);
  assert.deepEqual(await variables('sort=last_seen'), ['db:a', 'db:b']);
  assert.deepEqual(await variables('q=BANK'), ['db:b']);
  assert.deepEqual(await variables('q=shop.ts'), ['db:a']);
  assert.deepEqual(await variables('q=.'), await variables('sort=rank'));
  assert.deepEqual(await variables('since=2024-01-01T12:00:30Z'), ['db:a']);
  assert.deepEqual(await variables('until=2024-01-01T12:00:30Z'), ['db:b']);
  const found = await get(served, `/api/races/facets?${query}&service=Bank&q=db:`);
  const names = ({ values }: { values: { value: string }[] }) => values.map(({ value }) => value);
  assert.deepEqual([found.total, found.complete, found.stale], [1, true, false]);
  assert.deepEqual(names(found.services), ['Bank', 'Shop']);
  assert.deepEqual(names(found.variables), ['db:b']);
  assert.deepEqual(
    found.hidden.filter(({ races }: { races: number }) => races > 0),
    [{ filter: 'service', races: 1 }],
  );
  const refused = await served.app.inject('/api/races?sort=luck');
  assert.equal(refused.statusCode, 400);
});

/** Variables over all traces: their list, and the history of one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getSettled as get, post, type Reply, testApp } from '../../support/app.ts';
import { wireEvent } from '../../support/events.ts';
import { recordedTraces } from '../../support/recordings.ts';

test('the variables of recorded traffic, those that race first', async (t) => {
  const served = await testApp(t);
  await post(served.app, recordedTraces('ts-race').flat());
  const list = await get(served, '/api/variables');
  assert.equal(list.total_variables, list.variables.length);
  assert.deepEqual(
    list.variables
      .slice(0, 2)
      .map(({ variable, race_count }: Reply) => [variable, race_count])
      .sort(),
    [
      ['alice.balance', 1],
      ['bob.balance', 1],
    ],
  );
  const found = await get(served, '/api/variables?q=BOB&sort=name&page_size=1');
  assert.deepEqual([found.total_variables, found.total_pages], [1, 1]);
});

test('accesses come by time with what orders them, the races that show them, and what is lost', async (t) => {
  const served = await testApp(t);
  await post(served.app, recordedTraces('ts-race').flat());
  const all = await get(served, '/api/accesses?variable=alice.balance');
  const { access_count } = (await get(served, '/api/variables?q=alice')).variables[0];
  assert.equal(all.accesses.length, access_count);
  assert.deepEqual([all.next_cursor, all.complete, all.stale], [null, true, false]);
  const times = all.accesses.map(({ timestamp }: Reply) => timestamp);
  assert.deepEqual(times, times.toSorted());
  assert.equal(all.accesses[0].order, null);
  const { issues } = await get(served, '/api/races?variable=alice.balance');
  const [{ fingerprint, witnesses }] = issues;
  const lost = all.accesses.filter(({ is_lost }: Reply) => is_lost);
  assert.ok(lost.length > 0);
  for (const access of lost) {
    assert.match(access.access_type, /Write/);
    assert.deepEqual(
      access.races.map((race: Reply) => race.fingerprint),
      [fingerprint],
    );
  }
  const named = new Set(
    witnesses.flatMap(({ steps }: Reply) => steps.map((s: Reply) => s.event_id)),
  );
  const shown = all.accesses.filter(({ races }: Reply) => races.length > 0);
  assert.deepEqual(new Set(shown.map(({ event_id }: Reply) => event_id)), named);
  assert.ok(shown.some(({ order }: Reply) => order === 'none'));
  const raced = await get(served, '/api/accesses?variable=alice.balance&raced=true');
  const racing = new Set(shown.map(({ trace_id }: Reply) => trace_id));
  assert.deepEqual(new Set(raced.accesses.map(({ trace_id }: Reply) => trace_id)), racing);
});

test('earlier accesses follow by a cursor, whole traces at a time', async (t) => {
  const served = await testApp(t);
  const events = Array.from({ length: 700 }, (_, place) => [
    access(place, 'Read', { big: 1 }),
    access(place, 'Write', null),
  ]).flat();
  await post(served.app, events);
  const path = '/api/accesses?variable=a%2Fb';
  const first = await get(served, path);
  assert.equal(first.accesses.length, 500);
  assert.equal(first.accesses.at(-1).trace_id, 'trace 699');
  const second = await get(served, `${path}&cursor=${first.next_cursor}`);
  const third = await get(served, `${path}&cursor=${second.next_cursor}`);
  const ids = [third, second, first].flatMap(({ accesses }) =>
    accesses.map(({ event_id }: Reply) => event_id),
  );
  assert.equal(third.next_cursor, null);
  assert.equal(new Set(ids).size, 1400);
  for (const cursor of [
    'x',
    'WyJhIl0',
    Buffer.from('["99999999999999999999","a"]').toString('base64url'),
  ]) {
    const reply = await served.app.inject({ url: `${path}&cursor=${cursor}` });
    assert.equal(reply.statusCode, 400);
  }
});

test('values come back exactly, and a name that nobody accesses has none', async (t) => {
  const served = await testApp(t);
  await served.app.inject({
    method: 'POST',
    url: '/events',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events: [access(1, 'Write', 'EXACT')] }).replace(
      '"EXACT"',
      '12345678901234567890123',
    ),
  });
  const reply = await served.app.inject({ url: '/api/accesses?variable=a%2Fb' });
  assert.match(reply.body, /"new_value":12345678901234567890123[,}]/);
  const none = await get(served, '/api/accesses?variable=__proto__');
  assert.deepEqual(none.accesses, []);
});

function access(place: number, type: 'Read' | 'Write', value: unknown) {
  return wireEvent({
    trace: `trace ${place}`,
    at: place * 2 + (type === 'Read' ? 0 : 1),
    kind: 'StateChange',
    payload: {
      variable: 'a/b',
      old_value: null,
      new_value: value,
      location: 'a.ts:1',
      access_type: type,
    },
  });
}

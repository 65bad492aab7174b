/** How long operations take, and what was slow or fast lately. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getSettled as get, post, type Reply, testApp } from '../../support/app.ts';
import { wireEvent } from '../../support/events.ts';

const hourMs = 3_600_000;

/** A call that took so many milliseconds, a part of an hour before this one. */
function call(name: string, place: number, tookMs: number, error = false) {
  const startMs = Math.floor(Date.now() / hourMs) * hourMs - 2 * hourMs;
  return wireEvent({
    trace: `${name} ${place}`,
    at: new Date(startMs + place * 10).toISOString(),
    durationNs: tookMs * 1e6,
    service: error ? 'db' : 'web',
    payload: { function_name: name, module: 'app', args: null, file: 'app.ts', line: 1 },
  });
}

test('operations with their histograms, hours and days', async (t) => {
  const served = await testApp(t);
  const usual = Array.from({ length: 200 }, (_, place) => call('work', place, 100 + (place % 20)));
  await post(served.app, usual);
  await post(served.app, [call('work', 900, 5000), call('Other', 1, 7, true)]);
  const list = await get(served, '/api/latency');
  assert.deepEqual([list.total_operations, list.page, list.total_pages], [2, 1, 1]);
  const [other, work] = list.operations;
  assert.deepEqual([other.service, other.operation, other.kind], ['db', 'Other', 'FunctionCall']);
  assert.equal(other.slow_from_ms, null);
  assert.deepEqual([work.count, work.flagged, work.status], [201, 1, 'ok']);
  assert.ok(Math.abs(work.p50_ms - 110) < 3 && work.slow_from_ms > 200, JSON.stringify(work));
  const sum = (members: Reply[], name: string) =>
    members.reduce((total, member) => total + member[name], 0);
  assert.deepEqual([sum(work.bars, 'count'), sum(work.bars, 'flagged')], [201, 1]);
  assert.ok(work.bars.length <= 40);
  assert.deepEqual([sum(work.hours, 'count'), sum(work.days, 'count')], [201, 201]);
  const found = await get(served, '/api/operations?q=oTHE&service=db');
  assert.deepEqual(found.operations, [
    { service: 'db', kind: 'FunctionCall', operation: 'Other', status: 'ok' },
  ]);
  assert.equal((await get(served, '/api/latency?operation=work')).operations.length, 1);
});

test('a range of time has the hours that touch it, or the days where it begins earlier', async (t) => {
  const served = await testApp(t);
  const calls = [call('work', 0, 100), call('work', 1, 100)];
  await post(served.app, calls);
  const hour = Math.floor(Date.parse(String(calls[0]?.['timestamp'])) / hourMs);
  const at = (hours: number) => new Date((hour + hours) * hourMs + 1000).toISOString();
  const counted = async (query: string) => {
    const { operations } = await get(served, `/api/latency?${query}`);
    const [{ count, hours, bars }] = operations;
    return [count, hours.length, bars.length > 0];
  };
  assert.deepEqual(await counted(`since=${at(0)}`), [2, 1, true]);
  assert.deepEqual(await counted(`since=${at(1)}`), [0, 0, false]);
  assert.deepEqual(await counted(`since=${at(-5)}&until=${at(-1)}`), [0, 0, false]);
  assert.deepEqual(await counted(`since=${at(-100)}`), [2, 1, true]);
  assert.deepEqual(await counted(`until=${at(-100)}`), [0, 0, false]);
});

test('anomalies of all traces, the latest first, by a cursor', async (t) => {
  const served = await testApp(t);
  await post(
    served.app,
    Array.from({ length: 200 }, (_, place) => call('work', place, 100)),
  );
  await post(
    served.app,
    [900, 901, 902].map((place) => call('work', place, 5000)),
  );
  const first = await get(served, '/api/anomalies?limit=2&service=web');
  const ids = ({ anomalies }: Reply) => anomalies.map(({ trace_id }: Reply) => trace_id);
  assert.deepEqual(ids(first), ['work 902', 'work 901']);
  const { anomalies } = await get(served, '/api/traces/work%20902/anomalies');
  assert.deepEqual(first.anomalies[0], { ...anomalies[0], trace_id: 'work 902' });
  const second = await get(served, `/api/anomalies?limit=2&cursor=${first.next_cursor}`);
  assert.deepEqual([ids(second), second.next_cursor], [['work 900'], null]);
  assert.deepEqual(ids(await get(served, '/api/anomalies?operation=other')), []);
  const since = encodeURIComponent(first.anomalies[0].timestamp);
  assert.deepEqual(ids(await get(served, `/api/anomalies?since=${since}`)), ['work 902']);
  for (const cursor of ['x', 'WyJhIl0']) {
    assert.equal(
      (await served.app.inject({ url: `/api/anomalies?cursor=${cursor}` })).statusCode,
      400,
    );
  }
});

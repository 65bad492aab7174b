import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getSettled as get, post, testApp } from '../../support/app.ts';
import { wireEvent } from '../../support/events.ts';

test('the row that shows an event is told by its id, in whatever order the rows are drawn', async (t) => {
  const served = await testApp(t);
  const events = [30, 10, 20].map((at) => wireEvent({ trace: 'a', at }));
  await post(served.app, [...events, wireEvent({ trace: 'b' })]);
  const locate = (id: string) => `/api/traces/a/timeline?locate=${encodeURIComponent(id)}`;
  const rows: number[] = [];
  for (const { id } of events) {
    const { row } = await get(served, locate(String(id).toUpperCase()));
    rows.push(row);
    assert.equal((await get(served, `/api/traces/a/timeline/${row}`)).id, id);
  }
  assert.deepEqual(rows, [2, 0, 1]);
  const unknown = '99999999-0000-4000-8000-000000000000';
  for (const [id, status] of [
    [unknown, 404],
    ["' OR 1", 400],
    ['', 400],
  ] as const) {
    const refused = await served.app.inject(locate(id));
    assert.equal(refused.statusCode, status, id);
  }
  assert.equal((await served.app.inject('/api/traces/a/timeline?where=1')).statusCode, 400);
});

/** A trace in a reply that stays small, however large the trace is. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getSettled as get, post, testApp } from '../../support/app.ts';
import { wireEvent } from '../../support/events.ts';
import { recordedTraces } from '../../support/recordings.ts';

test('the short view says of a trace what the long one does', async (t) => {
  const served = await testApp(t);
  await post(served.app, recordedTraces('ts-race').flat());
  const { traces } = await get(served, '/api/traces?has_races=true&page_size=1');
  const path = `/api/traces/${traces[0].trace_id}`;
  const [short, long] = [await get(served, `${path}/summary`), await get(served, path)];
  assert.deepEqual(
    Object.fromEntries(Object.keys(traces[0]).map((name) => [name, short[name]])),
    traces[0],
  );
  assert.equal(short.critical_path.total_duration_ms, long.critical_path.total_duration_ms);
  assert.deepEqual(short.critical_path.path, long.critical_path.path);
  assert.deepEqual(short.variables.toSorted(), Object.keys(long.audit_trails).sort());
  assert.equal(long.audit_trails_left_out, 0);
  assert.equal(short.issue_count, long.issues.length);
  assert.deepEqual(short.issues[0].witnesses, []);
  assert.equal((await served.app.inject({ url: '/api/traces/none/summary' })).statusCode, 404);
});

test('of long names and many variables it shows the first, and the number of all', async (t) => {
  const served = await testApp(t);
  const long = (place: number) => `${place} ${'v'.repeat(1000)}`;
  const events = Array.from({ length: 1200 }, (_, place) =>
    wireEvent({
      trace: 'large',
      at: place,
      kind: 'StateChange',
      service: long(place % 300),
      thread: `thread ${place % 40}`,
      payload: {
        variable: long(place % 600),
        old_value: null,
        new_value: 'x'.repeat(300),
        location: `${long(place)}:1`,
        access_type: 'Write',
      },
    }),
  );
  for (let start = 0; start < events.length; start += 100) {
    await post(served.app, events.slice(start, start + 100));
  }
  await get(served, '/api/races?page_size=1');
  const short = await served.app.inject({ url: '/api/traces/large/summary' });
  assert.ok(short.body.length <= 50_000, `${short.body.length} characters`);
  const { data } = short.json();
  assert.deepEqual([data.variable_count, data.service_count], [600, 300]);
  assert.ok(data.variables.length > 0);
  const whole = await served.app.inject({ url: '/api/traces/large?events=false' });
  const { audit_trails: trails, audit_trails_left_out: leftOut } = whole.json().data;
  assert.equal(Object.keys(trails).length + leftOut, 600);
  assert.ok(leftOut > 0 && JSON.stringify(trails).length < 1.1 * 1024 * 1024);
});

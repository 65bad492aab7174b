import assert from 'node:assert/strict';
import { test } from 'node:test';
import { post, testApp } from '../support/app.ts';
import { freshId, wireEvent } from '../support/events.ts';

const HOUR_MS = 3_600_000;

test('a slow response is shown with what it was judged by', async (t) => {
  const { app } = await testApp(t);
  const answer = (hour: number, n: number, trace: string, durationMs: number) => {
    const base = { trace, span: `span-${n}`, at: hour * HOUR_MS + 60_000 + n };
    const request = { method: 'GET', url: `/orders/${n}`, headers: {}, body: null };
    const response = { status: 200, headers: {}, body: null, duration_ms: durationMs };
    return [
      wireEvent({ ...base, kind: 'HttpRequest', payload: request }),
      wireEvent({ ...base, at: base.at + 1, kind: 'HttpResponse', payload: response }),
    ];
  };
  const usual = Array.from({ length: 200 }, (_, n) => answer(0, n, freshId(), 90 + (n % 21)));
  assert.equal((await post(app, usual.flat())).statusCode, 200);
  const trace = freshId();
  const events = answer(1, 7, trace, 1500);
  await post(app, [...events, wireEvent({ trace, at: HOUR_MS, durationNs: 5 })]);

  const reply = await app.inject(`/api/traces/${trace.toUpperCase()}/anomalies`);
  const { data } = reply.json();
  assert.ok(data.anomalies[0].std_dev_from_mean > 10);
  assert.ok(Math.abs(data.anomalies[0].p50_ms - 100) <= 2);
  assert.ok(Math.abs(data.anomalies[0].p999_ms - 110) <= 2);
  const { p50_ms, p999_ms, std_dev_from_mean, description, ...rest } = data.anomalies[0];
  assert.match(
    description,
    /^HttpResponse\(200\) of GET \/orders\/\* took 1500 ms, 1\d(?:\.\d)? times longer than the median of \d+(?:\.\d)? ms over 200 earlier calls$/,
  );
  assert.deepEqual(
    { ...data, anomalies: [rest] },
    {
      trace_id: trace,
      anomaly_count: 1,
      judged_count: 1,
      insufficient_baseline_count: 1,
      learning: { known_spans: 0, needed_spans: 100 },
      anomalies: [
        {
          event_id: events[1]?.['id'],
          event_kind: 'HttpResponse(200)',
          kind: 'slow',
          severity: 'Critical',
          service: 'web',
          operation: 'GET /orders/*',
          actual_duration_ms: 1500,
          expected_duration_ms: p50_ms,
          baseline_count: 200,
          location: 'unknown',
          timestamp: events[1]?.['timestamp'],
        },
      ],
    },
  );
  const full = (await app.inject(`/api/traces/${trace}?events=false`)).json();
  assert.deepEqual(full.data.anomalies, data.anomalies);
  const list = (await app.inject('/api/traces?page_size=100')).json().data.traces;
  const shown = list.filter((item: { has_anomalies: boolean }) => item.has_anomalies);
  assert.deepEqual(
    shown.map((item: Record<string, unknown>) => [item['trace_id'], item['anomaly_count']]),
    [[trace, 1]],
  );
});

test('a trace that is not stored has no anomalies', async (t) => {
  const { app } = await testApp(t);
  for (const traceId of ['none', freshId()]) {
    const reply = await app.inject(`/api/traces/${traceId}/anomalies`);
    assert.equal(reply.statusCode, 200);
    assert.deepEqual(reply.json().data, {
      trace_id: traceId,
      anomaly_count: 0,
      anomalies: [],
      judged_count: 0,
      insufficient_baseline_count: 0,
      learning: null,
    });
  }
});

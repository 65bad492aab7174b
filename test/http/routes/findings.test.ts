import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { openMemoryStorage } from '../../../src/storage/memory/open.ts';
import { getSettled as get, post, type Reply, type TestApp, testApp } from '../../support/app.ts';
import { access, isoTime, wireEvent } from '../../support/events.ts';
import { recordedTraces } from '../../support/recordings.ts';

const unknownTrace = '00000000-0000-4000-8000-00000000dead';

async function appWith(t: TestContext, ...recordings: readonly string[]): Promise<TestApp> {
  const served = await testApp(t);
  const events = recordings.flatMap((name) => recordedTraces(name).flat());
  if (events.length > 0) assert.equal((await post(served.app, events)).statusCode, 200);
  return served;
}

test('one lost update per account is the first thing a user of the races sees', async (t) => {
  const accounts = {
    'ts-race': ['alice.balance', 'bob.balance'],
    'python-race': ['carol.balance', 'dave.balance'],
  };
  for (const [recording, balances] of Object.entries(accounts)) {
    const served = await appWith(t, recording);
    const { issues, stale, total_issues } = await get(served, '/api/races');
    assert.equal(stale, false);
    assert.equal(total_issues, 2, recording);
    for (const issue of issues) {
      assert.equal(issue.pattern, 'lost_update');
      assert.equal(issue.severity, 'CRITICAL');
      assert.equal(issue.evidence, 'E3');
      assert.equal(issue.verdict, null);
      assert.ok(issue.witnesses.length > 0 && issue.witnesses.length <= 8);
      assert.deepEqual(await get(served, `/api/races/${issue.fingerprint}`), {
        stale: false,
        ...issue,
      });
    }
    const variables = issues.map((issue: Reply) => issue.variable).sort();
    assert.deepEqual(variables, balances);

    const { traces } = await get(served, '/api/traces?has_races=true&page_size=100');
    assert.equal(traces.length, 8, 'each of the transfers takes part');
    const counts = traces.map((trace: Reply) => trace.race_count);
    assert.ok(Math.min(...counts) >= 1 && Math.max(...counts) === 2, String(counts));
    const { trace_id, race_count } = traces[0];
    const full = await get(served, `/api/traces/${trace_id}`);
    assert.equal(full.issues.length, race_count);
    assert.equal(full.analysis.potential_races, 0, 'inside the trace there is none');
    assert.equal(full.races_with_others, race_count);
  }
});

test('a storm of requests on one variable is compared as a whole, and told once', async (t) => {
  const served = await testApp(t);
  const storm = Array.from({ length: 300 }, (_, place) =>
    [place, 1000 + place].map((at, step) =>
      wireEvent({
        trace: `storm-${String(place).padStart(3, '0')}`,
        at,
        kind: 'StateChange',
        payload: access('db:row', step === 0 ? 'Read' : 'Write', {
          location: `row.ts:${step}`,
          ...(step === 0 ? { new_value: 7 } : { old_value: 7, new_value: 8 }),
        }),
      }),
    ),
  ).flat();
  await post(served.app, storm);
  const { stale, complete, truncated_by, total_issues, issues } = await get(served, '/api/races');
  assert.deepEqual([stale, complete, truncated_by, total_issues], [false, true, null, 1]);
  const [{ pattern, evidence, count, pairs_possible, witnesses }] = issues;
  const pairs = (300 * 299) / 2;
  // Whoever began after a first write read what had been there before: each pair followed from it.
  assert.deepEqual([pattern, evidence, count, pairs_possible], ['lost_update', 'E3', pairs, pairs]);
  assert.equal(witnesses.length, 8);
});

test('requests that take turns by a lock, or by calling each other, race for nothing', async (t) => {
  for (const recording of ['ts-locked', 'go-locked', 'chain']) {
    const served = await appWith(t, recording);
    assert.equal((await get(served, '/api/races?scope=any')).total_issues, 0, recording);
    assert.equal((await get(served, '/api/traces?has_races=true')).total_traces, 0);
    const { traces } = await get(served, '/api/traces?page_size=100');
    for (const { trace_id } of traces) {
      assert.equal((await get(served, `/api/traces/${trace_id}`)).analysis.potential_races, 0);
    }
  }
});

test('the chain of three services is a graph of services', async (t) => {
  const served = await appWith(t, 'chain');
  const edges = [
    { from_service: 'py-bank', to_service: 'go-bank', link_type: 'HttpCall', call_count: 3 },
    { from_service: 'ts-bank', to_service: 'py-bank', link_type: 'HttpCall', call_count: 3 },
  ];
  assert.deepEqual(await get(served, '/api/distributed/edges'), { total_edges: 2, edges });
  assert.deepEqual(await get(served, '/api/services/py-bank/dependencies'), {
    service_name: 'py-bank',
    calls_to: [{ to: 'go-bank', total_calls: 3, trace_count: 3 }],
    called_by: [{ to: 'ts-bank', total_calls: 3, trace_count: 3 }],
  });
  assert.deepEqual(await get(served, '/api/services/nobody/dependencies'), {
    service_name: 'nobody',
    calls_to: [],
    called_by: [],
  });
  const hotspots = await get(served, '/api/distributed/hotspots');
  assert.equal(hotspots.top_variables[0].variable, 'order.status');
  assert.deepEqual(hotspots.top_variables[0].services, ['go-bank', 'py-bank', 'ts-bank']);
  assert.deepEqual(
    hotspots.top_service_calls,
    edges.map(({ link_type, ...edge }) => edge),
  );
});

test('parts of the analysis of a trace are its whole analysis', async (t) => {
  const served = await appWith(t, 'chain');
  const { traces } = await get(served, '/api/traces');
  const { trace_id } = traces[0];
  const full = await get(served, `/api/traces/${trace_id}`);
  const path = `/api/traces/${trace_id}`;
  assert.deepEqual(await get(served, `${path}/critical-path`), full.critical_path);
  assert.deepEqual(await get(served, `${path}/dependencies`), full.dependencies);
  assert.deepEqual(await get(served, `${path}/audit-trail/order.status`), {
    trace_id,
    variable: 'order.status',
    accesses: full.audit_trails['order.status'],
  });
  assert.deepEqual((await get(served, `${path}/audit-trail/none`)).accesses, []);
  const { events, ...rest } = full;
  assert.equal(events.length, 13);
  assert.deepEqual(await get(served, `${path}?events=false`), rest);
});

test('what is not there is a 404, what makes no sense a 400', async (t) => {
  const { app } = await appWith(t);
  const statuses: [string, number][] = [
    [`/api/traces/${unknownTrace}/critical-path`, 404],
    [`/api/traces/${unknownTrace}/dependencies`, 404],
    [`/api/traces/${unknownTrace}/audit-trail/x`, 404],
    ['/api/races/0123456789abcdef', 404],
    ['/api/races/not-a-fingerprint', 400],
    ['/api/races?evidence=E9', 400],
    ['/api/races?scope=all', 400],
    ['/api/analyze/global?evidence=E9', 400],
    ['/api/distributed/global-races?scope=all', 400],
    ['/api/races?pattern=none', 400],
    ['/api/races?page=0', 400],
    ['/api/services/health?time_window_minutes=0', 400],
    ['/api/services/health?time_window_minutes=99999999999', 400],
  ];
  for (const [url, status] of statuses) {
    const reply = await app.inject({ method: 'GET', url });
    assert.equal(reply.statusCode, status, url);
    assert.equal(reply.json().success, false);
  }
});

test('races are filtered by what they show', async (t) => {
  const served = await appWith(t, 'ts-race', 'chain');
  const count = async (query: string) => (await get(served, `/api/races?${query}`)).total_issues;
  assert.equal(await count('variable=alice.balance'), 1);
  assert.equal(await count('service=ts-bank'), 2);
  assert.equal(await count('service=go-bank'), 0);
  assert.equal(await count('evidence=E4'), 0);
  assert.equal(await count('severity=WARNING'), 0);
  assert.equal(await count('pattern=lost_update'), 2);
  const possible = await count('evidence=E0');
  assert.ok(possible > 2);
  assert.ok((await count('evidence=E0&scope=any')) > possible);
  const [first] = (await get(served, '/api/races?page_size=1')).issues;
  const [second] = (await get(served, '/api/races?page_size=1&page=2')).issues;
  assert.notEqual(first.fingerprint, second.fingerprint);
});

test('views over all traces count every conflicting pair of places when they are asked to', async (t) => {
  const write = (trace: string, thread: string, type = 'Write') =>
    wireEvent({
      trace,
      thread,
      kind: 'StateChange',
      payload: access('shared', type),
      instance: null,
    });
  const cases: [string, object[], number, string | null][] = [
    ['two traces that write', [write('a-trace', 't1'), write('b-trace', 't2')], 1, 'CRITICAL'],
    ['the same thread in both', [write('a-trace', 't'), write('b-trace', 't')], 1, 'CRITICAL'],
    ['two that read', [write('a-trace', 't', 'Read'), write('b-trace', 'u', 'Read')], 0, null],
    [
      'two atomic updates',
      [write('a-trace', 't', 'AtomicRMW'), write('b-trace', 'u', 'AtomicRMW')],
      0,
      null,
    ],
    ['one writes, one reads', [write('a-trace', 't'), write('b-trace', 'u', 'Read')], 1, 'WARNING'],
    [
      'three that read and write',
      ['a', 'b', 'c'].flatMap((name) => [
        write(`${name}-trace`, name, 'Read'),
        write(`${name}-trace`, name),
      ]),
      9,
      'CRITICAL',
    ],
  ];
  for (const [name, events, pairs, severity] of cases) {
    const served = await appWith(t);
    await post(served.app, events);
    const global = await get(served, '/api/analyze/global?evidence=E0&scope=any');
    assert.equal(global.potential_races, pairs, name);
    assert.equal(global.concurrent_events, pairs, name);
    assert.equal(global.total_events, events.length);
    const { races } = await get(served, '/api/distributed/global-races?evidence=E0&scope=any');
    assert.equal(races[0]?.severity ?? null, severity, name);
    if (severity === null) continue;
    const traces = new Set(events.map((event) => (event as { trace_id: string }).trace_id));
    assert.equal(races[0].trace_count, traces.size);
    assert.deepEqual(races[0].trace_ids, [...traces].sort());
  }
});

test('health tells how long ago a service was active', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2024, 0, 1, 14) });
  const served = await appWith(t);
  // The traces begin at 12:00.
  const ago = [0, 4, 5, 29, 30, 59, 61];
  await post(
    served.app,
    ago.map((minutes) =>
      wireEvent({
        trace: `t-${minutes}`,
        service: `s${minutes}`,
        at: isoTime((120 - minutes) * 60_000),
      }),
    ),
  );
  const health = await get(served, '/api/services/health');
  assert.deepEqual(Object.fromEntries(health.map((each: Reply) => [each.name, each.status])), {
    s0: 'healthy',
    s4: 'healthy',
    s5: 'warning',
    s29: 'warning',
    s30: 'critical',
    s59: 'critical',
  });
  assert.equal((await get(served, '/api/services/health?time_window_minutes=70')).length, 7);
});

test('race detection and distributed tracing are off when they are switched off', async (t) => {
  const events = ['ts-race', 'chain'].flatMap((name) => recordedTraces(name).flat());
  const storage = openMemoryStorage({ maxBytes: 64 * 1024 * 1024 });
  const served = await testApp(t, { storage, switches: { races: false, spans: false } });
  assert.equal((await post(served.app, events)).statusCode, 200);
  assert.equal((await get(served, '/api/races?evidence=E0&scope=any')).total_issues, 0);
  assert.equal((await get(served, '/api/distributed/edges')).total_edges, 0);
  const { traces } = await get(served, '/api/traces?service=go-bank');
  const full = await get(served, `/api/traces/${traces[0].trace_id}`);
  assert.deepEqual(full.dependencies.dependencies, []);
  assert.deepEqual(full.audit_trails, {});
});

test('performance is that of the newest traces', async (t) => {
  const served = await appWith(t);
  assert.deepEqual((await get(served, '/api/performance/metrics')).throughput, {
    events_per_second: 0,
    traces_per_second: 0,
    time_range_seconds: 0,
  });
  await post(served.app, [
    wireEvent({ trace: 'trace-1', service: 'a', at: 0, durationNs: 10_000_000 }),
    wireEvent({ trace: 'trace-1', service: 'b', at: 6, durationNs: 20_000_000 }),
    wireEvent({ trace: 'trace-2', service: 'a', at: 0, durationNs: 1_000_000 }),
    wireEvent({ trace: 'trace-2', service: 'b', at: 6, durationNs: 2_000_000 }),
  ]);
  const metrics = await get(served, '/api/performance/metrics?limit=10');
  assert.equal(metrics.event_performance.avg_duration_ms, 8.25);
  assert.deepEqual(metrics.service_latency, [
    { service: 'b', event_count: 2, avg_duration_ms: 11 },
    { service: 'a', event_count: 2, avg_duration_ms: 5.5 },
  ]);
  assert.equal(metrics.trace_latency.p99_ms, 6);
  assert.equal(metrics.throughput.events_per_second, 4);
  const reply = await served.app.inject({ method: 'GET', url: '/api/performance/metrics?limit=0' });
  assert.equal(reply.statusCode, 400);
});

test('a trace tells of locks that did not exclude, and what its order rests on', async (t) => {
  const served = await appWith(t);
  const lock = (kind: 'LockAcquire' | 'LockRelease', thread: string, at: number) =>
    wireEvent({
      trace: 'locks-1',
      thread,
      at,
      kind,
      payload: { lock_id: 'ledger', lock_type: 'Mutex', location: 'a.ts:1' },
    });
  await post(served.app, [
    lock('LockAcquire', 'a', 0),
    lock('LockAcquire', 'b', 5),
    lock('LockRelease', 'a', 10),
    lock('LockRelease', 'b', 20),
    wireEvent({ trace: 'locks-1', parent: unknownTrace, thread: 'c', at: 30 }),
  ]);
  const { analysis } = await get(served, '/api/traces/locks-1');
  assert.equal(analysis.lock_overlap_count, 1);
  assert.equal(analysis.lock_overlaps[0].lock, 'ledger');
  assert.equal(analysis.lock_overlaps[0].overlap_ms, 5);
  assert.equal(analysis.incomplete, true);
  assert.equal(analysis.diagnostics.missing_parents, 1);
});

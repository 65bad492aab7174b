import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { getSettled as get, post, type Reply, type TestApp, testApp } from '../../support/app.ts';
import { memoryBackend, postgresBackend } from '../../support/backends.ts';
import { access, wireEvent } from '../../support/events.ts';

/** One access of a request: a read of a value, or a write of one in the place of another. */
function accessAt(trace: string, at: number, variable: string, from: number, to?: number) {
  const [type, values] =
    to === undefined
      ? ['Read', { new_value: from }]
      : ['Write', { old_value: from, new_value: to }];
  return wireEvent({
    trace,
    at,
    thread: trace,
    kind: 'StateChange',
    payload: access(variable, type as string, { location: `${type}.ts:1`, ...(values as object) }),
  });
}

/** Two requests that read the same value, and both write. */
const lostUpdate = [
  accessAt('one', 0, 'db:row', 100),
  accessAt('two', 10, 'db:row', 100),
  accessAt('one', 20, 'db:row', 100, 110),
  accessAt('two', 30, 'db:row', 100, 120),
];

/** A write by each of two processes at one time: nobody knows whether they have one variable. */
const unknownScope = ['left', 'right'].flatMap((trace) =>
  [0, 50].map((at) =>
    wireEvent({
      trace,
      at,
      instance: trace,
      thread: trace,
      kind: 'StateChange',
      payload: access('plain', 'Write', { location: 'plain.ts:1', new_value: at }),
    }),
  ),
);

/** Two threads of one trace that write, without order. */
const insideOne = ['t1', 't2'].map((thread, at) =>
  wireEvent({
    trace: 'alone',
    thread,
    at,
    kind: 'StateChange',
    payload: access('db:own', 'Write', { location: `${thread}.ts:1`, new_value: thread }),
  }),
);

for (const backend of [memoryBackend, postgresBackend]) {
  suite(`one answer to how many races, from ${backend.name}`, () => {
    async function appWith(t: TestContext, events: readonly object[]): Promise<TestApp> {
      const storage = await backend.open();
      const served = await testApp(t, { storage });
      assert.equal((await post(served.app, events)).statusCode, 200);
      return served;
    }

    /** What each view says, under the same bounds. */
    async function answers(served: TestApp, bounds: string) {
      const list = await get(served, `/api/races?${bounds}`);
      const global = await get(served, `/api/analyze/global?${bounds}`);
      const variables = await get(served, `/api/distributed/global-races?${bounds}`);
      const pairs = list.issues.reduce((sum: number, { count }: Reply) => sum + count, 0);
      assert.equal(global.total_issues, list.total_issues, bounds);
      assert.equal(global.potential_races, pairs, bounds);
      assert.deepEqual(
        variables.races.map(({ variable }: Reply) => variable).sort(),
        [...new Set(list.issues.map(({ variable }: Reply) => variable))].sort(),
        bounds,
      );
      assert.equal(variables.total_races, variables.races.length);
      assert.deepEqual(global.hidden, list.hidden, bounds);
      assert.deepEqual(variables.hidden, list.hidden, bounds);
      return list;
    }

    test('lists, sums, pages and audit trails speak of the same issue', async (t) => {
      const served = await appWith(t, lostUpdate);
      const { issues } = await answers(served, '');
      assert.deepEqual(
        issues.map(({ pattern }: Reply) => pattern),
        ['lost_update'],
      );
      const [{ fingerprint }] = issues;
      for (const trace of ['one', 'two']) {
        const page = await get(served, `/api/traces/${trace}`);
        assert.equal(page.analysis.potential_races, 0);
        assert.deepEqual(page.analysis.race_details, []);
        assert.equal(page.races_with_others, 1);
        assert.deepEqual(
          page.issues.map((issue: Reply) => issue.fingerprint),
          [fingerprint],
        );
        assert.doesNotMatch(page.analysis.anomalies.join('\n'), /No races/);
        assert.match(page.analysis.anomalies.join('\n'), /db:row/);
        const listed = await get(served, '/api/traces?has_races=true');
        assert.equal(listed.traces.length, 2);
        const { accesses } = await get(served, `/api/traces/${trace}/audit-trail/db:row`);
        assert.deepEqual(accesses, page.audit_trails['db:row']);
        const named = accesses.filter(({ is_race }: Reply) => is_race);
        assert.ok(named.some(({ access_type }: Reply) => access_type === 'Write'));
        for (const { is_race, issues: of } of accesses) {
          assert.deepEqual(of, is_race ? [fingerprint] : []);
        }
      }
    });

    test('the page of a trace that others were called by names the issues of them all', async (t) => {
      const called = wireEvent({
        trace: 'gateway',
        thread: 'gateway',
        service: 'gateway',
        at: -5,
        span: 'aaaaaaaaaaaaaaaa',
      });
      const calling = lostUpdate.map((event) => ({
        ...event,
        metadata: {
          ...(event['metadata'] as object),
          ...(event['trace_id'] === 'one' && {
            distributed_span_id: 'bbbbbbbbbbbbbbbb',
            upstream_span_id: 'aaaaaaaaaaaaaaaa',
          }),
        },
      }));
      const served = await appWith(t, [called, ...calling]);
      const [{ fingerprint }] = (await answers(served, '')).issues;
      for (const trace of ['gateway', 'one']) {
        const page = await get(served, `/api/traces/${trace}`);
        assert.deepEqual(page.group, ['gateway', 'one']);
        assert.equal(page.races_with_others, 1);
        assert.deepEqual(
          page.issues.map((issue: Reply) => issue.fingerprint),
          [fingerprint],
        );
        assert.ok(page.audit_trails['db:row'].some(({ is_race }: Reply) => is_race));
      }
    });

    test('a page that was read before its race was known tells of it afterwards', async (t) => {
      const served = await appWith(
        t,
        lostUpdate.filter((event) => (event as { trace_id: string }).trace_id === 'one'),
      );
      const before = await get(served, '/api/traces/one');
      assert.deepEqual(
        [before.races_with_others, before.analysis.anomalies],
        [0, ['No races found']],
      );
      await post(
        served.app,
        lostUpdate.filter((event) => (event as { trace_id: string }).trace_id === 'two'),
      );
      await get(served, '/api/races');
      const after = await get(served, '/api/traces/one');
      assert.equal(after.races_with_others, 1);
      assert.ok(after.audit_trails['db:row'].some(({ is_race }: Reply) => is_race));
    });

    test('what nobody knows to be one variable is told of when it is asked for', async (t) => {
      const served = await appWith(t, unknownScope);
      assert.equal((await answers(served, '')).total_issues, 0);
      assert.equal((await answers(served, 'scope=any')).total_issues, 1);
      const page = await get(served, '/api/traces/left');
      assert.deepEqual([page.races_with_others, page.issues], [0, []]);
      assert.deepEqual(page.analysis.anomalies, ['No races found']);
      assert.ok(page.audit_trails['plain'].every(({ is_race }: Reply) => !is_race));
      assert.deepEqual((await get(served, '/api/traces?has_races=true')).traces, []);
    });

    test('what never met is told of when it is asked for', async (t) => {
      const served = await appWith(t, [
        accessAt('early', 0, 'db:row', 1, 2),
        accessAt('late', 60_000, 'db:row', 2, 3),
      ]);
      assert.equal((await answers(served, '')).total_issues, 0);
      assert.equal((await answers(served, 'evidence=E0')).total_issues, 1);
      assert.equal((await get(served, '/api/traces/late')).races_with_others, 0);
    });

    test('a race inside a trace is one of its issues, and none with others', async (t) => {
      const served = await appWith(t, insideOne);
      const { total_issues, issues } = await answers(served, '');
      assert.equal(total_issues, 1);
      const page = await get(served, '/api/traces/alone');
      assert.equal(page.analysis.potential_races, 1);
      assert.equal(page.races_with_others, 0);
      assert.equal(page.issues[0].fingerprint, issues[0].fingerprint);
      assert.match(page.analysis.anomalies[0], /CRITICAL RACE on db:own/);
    });
  });
}

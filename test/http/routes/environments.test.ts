/** Production and staging of one service: they never meet, and every list is filtered by them. */
import assert from 'node:assert/strict';
import { suite, type TestContext, test } from 'node:test';
import { getSettled as get, post, type Reply, type TestApp, testApp } from '../../support/app.ts';
import { type Backend, memoryBackend, postgresBackend } from '../../support/backends.ts';
import { access, type EventSketch, wireEvent } from '../../support/events.ts';

/** A request that reads and writes a row, `from` first. */
function request(trace: string, at: number, from: number, environment: string, tags = {}) {
  const event = (more: EventSketch) =>
    wireEvent({ trace, thread: trace, environment, tags, ...more });
  const values = { read: { new_value: 100 }, write: { old_value: 100, new_value: from } };
  return [
    event({ at, span: `${trace.padEnd(16, '0')}`.replace(/[^0-9a-f]/g, '0') }),
    event({ at: at + 1, kind: 'StateChange', payload: access('db:row', 'Read', values.read) }),
    event({ at: at + 40, kind: 'StateChange', payload: access('db:row', 'Write', values.write) }),
  ];
}

/** Two requests of one environment that lose an update. */
const loss = (environment: string) => [
  ...request(`${environment}-a`, 0, 110, environment),
  ...request(`${environment}-b`, 10, 120, environment),
];

async function served(t: TestContext, backend: Backend, events: readonly object[]) {
  const app = await testApp(t, { storage: await backend.open() });
  assert.equal((await post(app.app, events)).statusCode, 200);
  return app;
}

const shown = async (app: TestApp, query = '') => (await get(app, `/api/races${query}`)).issues;

for (const backend of [memoryBackend, postgresBackend]) {
  suite(`environments, from ${backend.name}`, () => {
    test('one race in two environments is two issues with traces of their own', async (t) => {
      const app = await served(t, backend, [...loss('production'), ...loss('staging')]);
      const issues = await shown(app);
      assert.deepEqual(
        issues.map(({ environments, count }: Reply) => [environments, count]).sort(),
        [
          [['production'], 1],
          [['staging'], 1],
        ],
      );
      const [one, two] = issues;
      assert.notEqual(one.fingerprint, two.fingerprint);
      for (const issue of issues) {
        const [environment] = issue.environments;
        for (const { events } of issue.witnesses) {
          assert.ok(events.every((event: Reply) => event.trace_id.startsWith(environment)));
        }
        const found = await get(app, `/api/races/${issue.fingerprint}`);
        assert.deepEqual(found.environments, issue.environments);
        const page = await get(app, `/api/traces/${environment}-a`);
        assert.deepEqual(
          page.issues.map(({ fingerprint }: Reply) => fingerprint),
          [issue.fingerprint],
        );
        const named = page.audit_trails['db:row'].flatMap((each: Reply) => each.issues);
        assert.ok(named.length > 0 && named.every((name: string) => name === issue.fingerprint));
      }
    });

    test('a fingerprint knows no environment as long as there is one', async (t) => {
      const names = [];
      for (const environment of ['production', 'ci']) {
        const [issue] = await shown(await served(t, backend, loss(environment)));
        names.push(issue.fingerprint);
      }
      assert.equal(names[0], names[1]);
      assert.match(names[0], /^[0-9a-f]{16}$/);
      const app = await served(t, backend, [...loss('production'), ...loss('ci')]);
      for (const { fingerprint } of await shown(app)) {
        assert.equal(fingerprint.slice(0, 16), names[0]);
      }
      // Links from before go on.
      assert.equal((await get(app, `/api/races/${names[0]}`)).variable, 'db:row');
    });

    test('two environments do not meet, unless the variable is one for all of them', async (t) => {
      const both = (tags: object) => [
        ...request('one', 0, 110, 'production', tags),
        ...request('two', 10, 120, 'staging', tags),
      ];
      const apart = await served(t, backend, both({}));
      assert.deepEqual(await shown(apart, '?evidence=E0&scope=any'), []);
      const together = await served(t, backend, both({ scope: 'global' }));
      for (const query of ['', '?environment=production', '?environment=staging']) {
        const [issue] = await shown(together, query);
        assert.deepEqual(issue.environments, ['production', 'staging']);
      }
      assert.deepEqual(await shown(together, '?environment=test'), []);
    });

    test('every list is filtered by environment', async (t) => {
      const app = await served(t, backend, [
        ...loss('production'),
        ...request('alone', 100, 130, 'staging'),
      ]);
      const told = async (environment: string) => {
        const query = `?environment=${environment}`;
        const read = (route: string) => get(app, `${route}${query}`);
        return {
          traces: (await read('/api/traces')).total_traces,
          ofService: (await read('/api/services/web/traces')).total_traces,
          raced: (await read('/api/traces')).traces.map(({ has_races }: Reply) => has_races),
          services: (await read('/api/services')).services,
          health: (await get(app, `/api/services/health${query}&time_window_minutes=52560000`)).map(
            ({ name, trace_count }: Reply) => [name, trace_count],
          ),
          races: (await read('/api/races')).total_issues,
          global: (await read('/api/analyze/global')).total_issues,
          variables: (await read('/api/distributed/global-races')).races.map(
            ({ variable, trace_count, access_count, trace_ids }: Reply) => [
              variable,
              trace_count,
              access_count,
              trace_ids.length,
            ],
          ),
          listed: (await read('/api/variables')).variables.map(
            ({ variable, access_count, race_count }: Reply) => [variable, access_count, race_count],
          ),
          accesses: (await get(app, `/api/accesses${query}&variable=db:row`)).accesses.map(
            ({ trace_id }: Reply) => trace_id,
          ),
          anomalies: (await read('/api/anomalies')).anomalies,
          hotspots: (await read('/api/distributed/hotspots')).top_variables,
          edges: (await read('/api/distributed/edges')).total_edges,
          slowest: (await read('/api/performance/metrics')).trace_latency.slowest_traces.length,
          calls: (await read('/api/services/web/dependencies')).calls_to,
        };
      };
      const row = (traces: number) => ({
        variable: 'db:row',
        access_count: 2 * traces,
        trace_count: traces,
        services: ['web'],
      });
      assert.deepEqual(await told('production'), {
        traces: 2,
        ofService: 2,
        raced: [true, true],
        services: [{ name: 'web', event_count: 6, trace_count: 2 }],
        health: [['web', 2]],
        races: 1,
        global: 1,
        variables: [['db:row', 2, 4, 2]],
        listed: [['db:row', 4, 1]],
        accesses: ['production-a', 'production-b', 'production-a', 'production-b'],
        anomalies: [],
        hotspots: [row(2)],
        edges: 0,
        slowest: 2,
        calls: [],
      });
      assert.deepEqual(await told('staging'), {
        traces: 1,
        ofService: 1,
        raced: [false],
        services: [{ name: 'web', event_count: 3, trace_count: 1 }],
        health: [['web', 1]],
        races: 0,
        global: 0,
        variables: [],
        listed: [['db:row', 2, 0]],
        accesses: ['alone', 'alone'],
        anomalies: [],
        hotspots: [row(1)],
        edges: 0,
        slowest: 1,
        calls: [],
      });
      const [summary] = (await get(app, '/api/traces?environment=staging')).traces;
      assert.deepEqual(summary.environments, ['staging']);
    });

    test('possible races are listed by the rule of all others', async (t) => {
      const processes = ['one', 'two'].flatMap((instance, place) =>
        [0, 60_000].map((at) =>
          wireEvent({
            trace: `${instance}-${at}`,
            instance,
            thread: instance,
            at: at + 1000 * place,
            kind: 'StateChange',
            payload: access(place === 0 || at === 0 ? 'plain' : 'own', 'Write'),
          }),
        ),
      );
      const app = await served(t, backend, processes);
      for (const bounds of ['evidence=E0', 'evidence=E0&scope=any', 'evidence=E1&scope=any', '']) {
        const variables = (await get(app, `/api/distributed/global-races?${bounds}`)).races;
        const issues = await shown(app, `?${bounds}`);
        assert.deepEqual(
          variables.map(({ variable }: Reply) => variable).sort(),
          [...new Set(issues.map(({ variable }: Reply) => variable))].sort(),
          bounds,
        );
      }
      assert.equal((await shown(app, '?evidence=E0&scope=any')).length, 2);
      assert.equal((await shown(app, '?evidence=E0')).length, 1, 'those of the first process');
    });
  });
}

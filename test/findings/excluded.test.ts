/** What `analysis.exclude` leaves out is stored and shown, and neither compared nor learnt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { compileRedaction } from '../../src/domain/event/redaction.ts';
import { Exclusion, type ExclusionRule } from '../../src/domain/exclusion.ts';
import { OtlpReader } from '../../src/domain/otlp/otlp-batch.ts';
import { analyseAll, everyIssue } from '../support/analyser.ts';
import { getSettled, post, testApp } from '../support/app.ts';
import { backends, memoryBackend } from '../support/backends.ts';
import { access, type EventSketch, keyless, records, wireEvent } from '../support/events.ts';
import { recordedExports } from '../support/otlp-recordings.ts';

const RECEIVED_NS = 1_900_000_000_000_000_000n;

interface RequestSketch {
  readonly trace: string;
  readonly route: string;
  readonly at: number;
  readonly agent?: string;
  readonly service?: string;
  readonly thread?: string;
  readonly span?: string;
  readonly upstream?: string;
  readonly variable?: string;
}

/** A request that reads and writes one variable, with ten milliseconds between. */
function request({ trace, route, at, agent, variable = 'db:x', ...more }: RequestSketch) {
  const [method = '', url = ''] = route.split(' ');
  const headers = agent === undefined ? {} : { 'User-Agent': agent };
  const common: EventSketch = { trace, ...more };
  const payload = { method, url, headers, body: null };
  return [
    wireEvent({ ...common, at, kind: 'HttpRequest', payload }),
    wireEvent({ ...common, at: at + 1, kind: 'StateChange', payload: access(variable, 'Read') }),
    wireEvent({
      ...common,
      at: at + 11,
      kind: 'StateChange',
      payload: access(variable, 'Write', { location: `${route}:2`, new_value: at }),
    }),
    wireEvent({
      ...common,
      at: at + 12,
      kind: 'HttpResponse',
      payload: { status: 200, headers: {}, body: null, duration_ms: 12 },
    }),
  ];
}

/** Patterns of the default list, by the operations of both sites. */
async function found(
  events: readonly object[],
  rules: readonly ExclusionRule[],
  backend = memoryBackend,
): Promise<readonly string[]> {
  const storage = await backend.open();
  await storage.append(keyless(records(events)), RECEIVED_NS);
  await analyseAll(storage, { races: true, spans: true, exclude: rules });
  const { issues } = await storage.derived.issues({ ...everyIssue, evidenceMin: 'E1' });
  await storage.close();
  return issues.map(({ witnesses, pattern }) => {
    const { events: both } = JSON.parse(witnesses[0] ?? '') as {
      events: { operation: string }[];
    };
    return `${pattern} ${both.map(({ operation }) => operation).join(', ')}`;
  });
}

const orders = [
  ...request({ trace: 'a', route: 'POST /order', at: 0 }),
  ...request({ trace: 'b', route: 'POST /order', at: 5 }),
];
const probe = request({ trace: 'c', route: 'GET /health', at: 3, agent: 'kube-probe/1.31' });
const both = ['lost_update GET /health, GET /health', 'lost_update GET /health, POST /order'];

for (const backend of backends) {
  test(`${backend.name}: requests that rules leave out have no part in any finding`, async () => {
    const two = [
      ...probe,
      ...request({ trace: 'd', route: 'GET /health', at: 4, agent: 'kube-probe/1.31' }),
    ];
    const events = [...orders, ...two];
    const order = ['lost_update POST /order, POST /order'];
    const everything = [...both, ...order];
    assert.deepEqual((await found(events, [], backend)).toSorted(), everything);
    assert.deepEqual(await found(events, [{ route: '/health*' }], backend), order);
    assert.deepEqual(await found(events, [{ user_agent: 'kube-probe/*' }], backend), order);
    assert.deepEqual(
      await found(events, [{ service: 'web', route: 'GET /health' }], backend),
      order,
    );
    assert.deepEqual(await found(events, [{ service: 'web' }], backend), []);
    for (const rule of [{ route: 'POST /health' }, { service: 'shop', route: '/health' }]) {
      assert.deepEqual((await found(events, [rule], backend)).toSorted(), everything);
    }
  });

  test(`${backend.name}: nothing is known of what is left out, not even what is possible`, async () => {
    const rules = [{ route: '/health' }];
    const storage = await backend.open(new Exclusion(rules));
    const events = [...probe, ...request({ trace: 'd', route: 'GET /health', at: 50 })];
    await storage.append(keyless(records(events)), RECEIVED_NS);
    await analyseAll(storage, { races: true, spans: true, exclude: rules });
    assert.deepEqual((await storage.derived.issues(everyIssue)).issues, []);
    assert.deepEqual(await storage.derived.topVariables(10), []);
    assert.deepEqual(await storage.derived.courses(10), []);
    assert.equal((await storage.events('c', null, 10)).length, 4, 'it is stored');
    await storage.close();
  });

  test(`${backend.name}: durations of what is left out are neither judged nor learnt`, async () => {
    const exclusion = new Exclusion([
      { route: '/health' },
      { user_agent: '*bot*' },
      { service: 'load' },
    ]);
    const storage = await backend.open(exclusion);
    const query = { query: 'SELECT 1', database: 'main', duration_ms: 3 };
    const served = (trace: string, route: string, more: Partial<RequestSketch> = {}) => {
      const [first, ...rest] = request({ trace, route, at: 0, ...more });
      const kind = { trace, at: 2, kind: 'DatabaseQuery', payload: query, ...more } as const;
      return [[first], [wireEvent(kind), ...rest]] as object[][];
    };
    const requests = [
      served('a', 'GET /health'),
      served('b', 'GET /', { agent: 'Googlebot/2.1' }),
      served('c', 'GET /', { service: 'load' }),
      served('d', 'GET /'),
      served('e', 'GET /'),
    ];
    // The end of a request that is left out comes in a later append than its beginning.
    for (const [place, [begin = [], end = []]] of requests.entries()) {
      const appends = place % 2 === 0 ? [begin, end] : [[...begin, ...end]];
      for (const events of appends) await storage.append(keyless(records(events)), RECEIVED_NS);
    }
    const learnt = async () => {
      const query = { service: null, operation: null, text: null, limit: 100, offset: 0 };
      const { operations } = await storage.learntOperations(query);
      return operations
        .map(({ key, buckets }) => {
          const count = buckets.reduce(
            (sum, { learnt }) => sum + [...learnt.values()].reduce((a, b) => a + b, 0),
            0,
          );
          return `${key.service} ${key.operation} ${count / buckets.length}`;
        })
        .sort();
    };
    assert.deepEqual(await learnt(), ['web GET / 2', 'web SELECT ? 2']);
    for (const [trace, unjudged] of [
      ['a', 0],
      ['b', 0],
      ['c', 0],
      ['d', 2],
    ] as const) {
      const { judgedCount, unjudgedCount } = await storage.latencyVerdicts(trace, 10);
      assert.deepEqual([judgedCount, unjudgedCount], [0, unjudged], trace);
    }
    // What taught nothing is not taken back from others.
    for (const trace of ['a', 'b', 'c'])
      assert.equal((await storage.eraseTraces([trace])).buckets, 0);
    assert.deepEqual(await learnt(), ['web GET / 2', 'web SELECT ? 2']);
    await storage.close();
  });
}

test('of a trace with several requests only those that are left out are', async () => {
  const inOne = [
    ...request({ trace: 'a', route: 'POST /order', at: 0, thread: 'one' }),
    ...request({ trace: 'a', route: 'POST /order', at: 2, thread: 'two' }),
    ...request({ trace: 'a', route: 'GET /health', at: 4, thread: 'three' }),
    ...request({ trace: 'b', route: 'POST /order', at: 6, thread: 'four' }),
  ];
  const all = await found(inOne, []);
  assert.ok(all.some((line) => line.includes('/health')));
  const left = await found(inOne, [{ route: '/health' }]);
  assert.deepEqual(
    left,
    all.filter((line) => !line.includes('/health')),
  );
});

test('what a request causes goes with it, who causes it stays', async () => {
  const chain = (trace: string, root: string, at: number) => [
    ...request({
      trace,
      route: root,
      at,
      span: `${trace}111111111111111`.slice(0, 16),
      variable: 'db:front',
    }),
    ...request({
      trace,
      route: 'POST /stock',
      at: at + 2,
      service: 'stock',
      span: `${trace}222222222222222`.slice(0, 16),
      upstream: `${trace}111111111111111`.slice(0, 16),
      variable: 'db:stock',
    }),
  ];
  const events = [...chain('a', 'GET /probe', 0), ...chain('b', 'GET /probe', 5)];
  assert.equal((await found(events, [])).length, 2);
  assert.deepEqual(await found(events, [{ route: '/probe' }]), []);
  const front = ['lost_update GET /probe, GET /probe'];
  assert.deepEqual(await found(events, [{ service: 'stock', route: '/stock' }]), front);
  assert.deepEqual(await found(events, [{ service: 'stock' }]), front);
  const stock = ['lost_update POST /stock, POST /stock'];
  assert.deepEqual(await found(events, [{ service: 'web' }]), stock);
});

test('a task of a request that is left out goes with it', async () => {
  const spawned = (trace: string, at: number) => {
    const [first] = request({ trace, route: 'GET /health', at });
    const spawn = { task_id: 'job', task_name: 'job', spawned_at: 'app.ts:1' };
    const id = (first as { id: string }).id;
    return [
      first as object,
      wireEvent({ trace, at: at + 1, kind: 'AsyncSpawn', payload: spawn, parent: id }),
      ...['Read', 'Write'].map((type, place) =>
        wireEvent({
          trace,
          at: at + 2 + place * 10,
          thread: 'job',
          parent: id,
          kind: 'StateChange',
          payload: access('db:x', type),
        }),
      ),
    ];
  };
  const events = [...spawned('a', 0), ...spawned('b', 5)];
  assert.equal((await found(events, [])).length, 1);
  assert.deepEqual(await found(events, [{ route: '/health' }]), []);
});

test('requests of OpenTelemetry are left out by the route that their spans name', async () => {
  const reader = new OtlpReader(compileRedaction({ headers: [], tags: [], paths: [] }));
  const traces = recordedExports('node-default--pg-inventory', 'test/fixtures/otlp-races').filter(
    ({ path }) => path === '/v1/traces',
  );
  const events = traces.flatMap(({ body, format }) => reader.traces(body, format, null).events);
  const issuesWith = async (exclude: readonly ExclusionRule[]) => {
    const storage = await memoryBackend.open(new Exclusion(exclude));
    await storage.append(keyless(events), RECEIVED_NS);
    await analyseAll(storage, { races: true, spans: true, exclude });
    const { issues } = await storage.derived.issues(everyIssue);
    const query = { service: null, operation: null, text: null, limit: 100, offset: 0 };
    const { total } = await storage.learntOperations(query);
    await storage.close();
    return { issues: issues.length, learnt: total };
  };
  const all = await issuesWith([]);
  assert.ok(all.issues > 0 && all.learnt > 1);
  const [first] = events.filter(({ kind }) => kind === 'HttpRequest');
  assert.deepEqual(await issuesWith([{ service: first?.service }]), { issues: 0, learnt: 0 });
  const byRoute = await issuesWith([{ route: '/*' }]);
  assert.equal(byRoute.issues, 0);
  assert.equal(byRoute.learnt, 0);
});

test('a reader sees how much was left out, and all that was stored', async (t) => {
  const exclude = [{ route: '/health' }];
  const context = await testApp(t, { switches: { races: true, spans: true, exclude } });
  assert.equal((await post(context.app, [...orders, ...probe])).statusCode, 200);
  const trace = await getSettled(context, '/api/traces/c');
  assert.equal(trace.analysis.excluded_events, 4);
  assert.deepEqual(trace.analysis.anomalies, [
    'No races found',
    '4 events are left out of the analysis',
  ]);
  assert.equal(trace.events.length, 4);
  const summary = await getSettled(context, '/api/traces/c/summary');
  assert.equal(summary.analysis.excluded_events, 4);
  const trail = await getSettled(context, '/api/traces/c/audit-trail/db:x');
  assert.deepEqual(
    trail.accesses.map(({ is_race, access_type }: { is_race: boolean; access_type: string }) => [
      access_type,
      is_race,
    ]),
    [
      ['Read', false],
      ['Write', false],
    ],
  );
  const other = await getSettled(context, '/api/traces/a');
  assert.equal(other.analysis.excluded_events, 0);
  assert.equal(other.races_with_others, 1);
  const status = await getSettled(context, '/status');
  assert.equal(status.analysis.excluded_requests, 1);
});

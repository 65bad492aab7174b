import assert from 'node:assert/strict';
import { test } from 'node:test';
import { getSettled as get, post, testApp } from '../../support/app.ts';
import { access, wireEvent } from '../../support/events.ts';

/** One request: what it does step by step, each a variable and a type of access, or a lock. */
type Steps = readonly (readonly [string, string])[];

let count = 0;

function request(url: string, steps: Steps, at = 0, environment = 'test'): readonly object[] {
  count += 1;
  const trace = `potential-${count}`;
  const parts = steps.map(([name, type], step) => {
    const isLock = type.startsWith('Lock');
    const payload = { lock_id: name, lock_type: 'Mutex', location: `${url}:${step}` };
    return wireEvent({
      trace,
      environment,
      at: at + 1 + step,
      kind: isLock ? (type as 'LockAcquire') : 'StateChange',
      payload: isLock ? payload : access(name, type, { location: `${url} ${type}` }),
    });
  });
  const start = { method: 'POST', url, headers: null };
  return [wireEvent({ trace, environment, at, kind: 'HttpRequest', payload: start }), ...parts];
}

const balance = 'db:accounts[id=1].balance';
const readThenWrite: Steps = [
  [balance, 'Read'],
  [balance, 'Write'],
];

test('one single request shows what may race, in a list of its own', async (t) => {
  const served = await testApp(t);
  await post(served.app, request('/pay/1', readThenWrite));
  const { total_issues, issues, ...page } = await get(served, '/api/races?potential=1');
  assert.equal(total_issues, 1);
  const [{ fingerprint, remedies, ...race }] = issues;
  assert.match(fingerprint, /^[0-9a-f]{16}$/);
  assert.equal(remedies[0].kind, 'atomic_update');
  const site = { service: 'web', locks: [] };
  const route = { service: 'web', operation: 'POST /pay/*' };
  assert.deepEqual(race, {
    potential: true,
    evidence: 'E0',
    environments: ['test'],
    variable: 'db:accounts[id=*].balance',
    scope: 'shared',
    pattern: 'lost_update',
    actor: {
      ...route,
      check: { ...site, location: '/pay/1 Read', access_type: 'Read' },
      act: { ...site, location: '/pay/1 Write', access_type: 'Write' },
    },
    rival: { ...route, write: { ...site, location: '/pay/1 Write', access_type: 'Write' } },
    missing:
      'Nothing keeps a second request from writing db:accounts[id=*].balance between the read and ' +
      'the write of POST /pay/*: no lock is held from one to the other, and no isolation level is ' +
      'set that would refuse.',
    seen_in: 1,
  });
  assert.deepEqual(page.hidden, {
    below_evidence: 0,
    unknown_scope: 0,
    request_local: 0,
    ignored: 0,
  });
  for (const path of ['/api/races', '/api/races?evidence=E0&scope=any']) {
    assert.equal((await get(served, path)).total_issues, 0, path);
  }
  const { traces } = await get(served, '/api/traces');
  assert.equal(traces[0].race_count, 0);
});

test('what cannot be overtaken is no potential race', async (t) => {
  const lock = 'accounts';
  const cases: readonly (readonly [string, Steps, number])[] = [
    ['a write alone', [[balance, 'Write']], 0],
    ['an update at once', [[balance, 'AtomicRMW']], 0],
    ['a write that is read back', [...readThenWrite].reverse() as Steps, 0],
    [
      'a read and a write of two variables',
      [
        [balance, 'Read'],
        ['db:other', 'Write'],
      ],
      0,
    ],
    ['under a lock', [[lock, 'LockAcquire'], ...readThenWrite, [lock, 'LockRelease']], 0],
    [
      'under a lock that is given back in between',
      [
        [lock, 'LockAcquire'],
        [balance, 'Read'],
        [lock, 'LockRelease'],
        [balance, 'Write'],
      ],
      1,
    ],
    [
      'a check before an update',
      [
        [balance, 'Read'],
        [balance, 'AtomicRMW'],
      ],
      1,
    ],
  ];
  for (const [what, steps, expected] of cases) {
    const served = await testApp(t);
    await post(served.app, request('/pay', steps));
    assert.equal((await get(served, '/api/races?potential=1')).total_issues, expected, what);
  }
});

test('a route is paired with every other one that writes, and what a run has shown is left out', async (t) => {
  const served = await testApp(t);
  await post(served.app, request('/pay', readThenWrite));
  await post(served.app, request('/pay', readThenWrite, 1000));
  await post(served.app, request('/reset', [[balance, 'Write']], 2000));
  await post(served.app, request('/show', [[balance, 'Read']], 3000));
  const pairs = async (query = '') =>
    (await get(served, `/api/races?potential=1${query}`)).issues.map(
      ({ actor, rival, seen_in }: Record<string, { operation: string }>) =>
        [actor?.operation, rival?.operation, seen_in].join(' '),
    );
  const both = ['POST /pay POST /pay 2', 'POST /pay POST /reset 2'];
  assert.deepEqual((await pairs()).sort(), both);
  assert.deepEqual((await pairs('&variable=db:accounts[id=7].balance')).sort(), both);
  assert.deepEqual(await pairs('&service=other'), []);
  assert.deepEqual(await pairs('&pattern=check_then_act'), []);
  assert.equal((await pairs('&page_size=1&page=2')).length, 1);
  // Two at one time, of which one overwrites what the other wrote.
  await post(served.app, request('/pay', readThenWrite, 4000));
  await post(served.app, request('/pay', readThenWrite, 4000.5));
  assert.deepEqual(await pairs(), ['POST /pay POST /reset 4']);
});

test('a service is told how surely its rows are known, and what would reveal more', async (t) => {
  const served = await testApp(t);
  const variables = ['db:accounts[id=1].x', 'redis:r:6379/0:k', 'db:accounts[id~url].x', 'plain'];
  const read: Steps = variables.map((variable) => [variable, 'Read']);
  await post(served.app, request('/show', read));
  const { rows, raised_by } = await get(served, '/api/services/web');
  assert.deepEqual(rows, { exact: 2, hinted: 1, unknown: 0 });
  assert.ok(raised_by.length > 0);
  assert.deepEqual(await get(served, '/api/services/nobody'), {
    service_name: 'nobody',
    rows: { exact: 0, hinted: 0, unknown: 0 },
    raised_by: [],
  });
});

test('each environment has potential races of its own, whatever was shown in another', async (t) => {
  const served = await testApp(t);
  const inEach = (environment: string, at = 0) => request('/pay/1', readThenWrite, at, environment);
  await post(served.app, [...inEach('production'), ...inEach('staging', 1000)]);
  const list = async (query = '') => {
    const { issues } = await get(served, `/api/races?potential=1${query}`);
    return issues.map((issue: { fingerprint: string; environments: string[] }) => issue);
  };
  const found = await list();
  const environmentsOf = (issues: { environments: string[] }[]) =>
    issues.map(({ environments }) => environments.join(' ')).sort();
  assert.deepEqual(environmentsOf(found), ['production', 'staging']);
  const [one, two] = found.map(({ fingerprint }: { fingerprint: string }) => fingerprint);
  assert.equal(one.slice(0, 16), two.slice(0, 16));
  assert.notEqual(one, two);
  assert.deepEqual(environmentsOf(await list('&environment=staging')), ['staging']);
  // Shown in one of them: it stays possible in the other.
  await post(served.app, inEach('staging', 1000.5));
  assert.deepEqual(environmentsOf(await list()), ['production']);
});

test('what is read in one environment is not raced by who writes in another', async (t) => {
  const served = await testApp(t);
  const reader = request(
    '/check',
    [
      [balance, 'Read'],
      ['db:log', 'Write'],
    ],
    0,
    'production',
  );
  await post(served.app, [...reader, ...request('/pay/1', [[balance, 'Write']], 100, 'staging')]);
  assert.equal((await get(served, '/api/races?potential=1')).total_issues, 0);
});

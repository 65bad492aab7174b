import assert from 'node:assert/strict';
import { request } from 'node:http';
import { type TestContext, test } from 'node:test';
import { nothingExcluded } from '../../src/domain/exclusion.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { PostgresPool } from '../../src/storage/postgres/connection/pool.ts';
import { eraseTraces } from '../../src/storage/postgres/erasure/erase-traces.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { analyseAll } from '../support/analyser.ts';
import { testApp } from '../support/app.ts';
import { sealAll } from '../support/backends.ts';
import { access, freshId, keyless, records, wireEvent } from '../support/events.ts';
import { dump, poolOptions, testDatabase } from '../support/postgres.ts';
import { openedDump } from '../support/sealed.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const subjectSpan = 'feedfacefeedface';

/** Requests of several people that race with each other; those of one carry the canary everywhere. */
function traffic(): object[] {
  return Array.from({ length: 60 }, (_, index) => {
    const isSubject = index % 3 === 0;
    const canary = isSubject ? 'canary' : `other${index}`;
    const common = {
      trace: `${canary}-${index}`,
      service: isSubject ? 'canary-service' : 'web',
      tags: { user_id: isSubject ? '42' : '7', mail: `${canary}@example.org` },
      thread: `${canary}-thread`,
      // The last trace of the subject is in one causal group with one of somebody else.
      span: index === 57 ? subjectSpan : null,
      upstream: index === 58 ? subjectSpan : null,
    };
    return [
      wireEvent({
        ...common,
        at: index,
        kind: 'StateChange',
        payload: access('db:accounts.balance', 'Read', { new_value: canary }),
      }),
      wireEvent({
        ...common,
        at: index + 3,
        kind: 'StateChange',
        payload: access('db:accounts.balance', 'Write', { old_value: canary, new_value: index }),
      }),
      wireEvent({
        ...common,
        at: index + 4,
        kind: 'StateChange',
        payload: access(`db:${canary}.only`, 'Write'),
      }),
      wireEvent({
        ...common,
        at: index + 5,
        kind: 'DatabaseQuery',
        payload: { query: `SELECT ${canary}`, database: canary, duration_ms: 1 },
      }),
    ];
  }).flat();
}

test('after an erasure no table holds anything of the subject, before and after the next analysis', (t) =>
  provesErasure(t, false));

test('after an erasure of sealed traces no table holds anything of the subject either', (t) =>
  provesErasure(t, true));

async function provesErasure(t: TestContext, isSealed: boolean): Promise<void> {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  await storage.append(keyless(records(traffic())), receivedNs);
  await analyseAll(storage);
  if (isSealed) {
    assert.equal(await sealAll(storage), 60);
    // One of the subject is sealed for the second time: what is left of the first names it too.
    const late = wireEvent({
      trace: 'canary-0',
      tags: { user_id: '42' },
      service: 'canary-service',
    });
    await storage.append(keyless(records([late])), receivedNs + 86_400_000_000_000n);
    await analyseAll(storage);
    await sealAll(storage);
    assert.match(await openedDump(database), /^sealed canary-3 .*canary@example\.org/m);
  }
  const before = await dump(database);
  for (const table of ['findings', 'footprints', 'variables', 'issues', 'latency_buckets']) {
    assert.match(before, new RegExp(`^${table} .*canary`, 'm'), table);
  }
  assert.match(before, /^traces .*"group_ids":\[[^\]]*canary/m);

  const { app, analyser } = await testApp(t, { storage });
  const url = '/api/traces?tag=user_id:42';
  const { data } = (await app.inject({ method: 'DELETE', url })).json();
  const count = isSealed ? 81 : 80;
  assert.deepEqual(data.matched, { traces: 20, events: count });
  const { events, traces, trace_services, footprints, findings, latency_buckets } = data.deleted;
  assert.deepEqual([events, traces, trace_services], [count, 20, 20]);
  for (const count of [footprints, findings, latency_buckets]) assert.ok(count > 0);
  assert.doesNotMatch(await openedDump(database), /canary/);
  assert.equal(await analyser.settle(60_000), false);
  assert.doesNotMatch(await openedDump(database), /canary/);
}

test('a name in an operation goes with the traces that had it, also when their service stays', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  t.after(() => storage.close());
  const visit = (name: string, index: number) => {
    const common = { trace: `${name}-${index}`, tags: { user: name } };
    return [
      wireEvent({
        ...common,
        kind: 'HttpRequest',
        payload: { method: 'GET', url: `/users/${name}`, headers: {}, body: null },
      }),
      wireEvent({
        ...common,
        at: 5,
        kind: 'DatabaseQuery',
        payload: { query: `SELECT ${name}`, database: 'main', duration_ms: index },
      }),
      wireEvent({
        ...common,
        at: 9,
        kind: 'HttpResponse',
        payload: { status: 200, headers: {}, body: null, duration_ms: index + 4 },
      }),
    ];
  };
  const buckets = async () => (await dump(database)).match(/^latency_buckets .*$/gm)?.sort();
  const others = Array.from({ length: 30 }, (_, index) => visit('other', index)).flat();
  await storage.append(keyless(records(others)), receivedNs);
  const expected = await buckets();
  const theirs = Array.from({ length: 30 }, (_, index) => visit('canary', index)).flat();
  await storage.append(keyless(records(theirs)), receivedNs);
  assert.match(await dump(database), /^latency_buckets .*GET \/users\/canary/m);
  const { app } = await testApp(t, { storage });
  await app.inject({ method: 'DELETE', url: '/api/traces?tag=user:canary' });
  assert.doesNotMatch(await dump(database), /canary/);
  assert.deepEqual(await buckets(), expected);
});

test('of two erasures that take the last traces of a service, one forgets what was learnt of it', async (t) => {
  const database = await testDatabase(t);
  const options = poolOptions(database.connection);
  const storage = await openPostgresStorage({ ...options, autoMigrate: true });
  const pool = new PostgresPool(options);
  t.after(() => Promise.all([storage.close(), pool.close()]));
  const payload = { query: 'SELECT canary', database: 'main', duration_ms: 1 };
  const events = ['a', 'b'].map((trace) =>
    wireEvent({ trace, service: 'canary', kind: 'DatabaseQuery', payload }),
  );
  await storage.append(keyless(records(events)), receivedNs);
  assert.match(await dump(database), /^latency_buckets .*canary/m);
  let second = null;
  await pool.write(async (session) => {
    await eraseTraces(session, ['a'], nothingExcluded, []);
    second = storage.eraseTraces(['b']);
    await database.untilBlocked();
  });
  await second;
  assert.doesNotMatch(await dump(database), /canary/);
});

test('what is to be erased must be said', async (t) => {
  const { app, storage } = await testApp(t);
  await storage.append(keyless(records(traffic())), receivedNs);
  const expectations = [
    ['', /: say what, by at least one of trace_id, service, since, until, tag, key$/],
    ['dry_run=true', /^nothing was erased/],
    ['tag=user', /^query.tag.*key:value/],
    ['user=42', /there is no parameter "user"/],
    ['service=', /^query.service: must not be empty/],
  ] as const;
  for (const [query, sentence] of expectations) {
    const reply = await app.inject({ method: 'DELETE', url: `/api/traces?${query}` });
    assert.equal(reply.statusCode, 400, query);
    assert.match(reply.json().error, sentence);
  }
  assert.equal((await storage.statistics()).traceCount, 60);
  const url = '/api/traces?trace_id=canary-0&trace_id=canary-3&trace_id=none';
  const first = (await app.inject({ method: 'DELETE', url })).json().data;
  assert.deepEqual(first.matched, { traces: 2, events: 8 });
  const second = (await app.inject({ method: 'DELETE', url })).json().data;
  assert.deepEqual([second.matched, second.deleted.events], [{ traces: 0, events: 0 }, 0]);
  const all = '/api/traces?since=2000-01-01T00:00:00Z';
  assert.equal((await app.inject({ method: 'DELETE', url: all })).json().data.matched.traces, 58);
  assert.equal((await storage.statistics()).traceCount, 0);
});

test('an erasure goes on when its client goes away', async (t) => {
  const storage = openMemoryStorage({ maxBytes: 64 * 2 ** 20 });
  await storage.append(keyless(records(traffic())), receivedNs);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let begun = () => {};
  const isBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const erased = new Promise<number>((resolve) => {
    const eraseTraces = storage.eraseTraces.bind(storage);
    storage.eraseTraces = async (traceIds) => {
      begun();
      await held;
      const counts = await eraseTraces(traceIds);
      resolve(counts.traces);
      return counts;
    };
  });
  const { app } = await testApp(t, { storage });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const client = request(`${url}/api/traces?service=canary-service`, { method: 'DELETE' }).end();
  client.on('error', () => {});
  const isGone = new Promise((resolve) => client.on('close', resolve));
  await isBegun;
  client.destroy();
  await isGone;
  release();
  assert.equal(await erased, 20);
});

test('without the right to delete, the refusal says how to grant it, and nothing is lost', async (t) => {
  const database = await testDatabase(t);
  const options = { ...poolOptions(database.connection), autoMigrate: true };
  await (await openPostgresStorage(options)).close();
  const role = await database.createRole();
  await database.run(`GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${role.user}`);
  const storage = await openPostgresStorage({ ...options, connection: role });
  await storage.append(keyless(records([wireEvent({ id: freshId(), trace: 't' })])), receivedNs);
  const { app } = await testApp(t, { storage });
  const refused = await app.inject({ method: 'DELETE', url: '/api/traces?trace_id=t' });
  assert.equal(refused.statusCode, 403);
  const { code, error } = refused.json();
  assert.equal(code, 'missing_database_right');
  assert.match(error, /GRANT DELETE ON events, traces/);
  assert.equal((await storage.statistics()).eventCount, 1);
  const dry = await app.inject({ method: 'DELETE', url: '/api/traces?trace_id=t&dry_run=true' });
  assert.equal(dry.json().data.matched.events, 1);
});

test('a report that was read before holds nothing of a trace of its group that was erased since', async (t) => {
  const { app, storage, analyser } = await testApp(t);
  await storage.append(keyless(records(traffic())), receivedNs);
  assert.equal(await analyser.settle(60_000), false);
  const read = async () => (await app.inject('/api/traces/other58-58?events=false')).payload;
  assert.match(await read(), /canary/);
  await app.inject({ method: 'DELETE', url: '/api/traces?service=canary-service' });
  assert.doesNotMatch(await read(), /canary/);
});

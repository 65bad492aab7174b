import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generateKey } from '../../src/keys/key-format.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { KEY, post, testApp } from '../support/app.ts';
import { wireEvent } from '../support/events.ts';
import { namedKey } from '../support/keys.ts';
import { dump, poolOptions, testDatabase } from '../support/postgres.ts';

const subject = generateKey();
const renewed = generateKey();
const other = generateKey();
const server = {
  auth_enabled: true,
  api_keys: [KEY],
  keys: [
    namedKey(subject, { name: 'canary-client' }),
    namedKey(renewed, { name: 'canary-client' }),
    namedKey(other, { name: 'other-client' }),
  ],
};
const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
const canary = { tags: { mail: 'canary@example.org' }, service: 'canary-service' };

for (const backend of ['memory', 'postgres'] as const) {
  test(`what a client sent goes by the name of its keys: ${backend}`, async (t) => {
    const database = backend === 'memory' ? null : await testDatabase(t);
    const storage =
      database === null
        ? openMemoryStorage({ maxBytes: 64 * 2 ** 20 })
        : await openPostgresStorage({ ...poolOptions(database.connection), autoMigrate: true });
    const { app } = await testApp(t, { storage, server });
    const events = {
      theirs: wireEvent({ trace: 'theirs', ...canary }),
      shared: wireEvent({ trace: 'shared', ...canary }),
      others: wireEvent({ trace: 'others' }),
      plain: wireEvent({ trace: 'plain' }),
    };
    await post(app, [events.theirs], bearer(subject));
    await post(app, [events.shared], bearer(renewed));
    await post(app, [wireEvent({ trace: 'shared', at: 5 }), events.others], bearer(other));
    await post(app, [events.plain], bearer(KEY));
    // Stored before by others: nothing of these was sent by this client first.
    await post(app, [events.others, events.plain], bearer(subject));

    const matched = async (name: string) => {
      const url = `/api/traces?dry_run=true&key=${encodeURIComponent(name)}`;
      return (await app.inject({ method: 'DELETE', url, headers: bearer(KEY) })).json().data
        .matched;
    };
    assert.deepEqual(await matched('canary-client'), { traces: 2, events: 3 });
    assert.deepEqual(await matched('other-client'), { traces: 2, events: 3 });
    assert.deepEqual(await matched('api_keys[0]'), { traces: 1, events: 1 });
    assert.deepEqual(await matched('nobody'), { traces: 0, events: 0 });
    const url = '/api/export?key=canary-client';
    const lines = (await app.inject({ url, headers: bearer(KEY) })).payload.trimEnd().split('\n');
    assert.equal(lines.at(-1), '{"complete":true,"count":3}');
    if (database !== null) {
      const held = await dump(database);
      assert.match(held, /^traces .*"key_names":\["canary-client","other-client"\]/m);
      for (const key of [subject, renewed, other, KEY]) assert.ok(!held.includes(key), 'a key');
    }

    const erasure = { method: 'DELETE', url: '/api/traces?key=canary-client' } as const;
    const refused = await app.inject({ ...erasure, headers: bearer(other) });
    assert.equal(refused.statusCode, 403);
    const { data } = (await app.inject({ ...erasure, headers: bearer(KEY) })).json();
    assert.deepEqual([data.matched.traces, data.deleted.events], [2, 3]);
    assert.deepEqual(await matched('canary-client'), { traces: 0, events: 0 });
    assert.deepEqual(await matched('other-client'), { traces: 1, events: 1 });
    if (database !== null) assert.doesNotMatch(await dump(database), /canary/);
  });
}

test('without keys nothing is noted of who sent', async (t) => {
  const { app } = await testApp(t);
  await post(app, [wireEvent({ trace: 't' })], bearer(KEY));
  for (const key of ['api_keys[0]', 'null', 'undefined']) {
    const url = `/api/traces?key=${encodeURIComponent(key)}`;
    const { data } = (await app.inject({ method: 'DELETE', url })).json();
    assert.deepEqual(data.matched, { traces: 0, events: 0 }, key);
  }
});

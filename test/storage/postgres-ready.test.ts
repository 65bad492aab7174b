import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { migrate } from '../../src/storage/postgres/schema/migrate.ts';
import { post, testApp } from '../support/app.ts';
import { wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';

test('/ready says what POST /events says: rights, locks, read-only, a full disk', async (t) => {
  const database = await testDatabase(t);
  const role = await database.createRole();
  await migrate(poolOptions(database.connection));
  await database.run(
    `GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO ${role.user};
     CREATE TABLE broken (is_full boolean);
     GRANT SELECT ON broken TO ${role.user};
     CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN
         IF EXISTS (SELECT FROM broken) THEN
           RAISE EXCEPTION 'full' USING ERRCODE = '53100';
         END IF;
         RETURN NEW;
       END $$;
     CREATE TRIGGER fail BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION fail()`,
  );
  const storage = await openPostgresStorage({ ...poolOptions(role), autoMigrate: false });
  const { app } = await testApp(t, { storage });
  const ready = async () => {
    const reply = await app.inject('/ready');
    return [reply.statusCode, reply.json().error] as const;
  };
  const send = () => post(app, [wireEvent({ trace: 't' })]);
  assert.deepEqual(await ready(), [200, null]);
  const troubles: [string, string, RegExp][] = [
    [
      `REVOKE INSERT ON events FROM ${role.user}`,
      `GRANT INSERT ON events TO ${role.user}`,
      /forbids it/,
    ],
    [
      `REVOKE UPDATE ON traces FROM ${role.user}`,
      `GRANT UPDATE ON traces TO ${role.user}`,
      /forbids it/,
    ],
    ['INSERT INTO broken VALUES (true)', 'DELETE FROM broken', /disk of the database is full/],
  ];
  for (const [breaks, mends, reason] of troubles) {
    await database.run(breaks);
    // A full disk shows at the first write.
    if (/full/.test(reason.source)) assert.equal((await send()).statusCode, 503);
    const [status, error] = await ready();
    assert.equal(status, 503, breaks);
    assert.match(error, reason);
    assert.notEqual((await send()).statusCode, 200);
    await database.run(mends);
    assert.equal((await send()).statusCode, 200);
    assert.deepEqual(await ready(), [200, null]);
  }
  const commit = await database.begin('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');
  // All who ask wait together.
  const answers = await Promise.all([ready(), ready(), ready(), ready(), ready(), ready()]);
  for (const [status, error] of answers) {
    assert.equal(status, 503);
    assert.match(error, /lock in the database was not free in time/);
  }
  await commit();
  assert.deepEqual(await ready(), [200, null]);
});

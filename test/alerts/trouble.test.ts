import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as immediately } from 'node:timers/promises';
import { usualPace } from '../../src/alerts/pace.ts';
import { RacewayError } from '../../src/domain/errors.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { instance, race, told } from '../support/alerting.ts';
import { memoryBackend } from '../support/backends.ts';
import { freshSchema, poolOptions, run } from '../support/postgres.ts';
import { alertReceiver, TestReceiver } from '../support/receiver.ts';
import { storageWith } from '../support/storage-with.ts';

test('one that hangs holds up no other, and a stop ends it without loss', async (t) => {
  const storage = await memoryBackend.open();
  t.after(() => storage.close());
  const [hanging, other] = [await TestReceiver.open(t), await TestReceiver.open(t)];
  const { alerter, logged } = instance(
    t,
    storage,
    [
      alertReceiver({ name: 'hanging', url: hanging.url }),
      alertReceiver({ name: 'other', url: other.url }),
    ],
    { timeoutMs: 600_000 },
  );
  await alerter.turn();
  const isAsked = new Promise<void>((done) => {
    hanging.answer = () => done();
  });
  await race(storage, 'x', 'E2');
  const isTold = new Promise<void>((done) => {
    other.answer = (response) => {
      response.end();
      done();
    };
  });
  const turn = alerter.turn();
  await Promise.all([isAsked, isTold]);
  while (alerter.states[1]?.sent === 0) await immediately();
  await alerter.close();
  await turn;
  assert.deepEqual(told(other), [['new x']]);
  const backlogs = await storage.alerts.backlogs();
  assert.deepEqual([backlogs.get('hanging')?.waiting, backlogs.get('other')?.waiting], [1, 0]);
  assert.deepEqual(logged, []);
  const again = await storage.alerts.claimReceiver('hanging', 'next', 10);
  assert.equal(again?.waiting.length, 1);
});

test('instances and restarts on one database tell each thing once', async (t) => {
  const schema = await freshSchema();
  const open = () => openPostgresStorage({ ...poolOptions(schema.connection), autoMigrate: true });
  const storages = [await open(), await open()] as const;
  t.after(async () => {
    await Promise.all(storages.map((storage) => storage.close()));
    await schema.drop();
  });
  const receiver = await TestReceiver.open(t);
  const hook = alertReceiver({ url: receiver.url });
  const both = () => storages.map((storage) => instance(t, storage, [hook]));
  const first = both();
  await Promise.all(first.map(({ alerter }) => alerter.turn()));
  for (let number = 0; number < 12; number += 1)
    await race(storages[0], `x${'y'.repeat(number)}`, 'E2');
  for (const { conditions } of first) conditions.notice('limit_reached');
  for (let turn = 0; turn < 4; turn += 1) {
    await Promise.all(first.map(({ alerter }) => alerter.turn()));
  }
  await Promise.all(first.map(({ alerter }) => alerter.close()));
  const second = both();
  for (const { conditions } of second) conditions.notice('limit_reached');
  for (let turn = 0; turn < 2; turn += 1) {
    await Promise.all(second.map(({ alerter }) => alerter.turn()));
  }
  const all = told(receiver).flat();
  assert.equal(all.length, 13);
  assert.equal(new Set(all).size, 13);
  // Whoever died while sending holds the receiver until its claim ends.
  await race(storages[0], 'last', 'E2');
  await storages[0].alerts.noteIssues('ops', []);
  await run(
    schema.connection,
    "UPDATE alert_receivers SET claimant = 'dead', claimed_until = now() + interval '1 minute'",
  );
  await Promise.all(second.map(({ alerter }) => alerter.turn()));
  assert.equal(told(receiver).flat().length, 13);
  await run(
    schema.connection,
    "UPDATE alert_receivers SET claimed_until = now() - interval '1 second'",
  );
  await Promise.all(second.map(({ alerter }) => alerter.turn()));
  assert.deepEqual(told(receiver).at(-1), ['new last']);
});

test('a storage that is away is told of at once, and once', async (t) => {
  const storage = await memoryBackend.open();
  t.after(() => storage.close());
  const receiver = await TestReceiver.open(t);
  let isAway = true;
  const alerts = storageWith(storage.alerts, {
    async knowsReceiver(name) {
      if (isAway) throw new RacewayError('unavailable', 'the database does not answer');
      return storage.alerts.knowsReceiver(name);
    },
  });
  const { alerter } = instance(t, storageWith(storage, { alerts }), [
    alertReceiver({ url: receiver.url }),
    alertReceiver({ name: 'races', url: receiver.url, on: ['new'] }),
  ]);
  for (let turn = 0; turn < 3; turn += 1) await alerter.turn();
  assert.deepEqual(told(receiver), [['condition storage_down']]);
  isAway = false;
  await alerter.turn();
  assert.equal(receiver.requests.length, 1);
});

test('what nobody took for a day is given up', async (t) => {
  const storage = await memoryBackend.open();
  t.after(() => storage.close());
  const receiver = await TestReceiver.open(t);
  receiver.answer = (response) => response.writeHead(401).end();
  const { alerter } = instance(t, storage, [alertReceiver({ url: receiver.url })]);
  await alerter.turn();
  await race(storage, 'x', 'E2');
  await alerter.turn();
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 86_400_001 });
  await alerter.turn();
  t.mock.timers.reset();
  assert.equal(alerter.states[0]?.givenUp, 1);
  assert.equal((await storage.alerts.backlogs()).get('ops')?.waiting, 0);
});

test('the pause after failures doubles up to a quarter of an hour', () => {
  const pauses = [1, 2, 3, 8, 9, 1000].map((failures) => usualPace.retryMs(failures));
  assert.deepEqual(pauses, [5000, 10_000, 20_000, 640_000, 900_000, 900_000]);
});

test('a storage that refuses is told of once, and ends nothing', async (t) => {
  const storage = await memoryBackend.open();
  t.after(() => storage.close());
  const alerts = storageWith(storage.alerts, {
    async unnotedIssues() {
      throw new RacewayError('missing_database_right', 'the user may not read alert_news');
    },
  });
  const { alerter, logged } = instance(t, storageWith(storage, { alerts }), [alertReceiver({})]);
  for (let turn = 0; turn < 3; turn += 1) await alerter.turn();
  const messages = logged.map(([message]) => message);
  assert.deepEqual(messages, ['alerts failed and will be tried again']);
});

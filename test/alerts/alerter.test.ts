import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as immediately } from 'node:timers/promises';
import { Alerter, type AlertSettings } from '../../src/alerts/alerter.ts';
import { Conditions } from '../../src/alerts/conditions.ts';
import { type Pace, usualPace } from '../../src/alerts/pace.ts';
import type { AlertReceiver } from '../../src/config/alert.ts';
import { RacewayError } from '../../src/domain/errors.ts';
import type { Evidence } from '../../src/domain/findings/finding.ts';
import { CONDITION_REST_MS } from '../../src/storage/alert-store.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { finding, site, stored, subject } from '../storage/derived/records.ts';
import { backends } from '../support/backends.ts';
import { freshSchema, poolOptions, run } from '../support/postgres.ts';
import { alertReceiver, TestReceiver } from '../support/receiver.ts';
import { storageWith } from '../support/storage-with.ts';

/** Nothing is waited for. */
const atOnce: Pace = { stepMs: 1000, retryMs: () => 0, intervalMs: () => 0, outageMs: 0 };

/** Stores a race of a variable, with so much evidence. */
async function race(storage: Storage, variable: string, evidence: Evidence, service = 'web') {
  const sites = [site({ service }), site({ service, location: 'b.ts:2' })] as const;
  const about = subject(variable, 'shared', sites);
  const traces = [`${variable} one`, `${variable} two`];
  const found = finding(about, traces, { evidence, overlappingPairs: 1 });
  await stored(storage, { [traces[0] ?? '']: { findings: [found] }, [traces[1] ?? '']: {} });
  return about.fingerprint.slice(0, 16);
}

interface Instance {
  readonly alerter: Alerter;
  readonly conditions: Conditions;
  readonly logged: [message: string, details: object][];
}

function instance(
  t: TestContext,
  storage: Pick<Storage, 'alerts' | 'derived'>,
  receivers: readonly AlertReceiver[],
  settings: Partial<AlertSettings> = {},
): Instance {
  const conditions = new Conditions();
  const logged: Instance['logged'] = [];
  const note = (details: object, message: string) => logged.push([message, details]);
  const alerter = new Alerter(
    {
      receivers,
      privateHosts: ['127.0.0.1'],
      publicUrl: 'https://raceway.test',
      version: '0.0.0',
      pace: atOnce,
      ...settings,
    },
    storage,
    conditions,
    { info: note, warn: note, error: note },
  );
  t.after(() => alerter.close());
  return { alerter, conditions, logged };
}

/** What a receiver was told: kind and variable or condition of each alert, message by message. */
function told({ requests }: TestReceiver): string[][] {
  return requests.map(({ body }) =>
    JSON.parse(body).alerts.map(
      (alert: { kind: string; race: { variable: string } | null; condition: string | null }) =>
        `${alert.kind} ${alert.race?.variable ?? alert.condition}`,
    ),
  );
}

for (const backend of backends) {
  describe(`alerts: ${backend.name}`, () => {
    async function fresh(t: TestContext) {
      const storage = await backend.open();
      t.after(() => storage.close());
      const receiver = await TestReceiver.open(t);
      return { storage, receiver, hook: alertReceiver({ url: receiver.url }) };
    }

    test('a race is told once when it is new, and again when more is known', async (t) => {
      const { storage, receiver, hook } = await fresh(t);
      const { alerter } = instance(t, storage, [hook]);
      await alerter.turn();
      const fingerprint = await race(storage, 'x', 'E2');
      await race(storage, 'weak', 'E1');
      await alerter.turn();
      await alerter.turn();
      await race(storage, 'x', 'E2');
      await alerter.turn();
      assert.deepEqual(told(receiver), [['new x']]);
      const [alert] = JSON.parse(receiver.requests[0]?.body ?? '').alerts;
      assert.equal(alert.race.fingerprint, fingerprint);
      assert.equal(alert.url, `https://raceway.test/races/${fingerprint}`);
      await race(storage, 'x', 'E3');
      await race(storage, 'weak', 'E2');
      await alerter.turn();
      await alerter.turn();
      assert.deepEqual(told(receiver).slice(1).flat().sort(), ['escalated x', 'new weak']);
    });

    test('what is known before anybody listens is no news', async (t) => {
      const { storage, receiver, hook } = await fresh(t);
      await race(storage, 'old', 'E2');
      const { alerter } = instance(t, storage, [hook]);
      await alerter.turn();
      await alerter.turn();
      assert.deepEqual(told(receiver), []);
      await race(storage, 'old', 'E4');
      await alerter.turn();
      assert.deepEqual(told(receiver), [['escalated old']]);
    });

    test('a receiver is told what it asked for', async (t) => {
      const { storage, receiver } = await fresh(t);
      const other = await TestReceiver.open(t);
      const { alerter, conditions } = instance(t, storage, [
        alertReceiver({ name: 'shop', url: receiver.url, services: ['shop'], on: ['new'] }),
        alertReceiver({
          name: 'proven',
          url: other.url,
          evidence: 'E3',
          on: ['escalated', 'conditions'],
        }),
      ]);
      await alerter.turn();
      await race(storage, 'x', 'E2', 'shop');
      await race(storage, 'y', 'E2', 'web');
      await race(storage, 'z', 'E3', 'web');
      conditions.notice('limit_reached');
      await alerter.turn();
      await race(storage, 'x', 'E3', 'shop');
      await race(storage, 'z', 'E4', 'web');
      await alerter.turn();
      assert.deepEqual(told(receiver), [['new x']]);
      assert.deepEqual(told(other), [['condition limit_reached'], ['escalated z']]);
    });

    test('a message that fails waits in the storage, and more is told in one', async (t) => {
      const { storage, receiver, hook } = await fresh(t);
      const first = instance(t, storage, [hook]);
      await first.alerter.turn();
      receiver.answer = (response) => response.writeHead(500).end('secret of the receiver');
      await race(storage, 'x', 'E2');
      await first.alerter.turn();
      await first.alerter.turn();
      const [state] = first.alerter.states;
      assert.deepEqual([state?.sent, state?.failures, state?.fault], [0, 2, 'answered 500']);
      assert.equal((await storage.alerts.backlogs()).get('ops')?.waiting, 1);
      assert.deepEqual(first.logged, [
        ['alerts are not taken; they wait', { alert: 'ops', reason: 'answered 500' }],
      ]);
      await first.alerter.close();
      receiver.answer = (response) => response.end();
      const second = instance(t, storage, [hook]);
      await race(storage, 'y', 'E2');
      await second.alerter.turn();
      await second.alerter.turn();
      assert.deepEqual(told(receiver).at(-1), ['new x', 'new y']);
      assert.equal(receiver.requests.length, 3);
      assert.deepEqual((await storage.alerts.backlogs()).get('ops'), { waiting: 0, fault: null });
    });

    test('a receiver is left alone between messages, and longer after failures', async (t) => {
      const { storage, receiver, hook } = await fresh(t);
      const pace = { ...atOnce, intervalMs: () => 3_600_000, retryMs: () => 3_600_000 };
      const { alerter } = instance(t, storage, [hook], { pace });
      await alerter.turn();
      for (const name of ['x', 'y']) {
        await race(storage, name, 'E2');
        await alerter.turn();
      }
      assert.deepEqual(told(receiver), [['new x']]);
      const other = alertReceiver({ name: 'failing', url: receiver.url });
      const failing = instance(t, storage, [other], { pace });
      await failing.alerter.turn();
      receiver.answer = (response) => response.writeHead(503).end();
      await race(storage, 'z', 'E2');
      await failing.alerter.turn();
      await failing.alerter.turn();
      assert.equal(failing.alerter.states[0]?.failures, 1);
      assert.equal((await storage.alerts.backlogs()).get('failing')?.waiting, 1);
    });

    test('what is refused for what stands in it holds up nothing else', async (t) => {
      const { storage, receiver, hook } = await fresh(t);
      const { alerter } = instance(t, storage, [hook]);
      await alerter.turn();
      receiver.answer = (response, { body }) =>
        response.writeHead(body.includes('"poison"') ? 400 : 200).end();
      for (const name of ['one', 'poison', 'three']) await race(storage, name, 'E2');
      for (let turn = 0; turn < 8; turn += 1) await alerter.turn();
      const taken = receiver.requests.filter(({ body }) => !body.includes('"poison"'));
      const names = taken.flatMap(({ body }) => JSON.parse(body).alerts);
      assert.deepEqual(
        names.map(({ race: { variable } }: { race: { variable: string } }) => variable).sort(),
        ['one', 'three'],
      );
      assert.equal(alerter.states[0]?.givenUp, 1);
      assert.equal((await storage.alerts.backlogs()).get('ops')?.waiting, 0);
    });

    test('a race that is gone when its turn comes is not told of', async (t) => {
      const { storage, receiver, hook } = await fresh(t);
      const { alerter } = instance(t, storage, [hook]);
      await alerter.turn();
      receiver.answer = (response) => response.writeHead(500).end();
      await race(storage, 'x', 'E2');
      await alerter.turn();
      await storage.eraseTraces(['x one', 'x two']);
      receiver.answer = (response) => response.end();
      await alerter.turn();
      assert.equal(receiver.requests.length, 1);
      assert.equal((await storage.alerts.backlogs()).get('ops')?.waiting, 0);
    });

    test('of what is ignored nothing is told, and of what is resolved that it is back', async (t) => {
      const { storage, receiver, hook } = await fresh(t);
      const { alerter } = instance(t, storage, [hook]);
      await alerter.turn();
      const judge = (fingerprint: string, state: 'ignored' | 'resolved', atMs: number) =>
        storage.derived.triage.change(fingerprint, { state }, { by: null, atMs });
      receiver.answer = (response) => response.writeHead(500).end();
      const resolved = await race(storage, 'x', 'E2');
      const ignored = await race(storage, 'y', 'E2');
      await alerter.turn();
      // Both wait; one of them is ignored before its turn comes.
      await judge(ignored, 'ignored', Date.now());
      receiver.answer = (response) => response.end();
      await alerter.turn();
      await judge(resolved, 'resolved', 1000);
      await race(storage, 'y', 'E3');
      await alerter.turn();
      // Received later than it was resolved, by traces that it had not.
      const about = subject('x', 'shared', [site(), site({ location: 'b.ts:2' })]);
      const again = finding(about, ['x three', 'x four'], { evidence: 'E2', overlappingPairs: 1 });
      await stored(storage, { 'x three': { findings: [again] }, 'x four': {} });
      await alerter.turn();
      await alerter.turn();
      assert.deepEqual(told(receiver).slice(1), [['new x'], ['regressed x']]);
    });

    test('a condition that goes on is told of once an hour', async (t) => {
      const { storage, receiver, hook } = await fresh(t);
      const { alerter, conditions } = instance(t, storage, [hook]);
      for (let turn = 0; turn < 3; turn += 1) {
        conditions.notice('authentication_failing');
        await alerter.turn();
      }
      assert.deepEqual(told(receiver), [['condition authentication_failing']]);
      await storage.alerts.noteConditions('ops', ['authentication_failing']);
      assert.equal(await storage.alerts.claimReceiver('ops', 'me', 10), null);
      assert.equal(CONDITION_REST_MS, 3_600_000);
    });

    test('of a claim that was lost nothing is noted', async (t) => {
      const { storage } = await fresh(t);
      const { alerts } = storage;
      await alerts.beginBook('ops');
      await alerts.noteIssues('ops', [
        { fingerprint: 'f', evidence: 'E2', regressedMs: null, news: 'new' },
      ]);
      const claim = await alerts.claimReceiver('ops', 'me', 10);
      assert.deepEqual(
        claim?.waiting.map(({ subject: of, news }) => [of, news]),
        [['f', 'new']],
      );
      assert.equal(await alerts.claimReceiver('ops', 'other', 10), null);
      const outcome = { failures: 0, isOneByOne: false, fault: null, pauseMs: 0, reference: '7' };
      const done = claim?.waiting ?? [];
      await alerts.finishSending('ops', 'other', { ...outcome, done });
      assert.equal((await alerts.backlogs()).get('ops')?.waiting, 1);
      // More was noted while it was sent: that is told next, by the name that the receiver gave.
      await alerts.noteIssues('ops', [
        { fingerprint: 'f', evidence: 'E3', regressedMs: null, news: 'escalated' },
      ]);
      await alerts.finishSending('ops', 'me', { ...outcome, done });
      const [next] = (await alerts.claimReceiver('ops', 'me', 10))?.waiting ?? [];
      assert.deepEqual([next?.news, next?.evidence, next?.reference], ['escalated', 'E3', '7']);
      // Less than is known changes nothing.
      await alerts.noteIssues('ops', [
        { fingerprint: 'f', evidence: 'E1', regressedMs: null, news: 'new' },
      ]);
      await alerts.finishSending('ops', 'me', {
        ...outcome,
        done: next === undefined ? [] : [next],
      });
      assert.equal(await alerts.claimReceiver('ops', 'me', 10), null);
    });
  });
}

test('one that hangs holds up no other, and a stop ends it without loss', async (t) => {
  const [backend] = backends;
  const storage = await (backend?.open() ?? assert.fail());
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
  const [backend] = backends;
  const storage = await (backend?.open() ?? assert.fail());
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
  const [backend] = backends;
  const storage = await (backend?.open() ?? assert.fail());
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

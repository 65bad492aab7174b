import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { CONDITION_REST_MS } from '../../src/storage/alert-store.ts';
import { finding, site, stored, subject } from '../storage/derived/records.ts';
import { atOnce, instance, race, told } from '../support/alerting.ts';
import { backends } from '../support/backends.ts';
import { alertReceiver, TestReceiver } from '../support/receiver.ts';

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

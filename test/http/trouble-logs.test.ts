import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RacewayError } from '../../src/domain/errors.ts';
import { OutageLog } from '../../src/http/front/outage-log.ts';
import { RejectionBook } from '../../src/http/front/rejections.ts';
import { post, testApp } from '../support/app.ts';
import { memoryBackend } from '../support/backends.ts';
import { wireEvent } from '../support/events.ts';
import { storageWith } from '../support/storage-with.ts';

/** What was logged, with a clock that the test turns. */
function notes(t: { mock: { method: typeof import('node:test').mock.method } }) {
  let nowMs = 1000;
  t.mock.method(performance, 'now', () => nowMs);
  const told: [details: unknown, message: string][] = [];
  const note = (details: unknown, message: string) => void told.push([details, message]);
  return { told, log: { info: note, warn: note }, pass: (ms: number) => (nowMs += ms) };
}

const failure = (cause: string) =>
  new RacewayError('unavailable', 'the database is away', { cause });

test('an outage is told at its beginning, each minute with the count between, and at its end', (t) => {
  const { told, log, pass } = notes(t);
  const outage = new OutageLog(log, 'stores');
  outage.succeeded();
  for (let second = 0; second < 150; second += 1) {
    outage.failed(failure('E'));
    pass(1000);
  }
  outage.succeeded();
  outage.succeeded();
  outage.failed(failure('F'));
  const reason = 'the database is away';
  assert.deepEqual(told, [
    [{ reason, cause: 'E', requests: 1 }, 'the server stores nothing'],
    [{ reason, cause: 'E', requests: 60 }, 'the server stores nothing still'],
    [{ reason, cause: 'E', requests: 60 }, 'the server stores nothing still'],
    [{ seconds: 150, requests: 150 }, 'the server stores again'],
    [{ reason, cause: 'F', requests: 1 }, 'the server stores nothing'],
  ]);
});

test('refused events are told by service and member, at first and once a minute', (t) => {
  const { told, log, pass } = notes(t);
  const book = new RejectionBook(log);
  for (let second = 0; second < 90; second += 1) {
    book.note('shop', 'timestamp', 'is no time', second);
    book.note('shop', 'metadata.tags.canary', 'is no text', second);
    pass(1000);
  }
  const message = 'events were refused; /status says why';
  assert.deepEqual(told, [
    [{ service: 'shop', path: 'timestamp', rejected: 1 }, message],
    [{ service: 'shop', path: 'metadata.tags', rejected: 1 }, message],
    [{ service: 'shop', path: 'timestamp', rejected: 60 }, message],
    [{ service: 'shop', path: 'metadata.tags', rejected: 60 }, message],
  ]);
  for (let index = 0; index < 1000; index += 1) book.note(`s${index}`, '', 'is no object', 90);
  assert.equal(book.all.length, 101);
  assert.equal(told.length, 4 + 99);
  const others = book.all.find(({ service }) => service === '(others)');
  assert.equal(others?.count, 1000 - 98);
});

test('an app tells of an outage once, and of refused events in /status', async (t) => {
  const memory = await memoryBackend.open();
  let isAway = true;
  const storage = storageWith(memory, {
    append: async (...requests) => {
      if (isAway) throw failure('ECONNREFUSED');
      return memory.append(...requests);
    },
  });
  const logLines: string[] = [];
  const { app } = await testApp(t, { storage, logLines });
  for (let index = 0; index < 20; index += 1) {
    assert.equal((await post(app, [wireEvent()])).statusCode, 503);
  }
  isAway = false;
  await post(app, [wireEvent(), { ...wireEvent({ service: 'shop' }), timestamp: 'never' }]);
  await post(app, [{ ...wireEvent({ service: 'shop' }), timestamp: 'never' }]);
  const told = logLines.map((line) => JSON.parse(line)).filter(({ level }) => level >= 30);
  const messages = told.map(({ msg }) => msg);
  assert.deepEqual(
    messages.filter((text) => /^the server|^events/.test(text)),
    [
      'the server stores nothing',
      'events were refused; /status says why',
      'the server stores again',
    ],
  );
  const { rejected } = (await app.inject('/status')).json().data;
  assert.equal(rejected.length, 1);
  const [{ service, path, count }] = rejected;
  assert.deepEqual([service, path, count], ['shop', 'timestamp', 2]);
});

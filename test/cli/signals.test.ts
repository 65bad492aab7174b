import assert from 'node:assert/strict';
import { test } from 'node:test';
import { installSignals, stopMsMax } from '../../src/cli/signals.ts';
import { FakeProcess } from '../support/cli.ts';

function setUp() {
  const process = new FakeProcess();
  const crashes: unknown[] = [];
  const signals = installSignals(process, (error) => crashes.push(error));
  return { process, signals, crashes };
}

test('without a server a stop signal ends the process with the code of the signal', () => {
  for (const [signal, code] of [
    ['SIGTERM', 143],
    ['SIGINT', 130],
    ['SIGQUIT', 131],
  ] as const) {
    const { process } = setUp();
    process.emit(signal, signal);
    assert.deepEqual(process.exitCodes, [code]);
  }
});

test('signals that mean something to other programs end nothing and open no debugger', () => {
  for (const signal of ['SIGUSR1', 'SIGUSR2']) {
    const { process } = setUp();
    assert.ok(process.emit(signal, signal), `nobody hears ${signal}`);
    assert.deepEqual(process.exitCodes, []);
  }
});

test('SIGHUP never ends the process', () => {
  const { process, signals } = setUp();
  process.emit('SIGHUP', 'SIGHUP');
  let heard = 0;
  signals.onHangUp(() => {
    heard += 1;
  });
  process.emit('SIGHUP', 'SIGHUP');
  assert.equal(heard, 1);
  assert.deepEqual(process.exitCodes, []);
});

test('the process ends after the stop, and at once with a second signal', async () => {
  const { process, signals } = setUp();
  const { promise, resolve } = withResolver();
  signals.onStop(() => promise.then(() => 7));
  process.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(process.exitCodes, []);
  process.emit('SIGINT', 'SIGINT');
  assert.deepEqual(process.exitCodes, [130]);
  const exited = process.exited();
  resolve();
  assert.equal(await exited, 7);
});

test('a stop that fails or takes too long is told and ends with 1', async (t) => {
  const failing = setUp();
  failing.signals.onStop(() => Promise.reject(new Error('disk')));
  const exited = failing.process.exited();
  failing.process.emit('SIGTERM', 'SIGTERM');
  assert.equal(await exited, 1);
  assert.match(String(failing.crashes[0]), /disk/);

  t.mock.timers.enable({ apis: ['setTimeout'] });
  const hanging = setUp();
  hanging.signals.onStop(() => new Promise(() => {}));
  hanging.process.emit('SIGTERM', 'SIGTERM');
  t.mock.timers.tick(stopMsMax - 1);
  assert.deepEqual(hanging.process.exitCodes, []);
  t.mock.timers.tick(1);
  assert.deepEqual(hanging.process.exitCodes, [1]);
  assert.match(String(hanging.crashes[0]), /did not stop within 25 s/);
});

test('an error that nobody caught is told to whoever asked last, and ends with 1', () => {
  const { process, signals, crashes } = setUp();
  const logged: unknown[] = [];
  signals.onCrash((error) => logged.push(error));
  const error = new Error('surprise');
  process.emit('uncaughtException', error);
  assert.deepEqual([logged, crashes, process.exitCodes], [[error], [], [1]]);
});

function withResolver() {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { freePort } from '../support/free-port.ts';

/** A server in a process of its own, whose log goes where the test says. */
async function serverWith(t: TestContext, stdout: 'pipe' | number) {
  const port = await freePort();
  const args = ['--import', 'tsx', 'src/main.ts', 'serve', '--port', String(port)];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, RACEWAY_SERVER_VERBOSE: 'true', NODE_TEST_CONTEXT: undefined },
    stdio: ['ignore', stdout, 'ignore'],
  });
  t.after(() => child.kill('SIGKILL'));
  const url = `http://127.0.0.1:${port}`;
  const isUp = () =>
    fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    );
  while (child.exitCode === null && !(await isUp())) await new Promise(setImmediate);
  return { child, url };
}

async function ask(url: string, count: number): Promise<number> {
  let answered = 0;
  for (let index = 0; index < count; index += 1) {
    const signal = AbortSignal.timeout(10_000);
    const reply = await fetch(`${url}/api/traces`, { signal });
    await reply.text();
    if (reply.ok) answered += 1;
  }
  return answered;
}

test('a pipe that nobody reads stops neither the server nor its end', async (t) => {
  const { child, url } = await serverWith(t, 'pipe');
  // More than a pipe holds.
  assert.equal(await ask(url, 600), 600);
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  assert.deepEqual(await exited, [0, null]);
});

test('a full disk stops neither the start nor the signals nor the end', async (t) => {
  const { child, url } = await serverWith(t, openSync('/dev/full', 'w'));
  for (const signal of ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) child.kill(signal);
  assert.equal(await ask(url, 20), 20);
  const metrics = await (await fetch(`${url}/metrics`)).text();
  assert.match(metrics, /^raceway_log_dropped_lines [1-9]/m);
  const exited = once(child, 'exit');
  child.kill('SIGQUIT');
  assert.deepEqual(await exited, [0, null]);
});

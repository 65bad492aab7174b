import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));

interface Exit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

/** Starts `raceway ARGS` as a process of its own; it does not outlive the test. */
function raceway(t: TestContext, args: readonly string[]) {
  const { PATH } = process.env;
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH },
  });
  t.after(() => child.kill('SIGKILL'));
  let [out, err] = ['', ''];
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  const exited = new Promise<Exit>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, out, err }));
  });
  const told = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(err);
        if (found !== null) resolve(found[1] ?? '');
      };
      child.stderr?.on('data', look);
      child.on('close', () => reject(new Error(`it ended, having said: ${err}`)));
    });
  return { child, exited, told };
}

test('T18: signals before the server is up neither are lost nor kill it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-main-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const pipe = join(folder, 'raceway.toml');
  execFileSync('mkfifo', [pipe]);
  const { child, exited } = raceway(t, ['serve', '--port', '0', '--config', pipe]);
  // A pipe opens for writing when the server opens it for reading; there the server waits.
  const writer = await open(pipe, 'w');
  child.kill('SIGHUP');
  child.kill('SIGTERM');
  await writer.write('[logging]\nlevel = "info"\n');
  await writer.close();
  const { code, signal } = await exited;
  assert.equal(signal, null);
  assert.ok(code === 0 || code === 143, `exit code ${code}`);
});

test('the server runs as a process, survives SIGHUP and ends with 0 on SIGTERM', async (t) => {
  const { child, exited, told } = raceway(t, ['serve', '--port', '0']);
  const url = await told(/listens on (\S+)[\s\S]*Next:/);
  assert.equal((await fetch(`${url}/health`)).status, 200);
  const port = new URL(url).port;
  const health = raceway(t, ['healthcheck', '--port', port]);
  assert.equal((await health.exited).code, 0);
  child.kill('SIGHUP');
  assert.equal((await fetch(`${url}/health`)).status, 200);
  child.kill('SIGTERM');
  const { code, out } = await exited;
  assert.equal(code, 0);
  const messages = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line).msg);
  assert.ok(messages.includes('keys read again: added none; removed none'));
  assert.deepEqual(messages.slice(-2), ['stopping', 'stopped']);
});

test('a faulty configuration ends the process with 1, on standard error alone', async (t) => {
  const { exited } = raceway(t, ['serve', '--port', 'http']);
  const { code, out, err } = await exited;
  assert.deepEqual([code, out], [1, '']);
  assert.match(err, /^raceway: The configuration has a fault:\n {2}--port: server.port must be/);
});

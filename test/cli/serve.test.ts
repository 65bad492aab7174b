import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { operatorMessage } from '../../src/cli/failure.ts';
import { TestTerminal } from '../support/cli.ts';

const apiKey = 'canary-7c1f0a9e5b3d-0123456789';

/** Starts the server on a free port; it is stopped after the test. */
async function serve(t: TestContext, environment = {}) {
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['serve', '--port', '0'], environment), 0, terminal.everything());
  const url = /listens on (\S+)/.exec(terminal.told.join('\n'))?.[1] ?? '';
  t.after(async () => {
    if (terminal.process.exitCodes.length === 0) await stop(terminal);
  });
  return { terminal, url };
}

function stop(terminal: TestTerminal): Promise<number> {
  const exited = terminal.process.exited();
  terminal.process.emit('SIGTERM', 'SIGTERM');
  return exited;
}

test('an open server in memory says where it is, what "stored" means, and what to do', async (t) => {
  const { terminal, url } = await serve(t);
  assert.equal((await fetch(`${url}/health`)).status, 200);
  const [warning = '', ...lines] = terminal.told;
  assert.match(warning, /^WARNING: This server is open: .*raceway keygen/);
  // Where the web UI is built, its address is told too.
  const others = lines.slice(1).filter((line) => !line.startsWith('Open '));
  assert.deepEqual(others, [
    'Storage: memory, up to 512 MiB of events; "stored" means in this process: they are gone when it ends, unless RACEWAY_STORAGE_MEMORY_DIRECTORY names a folder that keeps them',
    'API keys: not asked for, the server is open',
    `Next: give an SDK the server URL ${url}, then look: curl ${url}/api/traces`,
  ]);
  const log = terminal.logLines.map((line) => JSON.parse(line));
  assert.ok(log.some(({ level, msg }) => level === 'warn' && /server is open/.test(msg)));
  assert.ok(log.some(({ msg, url: logged }) => msg === 'listening' && logged === url));
});

test('each line of the log names its part of the server if that is asked for, else none does', async (t) => {
  for (const isAsked of [true, false]) {
    const { terminal, url } = await serve(t, {
      RACEWAY_LOGGING_INCLUDE_MODULES: String(isAsked),
      RACEWAY_AUDIT_ENABLED: 'true',
      RACEWAY_SERVER_VERBOSE: 'true',
    });
    assert.equal((await fetch(`${url}/api/traces`)).status, 200);
    terminal.process.emit('SIGHUP', 'SIGHUP');
    assert.equal(await stop(terminal), 0);
    const lines = terminal.logLines.map((line) => JSON.parse(line));
    // Lines of the audit log, which share standard output, have no level.
    const modules = lines.filter(({ level }) => level !== undefined).map(({ module }) => module);
    const expected = isAsked ? ['audit', 'cli', 'config', 'http', 'keys'] : [undefined];
    assert.deepEqual([...new Set(modules)].sort(), expected);
  }
});

test('a closed server asks for its key and writes it nowhere', async (t) => {
  const { terminal, url } = await serve(t, {
    RACEWAY_API_KEYS: apiKey,
    RACEWAY_LOGGING_LEVEL: 'trace',
    RACEWAY_SERVER_VERBOSE: 'true',
  });
  assert.match(terminal.told.join('\n'), /^API keys: asked for \(1 key\)$/m);
  assert.equal((await fetch(`${url}/api/traces`)).status, 401);
  for (const value of [`Bearer ${apiKey}`, `Bearer ${apiKey}x`, `Basic ${btoa(`a:${apiKey}`)}`]) {
    const headers = { authorization: value, 'x-raceway-key': apiKey, cookie: apiKey };
    await fetch(`${url}/api/traces?q=${apiKey}`, { headers });
    await fetch(`${url}/events`, { method: 'POST', headers, body: `{"events": [${apiKey}` });
  }
  assert.equal(await stop(terminal), 0);
  assert.ok(terminal.logLines.length > 6);
  assert.ok(!terminal.everything().includes(apiKey));
  assert.ok(!terminal.everything().includes(btoa(`a:${apiKey}`)));
});

test('SIGTERM and SIGINT end the server with 0, SIGHUP reads the keys again', async (t) => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const { terminal, url } = await serve(t);
    terminal.process.emit('SIGHUP', 'SIGHUP');
    assert.equal((await fetch(`${url}/health`)).status, 200);
    const exited = terminal.process.exited();
    terminal.process.emit(signal, signal);
    assert.equal(await exited, 0);
    await assert.rejects(fetch(`${url}/health`));
    const messages = terminal.logLines.map((line) => JSON.parse(line).msg);
    assert.ok(messages.includes('keys read again: added none; removed none'));
    assert.deepEqual(messages.slice(-2), ['stopping', 'stopped']);
  }
});

test('a signal while the server starts ends it with 0', async (t) => {
  const terminal = new TestTerminal(t);
  // An address that cannot be listened on, so that no server is left behind in this process.
  const started = terminal.run(['serve', '--port', '0', '--host', '192.0.2.1']);
  while (terminal.logLines.length === 0) await new Promise((resolve) => setImmediate(resolve));
  assert.equal(await stop(terminal), 0);
  await started;
  assert.deepEqual(terminal.process.exitCodes, [0]);
});

test('a port that is taken is one sentence and exit code 1', async (t) => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  t.after(() => other.close());
  const { port } = other.address() as AddressInfo;
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['serve', '--port', String(port)]), 1);
  assert.equal(
    terminal.told.at(-1),
    `raceway: cannot listen on 127.0.0.1 port ${port}: another process listens there; ` +
      'stop it, or choose another port (--port)',
  );
});

test('an address of another machine, and a name without address, are one sentence', async (t) => {
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['serve', '--port', '0', '--host', '192.0.2.1']), 1);
  assert.equal(
    terminal.told.at(-1),
    'raceway: cannot listen on 192.0.2.1: this machine does not have that address ' +
      '(server.host, --host)',
  );
  const noSuchName = Object.assign(new Error(), { syscall: 'getaddrinfo', hostname: 'nowhere' });
  assert.match(operatorMessage(noSuchName) ?? '', /on nowhere: no address belongs to that name/);
  assert.equal(operatorMessage(new TypeError('a fault of the program')), null);
});

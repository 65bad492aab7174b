import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestTerminal } from '../support/cli.ts';
import { wireEvent } from '../support/events.ts';
import { testDatabase } from '../support/postgres.ts';

test('two servers start at once on one empty database and answer alike', async (t) => {
  const { connection } = await testDatabase(t);
  const { user, password, host, port, database } = connection;
  const environment = {
    RACEWAY_POSTGRES_CONNECTION: `postgresql://${user}:${password}@${host}:${port}/${database}`,
  };
  const terminals = [new TestTerminal(t), new TestTerminal(t)];
  const codes = await Promise.all(
    terminals.map((terminal) => terminal.run(['serve', '--port', '0'], environment)),
  );
  assert.deepEqual(codes, [0, 0], terminals.map((terminal) => terminal.everything()).join('\n'));
  const [first = '', second = ''] = terminals.map(
    ({ told }) => /listens on (\S+)/.exec(told.join('\n'))?.[1],
  );
  for (const terminal of terminals) {
    const storage = terminal.told.find((line) => line.startsWith('Storage: ')) ?? '';
    assert.ok(storage.includes(`${host}:${port}/${database}`), storage);
    assert.ok(!terminal.everything().includes(String(password)));
  }

  const events = [wireEvent({ at: 1 }), wireEvent({ at: 2 })];
  const post = async (url: string) => {
    const reply = await fetch(`${url}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ events }),
    });
    const { data } = (await reply.json()) as { data: { accepted: number; duplicates: number } };
    return [data.accepted, data.duplicates];
  };
  const list = async (url: string) => (await fetch(`${url}/api/traces`)).json();
  assert.deepEqual(await post(first), [2, 0]);
  assert.deepEqual(await post(second), [0, 2]);
  assert.deepEqual(await list(second), await list(first));

  for (const [index, terminal] of terminals.entries()) {
    const exited = terminal.process.exited();
    terminal.process.emit('SIGTERM', 'SIGTERM');
    assert.equal(await exited, 0);
    if (index === 0) assert.deepEqual(await post(second), [0, 2]);
  }
});

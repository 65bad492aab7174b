import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { TestTerminal } from '../support/cli.ts';
import { TestReceiver } from '../support/receiver.ts';

test('a server tells of those who guess keys, and stops while somebody does not answer', async (t) => {
  const receiver = await TestReceiver.open(t);
  const isTold = new Promise<string>((done) => {
    receiver.answer = (_response, { body }) => done(body);
  });
  const server = new TestTerminal(t);
  writeFileSync(
    join(server.cwd, 'raceway.toml'),
    `
[server]
api_keys = ["rwk-0123456789abcdefghij"]
[alerting]
private_hosts = ["127.0.0.1"]
[[alerts]]
name = "ops"
type = "webhook"
url = "${receiver.url}"
`,
    { mode: 0o600 },
  );
  assert.equal(await server.run(['serve', '--port', '0']), 0, server.everything());
  const url = /listens on (\S+)/.exec(server.told.join('\n'))?.[1] ?? '';
  for (let guess = 0; guess < 6; guess += 1) {
    const headers = { authorization: `Bearer wrong-key-${guess}` };
    assert.equal((await fetch(`${url}/status`, { headers })).status, 401);
  }
  const [alert] = JSON.parse(await isTold).alerts;
  assert.deepEqual([alert.kind, alert.condition], ['condition', 'authentication_failing']);
  const exited = server.process.exited();
  server.process.emit('SIGTERM', 'SIGTERM');
  assert.equal(await exited, 0);
});

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { TestTerminal } from '../support/cli.ts';
import { TestReceiver } from '../support/receiver.ts';

async function terminal(t: TestContext) {
  const receiver = await TestReceiver.open(t);
  const one = new TestTerminal(t);
  const path = join(one.cwd, 'raceway.toml');
  const toml = `
[server]
public_url = "https://raceway.test"
[alerting]
private_hosts = ["127.0.0.1"]
[[alerts]]
name = "hook"
type = "webhook"
url = "${receiver.url}/secret-path"
[[alerts]]
name = "inside"
type = "webhook"
url = "http://localhost:${receiver.port}/"
`;
  writeFileSync(path, toml, { mode: 0o600 });
  return { one, receiver };
}

test('raceway alert test tells a receiver that it can be told', async (t) => {
  const { one, receiver } = await terminal(t);
  assert.equal(await one.run(['alert', 'test', 'hook']), 0, one.everything());
  assert.deepEqual(one.out, ['The receiver hook (webhook) took the message.']);
  const [request] = receiver.requests;
  assert.equal(JSON.parse(request?.body ?? '').alerts[0].kind, 'test');
});

test('it says what is wrong, without the address', async (t) => {
  const { one, receiver } = await terminal(t);
  receiver.answer = (response) => response.writeHead(404).end('no such hook');
  assert.equal(await one.run(['alert', 'test', 'hook']), 1);
  assert.equal(await one.run(['alert', 'test', 'inside']), 1);
  receiver.answer = (response) => response.writeHead(302, { location: '/' }).end();
  assert.equal(await one.run(['alert', 'test', 'hook']), 1);
  assert.deepEqual(one.told, [
    'raceway: the receiver hook answered 404',
    'raceway: the receiver inside leads to a private address: name its host in alerting.private_hosts if that is meant',
    'raceway: the receiver hook answered with a redirect (302), which is not followed: write the place that it leads to into url',
  ]);
});

test('a receiver that is not there, and a wrong line', async (t) => {
  const { one } = await terminal(t);
  assert.equal(await one.run(['alert', 'test', 'hooks']), 1);
  assert.match(one.told.at(-1) ?? '', /no receiver "hooks" in \[\[alerts\]\]; did you mean hook\?/);
  assert.equal(await one.run(['alert', 'send', 'hook']), 2);
  assert.equal(await one.run(['alert', 'test']), 2);
  const bare = new TestTerminal(t);
  assert.equal(await bare.run(['alert', 'test', 'hook']), 1);
  assert.match(bare.told.at(-1) ?? '', /the configuration has no \[\[alerts\]\]/);
});

test('raceway check names receivers and their faults, and no secret', async (t) => {
  const { one } = await terminal(t);
  await one.run(['check']);
  const text = one.everything();
  assert.match(text, /pass +Alerts hook: webhook; try it: raceway alert test hook/);
  assert.doesNotMatch(text, /secret-path/);
});

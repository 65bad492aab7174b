import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeConfig } from '../../src/config/describe.ts';
import { ConfigError } from '../../src/config/fault.ts';
import { type ConfigSketch, load } from '../support/config.ts';

const secret = 'very-secret-text-4711';

function faultsOf(sketch: ConfigSketch): string {
  try {
    load(sketch);
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.message;
  }
  return '';
}

test('receivers come from tables, with their secrets from files and variables', () => {
  const loaded = load({
    toml: `
[[alerts]]
name = "chat"
type = "slack"
url_file = "slack"

[[alerts]]
name = "hook"
type = "webhook"
url = "https://hooks.test/x"
secret = "\${HOOK_SECRET}"
on = ["conditions", "new"]
evidence = "E3"
services = ["shop"]
min_interval_seconds = 60

[[alerts]]
name = "code"
type = "github"
repository = "octo/shop"
token_file = "token"
labels = ["race"]
`,
    files: { slack: `https://hooks.slack.test/${secret}\n`, token: `${secret}\n` },
    environment: { HOOK_SECRET: secret },
  });
  const [chat, hook, code] = loaded.config.alerts;
  assert.deepEqual(
    [chat?.url, chat?.on, chat?.evidence, chat?.minIntervalSeconds],
    [
      `https://hooks.slack.test/${secret}`,
      ['new', 'regressed', 'escalated', 'conditions'],
      'E2',
      10,
    ],
  );
  assert.deepEqual(
    [hook?.secret, hook?.on, hook?.evidence, hook?.services, hook?.minIntervalSeconds],
    [secret, ['new', 'conditions'], 'E3', ['shop'], 60],
  );
  assert.deepEqual(
    [code?.url, code?.token, code?.on, code?.labels],
    ['https://api.github.com', secret, ['new', 'regressed', 'escalated'], ['race']],
  );
  const shown = describeConfig(loaded);
  assert.match(shown, /alerts = \["chat: slack","hook: webhook","code: github"\]/);
  assert.doesNotMatch(shown, new RegExp(secret));
  assert.deepEqual(loaded.plainSecrets, []);
});

test('a variable holds them as JSON', () => {
  const alerts = [{ name: 'am', type: 'alertmanager', url: 'http://am.test:9093' }];
  const { config } = load({ environment: { RACEWAY_ALERTS: JSON.stringify(alerts) } });
  assert.deepEqual(
    config.alerts.map(({ name, token }) => [name, token]),
    [['am', null]],
  );
});

const good = 'name = "a"\ntype = "webhook"\nurl = "https://a.test/"\n';
const wrong: readonly (readonly [toml: string, sentence: RegExp])[] = [
  ['type = "webhook"\nurl = "https://a.test/"', /item 1: name must be a text of up to 48/],
  ['name = "a b"\ntype = "webhook"', /item 1: name must be/],
  ['name = "a"\ntype = "mail"', /item 1: type must be one of webhook, slack, mattermost/],
  ['name = "a"\ntype = "slack"', /item 1: lacks url or url_file, which type = "slack" needs/],
  ['name = "a"\ntype = "github"\ntoken = "x"', /item 1: lacks repository, which/],
  ['name = "a"\ntype = "github"\nrepository = "a/b"', /item 1: lacks token or token_file/],
  ['name = "a"\ntype = "github"\nrepository = "a/../b"\ntoken = "x"', /repository must be/],
  ['name = "a"\ntype = "github"\nrepository = "a/.."\ntoken = "x"', /repository must be/],
  ['name = "a"\ntype = "github"\nrepository = "a/b"\ntoken = "x y"', /token has characters/],
  [
    'name = "a"\ntype = "github"\nrepository = "a/b"\ntoken = "x"\non = ["conditions"]',
    /conditions of the server are no issues/,
  ],
  [`${good}token = "x"`, /item 1: has token, which type = "webhook" has no use for/],
  [`${good}colour = "red"`, /unknown member colour/],
  [`${good}sercet = "x"`, /did you mean secret\?/],
  [`${good}on = ["everything"]`, /on must be a list of one or more of new, regressed/],
  [`${good}evidence = "E0"`, /evidence must be one of E1, E2, E3, E4/],
  [`${good}min_interval_seconds = 0`, /min_interval_seconds must be a whole number from 1/],
  [`${good}secret = "x"\nsecret_file = "y"`, /has both secret and secret_file/],
  [`${good}secret_file = "missing"`, /secret_file names a file that does not exist/],
  [`${good}secret_file = "empty"`, /secret_file names a file that is empty/],
  [`${good}\n[[alerts]]\n${good}`, /item 2: has the name of another, a/],
  ['name = "a"\ntype = "webhook"\nurl = "ftp://a.test/"', /url must begin with https/],
  [`name = "a"\ntype = "webhook"\nurl = "https://u:${secret}@a.test/"`, /no user and no password/],
];

for (const [toml, sentence] of wrong) {
  test(`refused: ${String(sentence)}`, () => {
    const faults = faultsOf({ toml: `[[alerts]]\n${toml}`, files: { empty: ' \n' } });
    assert.match(faults, sentence);
    assert.doesNotMatch(faults, new RegExp(secret));
  });
}

test('secrets in the file itself are noticed, the address of a chat among them', () => {
  const plain = (toml: string) => load({ toml: `[[alerts]]\n${toml}` }).plainSecrets;
  assert.deepEqual(plain(good), []);
  assert.deepEqual(plain(`${good}secret = "x"`), ['alerts']);
  const chat = 'name = "a"\ntype = "slack"\nurl = "https://hooks.slack.test/x"';
  assert.deepEqual(plain(chat), ['alerts']);
});

test('private hosts are names or addresses', () => {
  const { config } = load({
    toml: '[alerting]\nprivate_hosts = ["am.internal", "10.0.0.7", "::1"]',
  });
  assert.deepEqual(config.alerting.private_hosts, ['am.internal', '10.0.0.7', '::1']);
  const faults = faultsOf({
    toml: '[alerting]\nprivate_hosts = ["http://am.internal", "10.0.0.0/8"]',
  });
  assert.match(faults, /item 1 must be a name or an address without scheme/);
  assert.match(faults, /item 2 must be/);
});

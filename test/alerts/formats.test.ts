import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { type Alert, conditionAlert, raceAlert, testAlert } from '../../src/alerts/alert.ts';
import { conditionNames } from '../../src/alerts/conditions.ts';
import { alertmanager } from '../../src/alerts/formats/alertmanager.ts';
import { mattermost, slack } from '../../src/alerts/formats/chat.ts';
import type { Format } from '../../src/alerts/formats/format.ts';
import { github } from '../../src/alerts/formats/github.ts';
import { webhook } from '../../src/alerts/formats/webhook.ts';
import type { AlertReceiver } from '../../src/config/values/alert.ts';
import { alertReceiver } from '../support/receiver.ts';
import { repositoryRoot } from '../support/repository.ts';
import { raceCalled } from '../support/told-race.ts';

const publicUrl = 'https://raceway.test/tools/';
const nowMs = Date.UTC(2026, 0, 31, 12);

/** What somebody may call a variable, a service or a function. */
const hostileNames = [
  '<!channel> <@U0001> <https://evil.test|click>',
  '@channel @everyone @octocat #1 GH-1 octo/shop#2',
  '`end` of code``` *bold* _it_ ~no~ **x** [a](https://evil.test) ![i](https://evil.test/x.png)',
  '<script>alert(1)</script><img src=x onerror=alert(1)> &lt; &amp;',
  'two\r\nlines: {"alerts":[]}\u2028\u0000\u001b[31m\u202egnp',
  '\ud800 lone, \u200b invisible, {{ .Labels }} {{ template "x" }} $(x)',
  '-->\n# Heading\n- [ ] task\n| a | b |\n:tada:',
  'x'.repeat(5000),
  '',
  '   ',
  '__proto__',
];

function alertOf(name: string, given: Partial<Alert> = {}): Alert {
  const about = { kind: 'new', atMs: nowMs - 5000, publicUrl, reference: null } as const;
  return { ...raceAlert(raceCalled(name), about), ...given };
}

function sent(format: Format, alerts: readonly Alert[], given: Partial<AlertReceiver> = {}) {
  const receiver = alertReceiver(given);
  return format.deliveries(alerts, { receiver, version: '1.2.3', publicUrl, nowMs });
}

/** The one message about some alerts. */
function messageOf(format: Format, alerts: readonly Alert[], given: Partial<AlertReceiver> = {}) {
  const [delivery, ...others] = sent(format, alerts, given);
  assert.ok(delivery !== undefined && others.length === 0);
  return { ...delivery, json: JSON.parse(delivery.body) };
}

const everyKind: readonly Alert[] = [
  alertOf('db:stock.*'),
  ...conditionNames.map((name) => conditionAlert(name, nowMs, publicUrl)),
  conditionAlert('storage_down', nowMs, null),
  testAlert(nowMs, null),
];
const hostile = hostileNames.map((name) => alertOf(name));

function ajv() {
  const validator = new Ajv2020({ strict: false, allErrors: true });
  addFormats.default(validator);
  return validator;
}

test('a webhook gets what its schema says, whatever things are called', () => {
  const file = readFileSync(join(repositoryRoot, 'docs/alerts.schema.json'), 'utf8');
  const isValid = ajv().compile(JSON.parse(file));
  for (const alerts of [everyKind, hostile]) {
    const { json } = messageOf(webhook, alerts);
    const valid: boolean = isValid(json);
    assert.ok(valid, JSON.stringify(isValid.errors));
    assert.equal(json.alerts.length, alerts.length);
  }
  assert.equal(isValid({ ...messageOf(webhook, everyKind).json, alerts: [] }), false);
});

test('a webhook with a secret can tell who wrote, and when', () => {
  const { headers, body } = messageOf(webhook, everyKind, { secret: 'shared' });
  const hmac = createHmac('sha256', 'shared')
    .update(`${nowMs / 1000}.${body}`)
    .digest('hex');
  assert.equal(headers['x-raceway-signature'], `t=${nowMs / 1000},v1=${hmac}`);
  assert.equal(messageOf(webhook, everyKind).headers['x-raceway-signature'], undefined);
});

test('an Alertmanager gets what its API v2 says', () => {
  const labelSet = { type: 'object', additionalProperties: { type: 'string', minLength: 1 } };
  const isValid = ajv().compile({
    type: 'array',
    items: {
      type: 'object',
      additionalProperties: false,
      required: ['labels'],
      properties: {
        labels: { ...labelSet, required: ['alertname'] },
        annotations: labelSet,
        startsAt: { type: 'string', format: 'date-time' },
        endsAt: { type: 'string', format: 'date-time' },
        generatorURL: { type: 'string', format: 'uri' },
      },
    },
  });
  const names = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
  for (const alerts of [everyKind, hostile]) {
    const { json, url, headers } = messageOf(alertmanager, alerts, {
      url: 'http://am.test:9093/base/',
      token: 't0ken',
    });
    const valid: boolean = isValid(json);
    assert.ok(valid, JSON.stringify(isValid.errors));
    assert.equal(url.href, 'http://am.test:9093/base/api/v2/alerts');
    assert.equal(headers['authorization'], 'Bearer t0ken');
    for (const { labels, annotations, startsAt, endsAt } of json) {
      assert.ok(Object.keys({ ...labels, ...annotations }).every((name) => names.test(name)));
      assert.ok(Date.parse(startsAt) < Date.parse(endsAt));
    }
  }
});

test('of one race the labels stay the same, so that an Alertmanager knows it again', () => {
  const labelsOf = (alert: Alert) => messageOf(alertmanager, [alert]).json[0].labels;
  const told = raceCalled('db:stock.*');
  const later = {
    ...told,
    race: { ...told.race, evidence: 'E4', count: 9, pattern: 'write_skew' },
  };
  const about = { kind: 'escalated', atMs: nowMs, publicUrl, reference: null } as const;
  assert.deepEqual(labelsOf(raceAlert(later, about)), labelsOf(alertOf('db:stock.*')));
});

test('in Slack no name is markup, mention or link', () => {
  const url = 'https://hooks.slack.test/T/B/x';
  for (const alert of [...everyKind, ...hostile]) {
    const { json, url: target } = messageOf(slack, [alert], { url });
    assert.equal(target.href, url);
    assert.deepEqual(
      [json.link_names, json.unfurl_links, json.unfurl_media],
      [false, false, false],
    );
    const outside = json.text.replaceAll(/`[^`\n]*`/g, '');
    assert.doesNotMatch(outside, /`|evil|@channel|octocat|script|alert\(1\)/);
    const angles = json.text.match(/<[^>]*>/g) ?? [];
    const page = 'https://raceway.test/tools/';
    assert.ok(
      angles.every((text: string) => text.startsWith(`<${page}`)),
      json.text,
    );
    assert.doesNotMatch(json.text, /<!|<@|@channel|[\u0000-\u0009\u000b-\u001f\u2028\u202e]/);
    assert.doesNotMatch(json.text, /&(?!amp;|lt;|gt;)/);
    assert.ok(json.text.length < 4000);
  }
});

test('in Mattermost no name is markup, mention or link', () => {
  for (const alert of [...everyKind, ...hostile]) {
    const { json } = messageOf(mattermost, [alert]);
    const outside = json.text.replaceAll(/`[^`\n]*`/g, '');
    assert.doesNotMatch(outside, /`|evil|octocat|script|<|!\[/);
    assert.doesNotMatch(json.text, /@(?!\u200b)/);
    assert.doesNotMatch(
      outside.replace(/\[Open in Raceway\]\(https:\/\/raceway\.test[^)]*\)/, ''),
      /\]\(/,
    );
  }
});

const repository = {
  type: 'github',
  url: 'https://api.github.com',
  repository: 'octo/shop',
} as const;

test('GitHub gets an issue whose names are no markup, mention or link', () => {
  const given = { ...repository, token: 'ghp_x', labels: ['race'] };
  for (const alert of [...hostile, testAlert(nowMs, null)]) {
    const { json, url, method, headers } = messageOf(github, [alert], given);
    assert.equal(url.href, 'https://api.github.com/repos/octo/shop/issues');
    assert.equal(method, 'POST');
    assert.equal(headers['authorization'], 'Bearer ghp_x');
    assert.deepEqual(Object.keys(json).sort(), ['body', 'labels', 'title']);
    assert.deepEqual(json.labels, ['race']);
    assert.ok(json.title.length > 0 && json.title.length <= 256 && json.body.length < 60_000);
    assert.doesNotMatch(json.title, /@(?!\u200b)|[\u0000-\u001f]/);
    const outside = json.body
      .replace(/^<!-- raceway:[0-9a-f]{16} -->/, '')
      .replaceAll(/`[^`\n]*`/g, '')
      .replace(/\[Open in Raceway\]\(https:\/\/raceway\.test[^)]*\)/, '');
    assert.doesNotMatch(outside, /<|`|\]\(|!\[|@(?!&#8203;)/);
  }
});

test('what comes later of a race is a comment on its issue, which a regression opens', () => {
  const [comment, ...none] = sent(
    github,
    [alertOf('x', { kind: 'escalated', reference: '42' })],
    repository,
  );
  assert.equal(comment?.url.pathname, '/repos/octo/shop/issues/42/comments');
  assert.equal(none.length, 0);
  const back = sent(github, [alertOf('x', { kind: 'regressed', reference: '42' })], repository);
  assert.deepEqual(
    back.map(({ method, url }) => `${method} ${url.pathname}`),
    ['PATCH /repos/octo/shop/issues/42', 'POST /repos/octo/shop/issues/42/comments'],
  );
  assert.deepEqual(JSON.parse(back[0]?.body ?? ''), { state: 'open' });
  const odd = sent(
    github,
    [alertOf('x', { kind: 'escalated', reference: '42/../..' })],
    repository,
  );
  assert.equal(odd[0]?.url.pathname, '/repos/octo/shop/issues');
});

test('the number of an issue is found in an answer that was cut', () => {
  const body =
    '{"url":"https://api.github.com/repos/octo/shop/issues/42","number": 42,"title":"x","bo';
  const answer = { status: 201, body, retryAfterSeconds: null };
  assert.equal(github.referenceOf?.(answer), '42');
  assert.equal(github.referenceOf?.({ ...answer, status: 200 }), null);
  assert.equal(github.referenceOf?.({ ...answer, body: '{"body":"\\"number\\": 7"}' }), null);
});

test('no alert carries a value of an event', () => {
  for (const format of [webhook, slack, mattermost, alertmanager, github]) {
    const bodies = sent(format, [alertOf('db:stock.*')], { ...repository, type: 'webhook' });
    assert.ok(bodies.every(({ body }) => !body.includes('4711')));
  }
});

test('pages of the web UI are below server.public_url', () => {
  assert.equal(alertOf('x').url, 'https://raceway.test/tools/races/0123456789abcdef');
  assert.equal(
    alertOf(
      'x',
      raceAlert(raceCalled('x'), { kind: 'new', atMs: 0, publicUrl: null, reference: null }),
    ).url,
    null,
  );
});

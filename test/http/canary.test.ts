/** A secret that went through every path, error and log level is nowhere to be read. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { digestOf } from '../../src/keys/access-key.ts';
import { generateKey } from '../../src/keys/key-format.ts';
import { TestTerminal } from '../support/cli.ts';
import { wireEvent } from '../support/events.ts';
import { dump, testDatabase } from '../support/postgres.ts';

const headerValue = 'canary-header-5f1c0a9e';
const plainKey = 'canary-plain-0123456789abcdef';
const wrongKey = 'rwk_canaryWrong0123456789';

interface Secrets {
  readonly named: string;
  readonly password: string | null;
}

/** Each secret in every form that somebody may find it in. */
function needles({ named, password }: Secrets): string[] {
  const secrets = [
    headerValue,
    plainKey,
    wrongKey,
    named,
    ...(password === null ? [] : [password]),
  ];
  return secrets.flatMap((secret) => [
    secret,
    Buffer.from(secret).toString('base64').replace(/=+$/, ''),
    encodeURIComponent(secret),
    digestOf(secret).toString('hex'),
  ]);
}

async function serve(t: TestContext, level: string, connection: string | null, named: string) {
  const terminal = new TestTerminal(t);
  const audit = join(terminal.cwd, 'audit.log');
  const hash = digestOf(named).toString('hex');
  const toml = `[audit]\nfile = "${audit}"\n[[server.keys]]\nname = "checkout"\nhash = "${hash}"\nscopes = ["ingest"]\n`;
  writeFileSync(join(terminal.cwd, 'raceway.toml'), toml);
  const environment = {
    RACEWAY_API_KEYS: plainKey,
    RACEWAY_LOGGING_LEVEL: level,
    RACEWAY_LOGGING_INCLUDE_MODULES: 'true',
    RACEWAY_SERVER_VERBOSE: 'true',
    RACEWAY_SERVER_MAX_BODY_BYTES: '4096',
    ...(connection === null ? {} : { RACEWAY_POSTGRES_CONNECTION: connection }),
  };
  assert.equal(await terminal.run(['check'], environment), 0, terminal.everything());
  assert.equal(await terminal.run(['serve', '--port', '0'], environment), 0, terminal.everything());
  const stop = async () => {
    if (terminal.process.exitCodes.length > 0) return;
    const exited = terminal.process.exited();
    terminal.process.emit('SIGTERM', 'SIGTERM');
    await exited;
  };
  t.after(stop);
  const url = /listens on (\S+)/.exec(terminal.told.join('\n'))?.[1] ?? '';
  return { terminal, url, stop, audited: () => readFileSync(audit, 'utf8') };
}

/** Events of a trace called canary that hold secrets where redaction takes them out by itself. */
function secretEvents({ named }: Secrets): object[] {
  const headers = {
    Authorization: `Bearer ${named}`,
    COOKIE: `session=${headerValue}`,
    'x-api-key': headerValue,
    'X-Raceway-Key': plainKey,
  };
  return [
    wireEvent({
      trace: 'canary',
      kind: 'HttpRequest',
      payload: { method: 'GET', url: '/orders', headers, body: null },
    }),
    wireEvent({
      trace: 'canary',
      at: 5,
      kind: 'HttpResponse',
      payload: {
        status: 200,
        headers: { 'Set-Cookie': headerValue },
        body: null,
        duration_ms: 5,
      },
    }),
  ];
}

async function store(url: string, events: readonly object[]): Promise<void> {
  const reply = await fetch(`${url}/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${plainKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ events }),
  });
  assert.equal(reply.status, 200, await reply.text());
}

/** All that the ways of exporting give, for a key that may read and for two that may not. */
async function exported(terminal: TestTerminal, url: string, { named }: Secrets): Promise<string> {
  const file = join(terminal.cwd, 'all.ndjson');
  const answers: string[] = [];
  for (const [key, code] of [
    [named, 1],
    [wrongKey, 1],
    [plainKey, 0],
  ] as const) {
    for (const more of [[], ['--out', file], ['--writer', key], ['--tag', `key:${key}`]]) {
      const args = ['export', '--server', url, ...more];
      assert.equal(await terminal.run(args, { RACEWAY_API_KEY: key }), code);
    }
    const headers = { authorization: `Bearer ${key}` };
    answers.push(await (await fetch(`${url}/api/export`, { headers })).text());
  }
  const texts = [answers.at(-1), readFileSync(file, 'utf8'), terminal.out.join('\n')];
  for (const text of texts) {
    assert.match(text ?? '', /"COOKIE":"\[redacted\]"/);
    assert.match(text ?? '', /"Set-Cookie":"\[redacted\]"/);
  }
  return [...answers, ...texts].join('\n');
}

/** Asks for everything with everything; gives all answers as one text. */
async function askAll(url: string, secrets: Secrets): Promise<string> {
  const { named } = secrets;
  const documented = await fetch(`${url}/openapi.json`, {
    headers: { authorization: `Bearer ${plainKey}` },
  });
  const { paths } = (await documented.json()) as { paths: Record<string, object> };
  const routes = Object.entries(paths).flatMap(([template, methods]) =>
    Object.keys(methods).flatMap((name) => {
      const method = name.toUpperCase();
      const path = template.replaceAll(/\{\w+\}/g, 'canary');
      const withSecret = { method, path: `${path}?key=${wrongKey}` };
      return method === 'GET' ? [{ method, path }, withSecret] : [withSecret];
    }),
  );
  // The trace is there until all have read it.
  routes.sort((a, b) => Number(a.method === 'DELETE') - Number(b.method === 'DELETE'));
  const answers: string[] = [];
  for (const key of [plainKey, named, wrongKey]) {
    for (const authorization of [`Bearer ${key}`, `Basic ${btoa(`u:${key}`)}`]) {
      for (const { method, path } of [
        ...routes,
        { method: 'GET', path: `/none?key=${wrongKey}` },
      ]) {
        const reply = await fetch(`${url}${path}`, {
          method,
          headers: {
            authorization,
            'x-raceway-key': key,
            cookie: headerValue,
            'x-request-id': `${headerValue} is no id`,
            'content-type': 'application/json',
          },
          ...(method === 'POST' ? { body: bodies[answers.length % bodies.length] ?? '' } : {}),
        });
        answers.push(JSON.stringify([...reply.headers]) + (await reply.text()));
      }
    }
  }
  for (const path of ['/status', '/metrics', '/api/services']) {
    const reply = await fetch(url + path, { headers: { authorization: `Bearer ${plainKey}` } });
    assert.equal(reply.status, 200, path);
    answers.push(await reply.text());
  }
  return answers.join('\n');
}

/** Good, no JSON, of the wrong shape, faulty, and too large. */
const bodies = [
  JSON.stringify({ events: [wireEvent()] }),
  `{"events": [${headerValue}`,
  `["${headerValue}"]`,
  JSON.stringify({ events: [{ id: headerValue.length, kind: {} }] }),
  JSON.stringify({ events: [headerValue.repeat(300)] }),
];

/** @param held what the database holds */
async function assertNothingShows(
  t: TestContext,
  secrets: Secrets,
  connection: string | null,
  held: () => Promise<string>,
) {
  // Without a database also at the level that shows least.
  for (const level of connection === null ? ['trace', 'error'] : ['trace']) {
    const { terminal, url, stop, audited } = await serve(t, level, connection, secrets.named);
    await store(url, secretEvents(secrets));
    const exports = await exported(terminal, url, secrets);
    const answers = await askAll(url, secrets);
    assert.match(answers, /\[redacted\]/);
    terminal.process.emit('SIGHUP', 'SIGHUP');
    writeFileSync(join(terminal.cwd, 'raceway.toml'), `[server]\napi_keys = ["${secrets.named}"`);
    terminal.process.emit('SIGHUP', 'SIGHUP');
    await stop();
    const shown = [answers, exports, terminal.everything(), audited(), await held()].join('\n');
    assert.ok(audited().split('\n').length > 40);
    for (const needle of needles(secrets)) assert.ok(!shown.includes(needle), needle);
  }
}

test('no key and no header value shows anywhere', async (t) => {
  await assertNothingShows(t, { named: generateKey(), password: null }, null, async () => '');
});

test('no password of the database shows either, also when the database is away', async (t) => {
  const testbed = await testDatabase(t);
  const { connection, run, createRole } = testbed;
  const { host, port, database } = connection;
  const { user } = await createRole();
  const password = 'canary/database?9e5b3d';
  await run(`ALTER ROLE ${user} PASSWORD '${password}'`);
  await run(`GRANT CREATE ON SCHEMA public TO ${user}`);
  const url = (base: string) =>
    `postgresql://${user}:${encodeURIComponent(password)}@${host}:${port}/${base}`;
  const secrets = { named: generateKey(), password };
  await assertNothingShows(t, secrets, url(database), () => dump(testbed));
  const terminal = new TestTerminal(t);
  const environment = { RACEWAY_POSTGRES_CONNECTION: url('nowhere'), RACEWAY_API_KEYS: plainKey };
  assert.equal(await terminal.run(['serve', '--port', '0'], environment), 1);
  for (const needle of needles(secrets)) assert.ok(!terminal.everything().includes(needle), needle);
});

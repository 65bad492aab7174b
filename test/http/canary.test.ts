/** A secret that went through every path, error and log level is nowhere to be read. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { digestOf } from '../../src/keys/access-key.ts';
import { generateKey } from '../../src/keys/key-format.ts';
import { TestTerminal } from '../support/cli.ts';
import { wireEvent } from '../support/events.ts';
import { testDatabase } from '../support/postgres.ts';

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

/** Asks for everything with everything; gives all answers as one text. */
async function askAll(url: string, { named }: Secrets): Promise<string> {
  const documented = await fetch(`${url}/openapi.json`, {
    headers: { authorization: `Bearer ${plainKey}` },
  });
  const { paths } = (await documented.json()) as { paths: Record<string, object> };
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => ({
      method: method.toUpperCase(),
      path: path.replaceAll(/\{\w+\}/g, 'canary'),
    })),
  );
  const answers: string[] = [];
  for (const key of [plainKey, named, wrongKey]) {
    for (const authorization of [`Bearer ${key}`, `Basic ${btoa(`u:${key}`)}`]) {
      for (const { method, path } of [...routes, { method: 'GET', path: '/none' }]) {
        const reply = await fetch(`${url}${path}?key=${wrongKey}`, {
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

async function assertNothingShows(t: TestContext, secrets: Secrets, connection: string | null) {
  // Without a database also at the level that shows least.
  for (const level of connection === null ? ['trace', 'error'] : ['trace']) {
    const { terminal, url, stop, audited } = await serve(t, level, connection, secrets.named);
    const answers = await askAll(url, secrets);
    terminal.process.emit('SIGHUP', 'SIGHUP');
    writeFileSync(join(terminal.cwd, 'raceway.toml'), `[server]\napi_keys = ["${secrets.named}"`);
    terminal.process.emit('SIGHUP', 'SIGHUP');
    await stop();
    const shown = `${answers}\n${terminal.everything()}\n${audited()}`;
    assert.ok(audited().split('\n').length > 40);
    for (const needle of needles(secrets)) assert.ok(!shown.includes(needle), needle);
  }
}

test('no key and no header value shows anywhere', async (t) => {
  await assertNothingShows(t, { named: generateKey(), password: null }, null);
});

test('no password of the database shows either, also when the database is away', async (t) => {
  const { connection, run, createRole } = await testDatabase(t);
  const { host, port, database } = connection;
  const { user } = await createRole();
  const password = 'canary/database?9e5b3d';
  await run(`ALTER ROLE ${user} PASSWORD '${password}'`);
  await run(`GRANT CREATE ON SCHEMA public TO ${user}`);
  const url = (base: string) =>
    `postgresql://${user}:${encodeURIComponent(password)}@${host}:${port}/${base}`;
  const secrets = { named: generateKey(), password };
  await assertNothingShows(t, secrets, url(database));
  const terminal = new TestTerminal(t);
  const environment = { RACEWAY_POSTGRES_CONNECTION: url('nowhere'), RACEWAY_API_KEYS: plainKey };
  assert.equal(await terminal.run(['serve', '--port', '0'], environment), 1);
  for (const needle of needles(secrets)) assert.ok(!terminal.everything().includes(needle), needle);
});

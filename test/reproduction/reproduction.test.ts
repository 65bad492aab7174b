import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { promisify } from 'node:util';
import { reproductionOf } from '../../src/reproduction/reproduction.ts';
import { testDatabase } from '../support/postgres.ts';
import { exampleRaces, issueOf, requests } from './example-races.ts';

const run = promisify(execFile);
const modules = new URL('../../node_modules', import.meta.url).pathname;

function folderFor(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-reproduction-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function scriptText(name: string, issue = exampleRaces['lostUpdate']): string {
  assert.ok(issue !== undefined);
  const found = reproductionOf(issue, requests).scripts.find((script) => script.name === name);
  assert.ok(found !== undefined, name);
  return found.text;
}

test('on a real Postgres each race happens as told, and does not with its remedy', async (t) => {
  const { connection } = await testDatabase(t);
  const { user, password, host, port, database } = connection;
  const folder = folderFor(t);
  symlinkSync(modules, join(folder, 'node_modules'));
  const files = Object.entries(exampleRaces).map(([name, issue]) => {
    const file = join(folder, `${name}.test.mjs`);
    writeFileSync(file, scriptText('pg', issue));
    return file;
  });
  // One after the other: all of them use one schema.
  const args = ['--test', '--test-concurrency=1', '--test-reporter=tap', ...files];
  const environment = {
    PATH: process.env['PATH'],
    DATABASE_URL: `postgresql://${user}:${password}@${host}:${port}/${database}`,
  };
  const { stdout } = await run(process.execPath, args, { env: environment }).catch((error) => {
    assert.fail(`${error.stdout}\n${error.stderr}`);
  });
  assert.match(stdout, new RegExp(`# pass ${2 * files.length}\\n`));
  assert.ok(!existsSync('/tmp/owned'));
});

test('the scripts send both requests at once, as the trace has them', async (t) => {
  const seen: string[] = [];
  let together = 0;
  let open = 0;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    open += 1;
    together = Math.max(together, open);
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      seen.push(
        `${request.method} ${request.url} ${Buffer.concat(parts)} ${request.headers.authorization}`,
      );
      // The answer waits for the other request, which a sender of one after the other never sends.
      const answer = () => {
        open -= 1;
        response.end();
      };
      waiting.push(answer);
      if (waiting.length === 2) for (const each of waiting.splice(0)) each();
    });
  });
  const waiting: (() => void)[] = [];
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const folder = folderFor(t);
  const environment = {
    PATH: process.env['PATH'],
    TARGET: `http://127.0.0.1:${(server.address() as AddressInfo).port}/shop`,
    AUTHORIZATION: 'Bearer x',
    ROUNDS: '3',
  };
  const programs = { curl: ['bash', 'race.sh'], node: [process.execPath, 'race.mjs'] } as const;
  for (const [name, [program, file]] of Object.entries(programs)) {
    if (name === 'curl' && !['/usr/bin/curl', '/bin/curl'].some(existsSync)) continue;
    const path = join(folder, file);
    writeFileSync(path, scriptText(name));
    seen.length = 0;
    const { stdout } = await run(program, [path], { env: environment, timeout: 20_000 });
    assert.match(stdout, /^1: 200 200 ?\n2: 200 200 ?\n3: 200 200 ?\nNow look/, name);
    assert.deepEqual([...new Set(seen)].sort(), [
      'POST /shop/buy  Bearer x',
      `POST /shop/buy?note=it's%20$(touch%20/tmp/owned) {"by":"it's"} Bearer x`,
    ]);
    assert.equal(seen.length, 6);
  }
  assert.equal(together, 2);
  assert.ok(!existsSync('/tmp/owned'));
});

test('what cannot be reproduced says why', () => {
  const reasonOf = (issue: Parameters<typeof reproductionOf>[0]) =>
    reproductionOf(issue, [null, null]).reasons.join('\n');
  assert.match(
    reasonOf(issueOf('dirty_read', [[1, 'Write', 'db:a.1.b', 1, 2]])),
    /shows nobody what is not committed/,
  );
  assert.match(reasonOf(issueOf('lost_update', [[1, 'Read', 'cache.a', null, 1]])), /db:/);
  assert.match(reasonOf(issueOf('write_write', [[1, 'Write', 'db:a.1.b', 1, 2]])), /missing order/);
  assert.match(reasonOf({ ...issueOf('lost_update', []), witnesses: [] }), /no witness/);
  const same = issueOf('lost_update', [
    [1, 'Read', 'db:a.1.b', null, 'old'],
    [2, 'Read', 'db:a.1.b', null, 'old'],
    [1, 'Write', 'db:a.1.b', 'old', 'new'],
    [2, 'Write', 'db:a.1.b', 'old', 'new'],
  ]);
  assert.match(reasonOf(same), /leave the same value/);
  assert.match(reasonOf(same), /no script over HTTP/);
});

test('no text of a trace leaves its literal, in any script', () => {
  for (const name of ['psql', 'pg', 'curl', 'node']) {
    const text = scriptText(name, exampleRaces['lostText']);
    assert.match(text, /^[\u0020-\u007e\n]*$/, name);
    assert.ok(text.length < 12_000, name);
  }
});

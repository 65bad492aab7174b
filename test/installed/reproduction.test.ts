/** Scripts for psql, run by the real one against Debian's Postgres. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { reproductionOf } from '../../src/reproduction/reproduction.ts';
import { exampleRaces } from '../reproduction/example-races.ts';
import { startPostgres15, superuser } from './postgres-15.ts';
import { unless } from './programs.ts';

const run = promisify(execFile);

test('two sessions of psql show each race, and with REMEDY=1 that it does not happen', {
  skip: unless('/usr/lib/postgresql/15/bin/postgres'),
}, async (t) => {
  const port = await startPostgres15(t);
  const folder = mkdtempSync(join(tmpdir(), 'raceway-psql-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const { user, password } = superuser;
  const url = `postgresql://${user}:${password}@127.0.0.1:${port}/postgres`;
  for (const [name, issue] of Object.entries(exampleRaces)) {
    const script = reproductionOf(issue, [null, null]).scripts.find((one) => one.name === 'psql');
    assert.ok(script !== undefined, name);
    const file = join(folder, `${name}.sh`);
    writeFileSync(file, script.text);
    for (const [remedy, expected] of [
      ['', /^It happened: /m],
      ['1', /^With the remedy: /m],
    ] as const) {
      const env = { PATH: process.env['PATH'], DATABASE_URL: url, REMEDY: remedy };
      const { stdout } = await run('bash', [file], { env, timeout: 60_000 }).catch((error) => {
        assert.fail(`${name} ${remedy}: ${error.stdout}\n${error.stderr}`);
      });
      assert.match(stdout, expected, name);
      assert.doesNotMatch(stdout, /\u001b|\u202e/, name);
    }
  }
  assert.ok(!existsSync('/tmp/owned'));
});

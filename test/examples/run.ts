/**
 * The projects of examples/, installed in a folder of their own: red with the race, green with the
 * fix. `npm run test:examples` needs the registries, and python3 for one of them.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';

/** A copy of an example, so that the repository stays as it is. */
function copyOf(t: TestContext, name: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-example-'));
  t.after(() => rmSync(folder, { recursive: true }));
  // Postgres does not run as root, and its program is in there.
  chmodSync(folder, 0o755);
  cpSync(join(repositoryRoot, 'examples', name), folder, { recursive: true });
  return folder;
}

/** `raceway run`, with everything that it told. */
function race(
  cwd: string,
  command: readonly string[],
  environment: NodeJS.ProcessEnv,
): { readonly code: number | null; readonly told: string; readonly sarif: string } {
  const typescript = join(repositoryRoot, 'node_modules/tsx/dist/esm/index.mjs');
  const words = ['--import', typescript, join(repositoryRoot, 'src/main.ts'), 'run'];
  const reports = ['--sarif', 'races.sarif', '--repeat', '2'];
  const run = spawnSync(process.execPath, [...words, ...reports, '--', ...command], {
    cwd,
    env: { ...process.env, ...environment },
    encoding: 'utf8',
  });
  const sarif = readFileSync(join(cwd, 'races.sarif'), 'utf8');
  return { code: run.status, told: run.stdout + run.stderr, sarif };
}

test('Express and Postgres: red with the race, green with the fix', (t) => {
  const folder = copyOf(t, 'express-postgres');
  execFileSync('npm', ['install', '--no-audit', '--no-fund'], { cwd: folder, stdio: 'pipe' });
  const before = race(folder, ['npm', 'test'], {});
  assert.equal(before.code, 3, before.told);
  assert.match(
    before.told,
    /^1\. Lost update of db:accounts\.\*\.balance \[E3, values prove it\]/m,
  );
  assert.match(before.sarif, /"uri": "src\/pay\.js"/, 'at its place in the code');
  const fixed = race(folder, ['npm', 'test'], { PAY: 'pay-fixed' });
  assert.equal(fixed.code, 0, fixed.told);
  assert.doesNotMatch(fixed.told, /no event arrived/);
});

test('Flask and SQLite: red with the race, green with the fix', (t) => {
  const folder = copyOf(t, 'flask-sqlite');
  execFileSync('python3', ['-m', 'venv', '.venv'], { cwd: folder, stdio: 'pipe' });
  const python = join(folder, '.venv/bin/python');
  const install = ['-m', 'pip', 'install', '--quiet', '-r', 'requirements.txt'];
  execFileSync(python, install, { cwd: folder, stdio: 'pipe' });
  const command = [python, '-m', 'unittest'];
  const before = race(folder, command, {});
  assert.equal(before.code, 3, before.told);
  assert.match(before.told, /^1\. Lost update of db:items\.mug\.stock \[E3, values prove it\]/m);
  assert.match(before.sarif, /"uri": "shop\.py"/);
  const fixed = race(folder, command, { FIXED: '1' });
  assert.equal(fixed.code, 0, fixed.told);
  assert.doesNotMatch(fixed.told, /no event arrived/);
});

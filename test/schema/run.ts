/**
 * Holds a running server to its own openapi.json, by a tool that knows nothing of Raceway: `npm run
 * test:schema`. Schemathesis makes requests from the document, right ones and wrong ones, and judges each
 * answer by it. It is installed into a folder of its own, and needs Python 3. Then requests that are
 * mutated byte by byte, see mutations.ts.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { generateKey } from '../../src/keys/key-format.ts';
import { startServerProcess } from '../chaos/server-process.ts';
import { recordedTraces } from '../support/recordings.ts';
import { repositoryRoot } from '../support/repository.ts';
import './mutations.ts';

const SCHEMATHESIS = 'schemathesis==4.32.5';
/** Requests of each operation in the phase that makes them at random; the others are as many as the document asks for. */
const EXAMPLES = 12;
/** The same requests each time; RACEWAY_TEST_SEED asks for others. */
const SEED = '1';
const folder = join(tmpdir(), `raceway-schemathesis-${process.getuid?.() ?? 0}`);

function installSchemathesis(): string {
  mkdirSync(folder, { recursive: true });
  const programs = join(folder, 'venv/bin');
  if (!existsSync(join(programs, 'pip'))) {
    execFileSync('python3', ['-m', 'venv', join(folder, 'venv')], { stdio: 'inherit' });
  }
  execFileSync(join(programs, 'pip'), ['install', '--quiet', SCHEMATHESIS], { stdio: 'inherit' });
  return join(programs, 'schemathesis');
}

test('every answer is one that openapi.json promises', async (t) => {
  const program = installSchemathesis();
  const seed = process.env['RACEWAY_TEST_SEED'] ?? SEED;
  const key = generateKey();
  const server = await startServerProcess(null, { RACEWAY_API_KEYS: key });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const [trace = []] = recordedTraces('ts-race');
  const reply = await fetch(`${server.url}/events`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ events: trace }),
  });
  assert.equal(reply.status, 200);
  const scratch = mkdtempSync(join(tmpdir(), 'raceway-schema-'));
  t.after(() => rmSync(scratch, { recursive: true }));
  const child = spawn(
    program,
    [
      ...['--config-file', join(repositoryRoot, 'test/schema/schemathesis.toml')],
      ...['run', join(repositoryRoot, 'openapi.json'), '--url', server.url],
      ...['--phases', 'examples,coverage,fuzzing', '--max-examples', String(EXAMPLES)],
      ...['--checks', 'all', '--continue-on-failure', '--no-shrink', '--seed', seed],
    ],
    {
      cwd: scratch,
      env: {
        PATH: process.env['PATH'],
        PYTHONPATH: join(repositoryRoot, 'test/schema'),
        PYTHONDONTWRITEBYTECODE: '1',
        SCHEMATHESIS_HOOKS: 'schemathesis_hooks',
        RACEWAY_KEY: key,
        RACEWAY_TRACE_ID: String(trace[0]?.['trace_id']),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
  });
  const [code] = await once(child, 'exit');
  assert.ok(server.isRunning(), 'the server is still there');
  assert.equal(await server.end('SIGTERM'), 0);
  const lines = told.split('\n').map((line) => line.slice(0, 300));
  assert.equal(code, 0, lines.join('\n'));
  t.diagnostic(/\d+ generated[^\n]*/.exec(told)?.[0] ?? '');
});

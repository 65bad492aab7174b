import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { childEnvironment } from '../../../src/cli/gate/child-environment.ts';
import { TestTerminal } from '../../support/cli.ts';
import { repositoryRoot } from '../../support/repository.ts';

/** A test command of two requests: both read a balance, then both write what they made of it. */
const racingTest = `
const metadata = (thread_id) => ({ thread_id, process_id: 1, service_name: 'bank', environment: 'test',
  tags: {}, duration_ns: null, instance_id: 'one' });
const event = (trace_id, at, access_type, new_value) => ({ id: crypto.randomUUID(), trace_id,
  parent_id: null, timestamp: '2026-01-01T00:00:00.00' + at + 'Z', metadata: metadata(trace_id),
  causality_vector: [], lock_set: [],
  kind: { StateChange: { variable: 'db:balance', old_value: null, new_value, access_type,
    location: process.cwd() + '/bank.js:' + (access_type === 'Read' ? 3 : 5) } } });
const [a, b] = [crypto.randomUUID(), crypto.randomUUID()];
const reads = process.argv[1] === 'fixed' ? [event(a, 1, 'Read', 100), event(a, 2, 'Write', 70),
  event(b, 3, 'Read', 70), event(b, 4, 'Write', 30)] : [event(a, 1, 'Read', 100),
  event(b, 2, 'Read', 100), event(a, 3, 'Write', 70), event(b, 4, 'Write', 60)];
const answer = await fetch(process.env.RACEWAY_URL + '/events', { method: 'POST',
  headers: { 'content-type': 'application/json' }, body: JSON.stringify({ events: reads }) });
process.exitCode = answer.status === 200 ? Number(process.argv[2] ?? 0) : 99;
`;

function command(...words: readonly string[]): string[] {
  return ['--', process.execPath, '--input-type=module', '-e', racingTest, ...words];
}

test('a run is red for a race, green after the fix, and after the race is in the baseline', async (t) => {
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['run', ...command('racing')]), 3, terminal.everything());
  assert.match(
    terminal.told.join('\n'),
    /^1\. Lost update of db:balance \[E3, values prove it\]$/m,
  );
  assert.match(terminal.told.join('\n'), /^ +A +bank\.js:5 \(bank\)$/m);
  assert.deepEqual(terminal.out, [], 'standard output belongs to the command');

  const fixed = new TestTerminal(t);
  assert.equal(await fixed.run(['run', ...command('fixed')]), 0, fixed.everything());
  assert.equal(fixed.told.at(-1)?.trim(), 'raceway: no new race at E2 or above');

  const known = new TestTerminal(t);
  const file = ['--baseline', 'known.json'];
  assert.equal(await known.run(['run', ...file, '--update-baseline', ...command('racing')]), 0);
  assert.equal(await known.run(['run', ...file, ...command('racing')]), 0, known.everything());
  assert.match(known.told.join('\n'), /1 in the baseline/);
});

test('a run passes the exit code of the command on, and has one of its own for races', async (t) => {
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['run', ...command('racing', '7')]), 7);
  assert.match(terminal.told.join('\n'), /Lost update/, 'races are told all the same');
  assert.equal(await terminal.run(['run', '--exit-code', '9', ...command('racing')]), 9);
  assert.equal(await terminal.run(['run', '--fail-on', 'e4', ...command('racing')]), 0);
});

test('a run writes what was asked for, and keeps the events', async (t) => {
  const terminal = new TestTerminal(t);
  const files = [
    '--junit',
    'r.xml',
    '--sarif',
    'r.sarif',
    '--markdown',
    'r.md',
    '--save',
    'r.ndjson',
  ];
  const code = await terminal.run(['run', '--repeat', '2', ...files, ...command('racing')]);
  assert.equal(code, 3, terminal.everything());
  assert.match(terminal.told.join('\n'), /raceway: run 2 of 2/);
  const read = (name: string) => readFileSync(join(terminal.cwd, name), 'utf8');
  assert.match(read('r.xml'), /<failure type="lost_update"/);
  assert.equal(JSON.parse(read('r.sarif')).runs[0].results.length, 1);
  assert.match(read('r.md'), /^<!-- raceway -->\n/);
  assert.deepEqual(read('r.ndjson').trim().split('\n').at(-1), '{"complete":true,"count":8}');
  assert.equal(statSync(join(terminal.cwd, 'r.ndjson')).mode & 0o777, 0o600);
});

test('a run without events says that nothing was looked at', async (t) => {
  const terminal = new TestTerminal(t);
  const environment = { RACEWAY_POSTGRES_CONNECTION: 'postgres://nobody@127.0.0.1:1/none' };
  writeFileSync(join(terminal.cwd, 'raceway.toml'), 'nonsense = [');
  assert.equal(await terminal.run(['run', '--', process.execPath, '-e', ''], environment), 0);
  assert.match(terminal.told.join('\n'), /raceway: no event arrived: nothing was looked at/);
});

test('a command line that cannot work is refused before anything runs', async (t) => {
  const ran = [process.execPath, '-e', 'require("fs").writeFileSync("ran", "")'];
  const cases: readonly (readonly [string[], number, RegExp])[] = [
    [['run'], 2, /needs -- COMMAND/],
    [['run', '--fail-on', 'E9', '--', ...ran], 1, /--fail-on must be one of E0, E1, E2, E3, E4/],
    [['run', '--exit-code', '300', '--', ...ran], 1, /--exit-code must be a whole number/],
    [['run', '--repeat', '0', '--', ...ran], 1, /--repeat must be a whole number from 1/],
    [['run', '--update-baseline', '--', ...ran], 1, /needs the file to write/],
    [['run', '--baseline', 'none.json', '--', ...ran], 1, /none\.json cannot be read \(ENOENT\)/],
    [['run', '--', './no-such-program'], 1, /no-such-program cannot be started \(ENOENT\)/],
  ];
  for (const [args, code, sentence] of cases) {
    const terminal = new TestTerminal(t);
    assert.equal(await terminal.run(args), code, terminal.everything());
    assert.match(terminal.told.join('\n'), sentence);
    assert.ok(!existsSync(join(terminal.cwd, 'ran')));
  }
});

/** The program itself, so that its streams are those of a process. */
function startProgram(cwd: string, ...args: readonly string[]) {
  const typescript = join(repositoryRoot, 'node_modules/tsx/dist/esm/index.mjs');
  const words = ['--import', typescript, join(repositoryRoot, 'src/main.ts'), ...args];
  return spawn(process.execPath, words, { cwd, stdio: ['pipe', 'pipe', 'pipe'] });
}

test('the streams of the command are those of the run', async (t) => {
  const { cwd } = new TestTerminal(t);
  const script =
    'process.stdin.on("data", (d) => { console.log("out " + d); console.error("err"); })';
  const program = startProgram(cwd, 'run', '--', process.execPath, '-e', script);
  program.stdin.end('in');
  const [out, told] = await Promise.all([text(program.stdout), text(program.stderr)]);
  assert.equal(out, 'out in\n');
  assert.match(told, /^err\n/);
});

test('a signal ends the command first, and shows in the exit code', async (t) => {
  const { cwd } = new TestTerminal(t);
  const script = `process.on("SIGTERM", () => { console.log("tidied up"); process.exit(0); });
    console.log("ready"); setInterval(() => {}, 1000);`;
  const program = startProgram(cwd, 'run', '--', process.execPath, '-e', script);
  const ended = once(program, 'exit');
  await once(program.stdout, 'data');
  program.kill('SIGTERM');
  const [rest, [code]] = await Promise.all([text(program.stdout), ended]);
  assert.equal(rest, 'tidied up\n');
  assert.equal(code, 143);
});

test('a command gets the variables of SDKs and exporters, and none that lead elsewhere', () => {
  const own = {
    PATH: '/bin',
    NO_PROXY: 'internal',
    OTEL_SERVICE_NAME: 'bank',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'https://production:4317',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://production:4317',
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=secret',
    OTEL_SDK_DISABLED: 'true',
    RACEWAY_API_KEY: 'secret',
    RACEWAY_SERVICE_NAME: 'bank',
  };
  assert.deepEqual(childEnvironment(own, 'http://127.0.0.1:9'), {
    PATH: '/bin',
    NO_PROXY: '127.0.0.1,localhost,internal',
    no_proxy: '127.0.0.1,localhost',
    OTEL_SERVICE_NAME: 'bank',
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf',
    OTEL_TRACES_EXPORTER: 'otlp',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_TRACES_SAMPLER: 'always_on',
    OTEL_BSP_SCHEDULE_DELAY: '200',
    OTEL_SPAN_EVENT_COUNT_LIMIT: '4096',
    RACEWAY_URL: 'http://127.0.0.1:9',
    RACEWAY_ENABLED: 'true',
    RACEWAY_SERVICE_NAME: 'bank',
  });
});

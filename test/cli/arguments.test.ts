import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TestTerminal } from '../support/cli.ts';

const wrong: readonly (readonly [args: string[], sentence: string])[] = [
  [[], 'A command is missing.'],
  [['srve'], 'raceway has no command "srve"; did you mean serve?'],
  [['Serve'], 'raceway has no command "Serve"; did you mean serve?'],
  [
    ['nurse'],
    'has no command "nurse"; known are serve, run, gate, demo, races, race, reproduce, triage, traces, trace, compare, tail, variables, var, services, open, mcp, migrate, check, doctor, keygen, alert, audit, export, import, upgrade-check, healthcheck, completion.',
  ],
  [['doctor'], 'raceway doctor needs URL behind it.'],
  [['doctor', 'http://a', 'http://b'], 'raceway doctor takes no argument like "http://b".'],
  [['serve', '--prot', '1'], 'raceway serve has no option "--prot"; did you mean --port?'],
  [['serve', '--cofnig=a'], 'raceway serve has no option "--cofnig"; did you mean --config?'],
  [
    ['serve', '-x'],
    'raceway serve has no option "-x"; known are --help, --config, --host, --port, --otlp-http-port, --otlp-grpc-port.',
  ],
  [['serve', '--production'], 'raceway serve has no option "--production"; known are'],
  [['check', '--production=1'], '--production takes no value.'],
  [['keygen', '--config', 'a'], 'raceway keygen has no option "--config"; known are --help'],
  [['migrate', '--port', '1'], 'raceway migrate has no option "--port"; '],
  [['--bogus'], 'raceway has no option "--bogus"; '],
  [['serve', '--port'], '--port needs a value: --port PORT.'],
  [['serve', '--port', '--host', 'a'], '--port needs a value: --port PORT.'],
  [['serve', '-c'], '-c needs a value: -c FILE.'],
  [['serve', '--port', '1', '--port', '2'], '--port is given twice.'],
  [['serve', 'now'], 'raceway serve takes no argument like "now".'],
  [['migrate', '--grants=yes'], '--grants takes no value.'],
  [['migrate', '--grants', '--grants'], '--grants is given twice.'],
  [['migrate', '--grants', 'now'], 'raceway migrate takes no argument like "now".'],
  [['keygen', '--', '--x'], 'raceway keygen takes no argument like "--x".'],
];

test('a wrong command line is one sentence and exit code 2', async (t) => {
  for (const [args, sentence] of wrong) {
    const terminal = new TestTerminal(t);
    assert.equal(await terminal.run(args), 2, args.join(' '));
    assert.deepEqual(terminal.out, []);
    assert.equal(terminal.told.length, 1);
    const [told = ''] = terminal.told;
    assert.ok(told.startsWith('raceway: ') && told.includes(sentence), `"${told}": ${sentence}`);
    assert.ok(told.endsWith('`raceway --help` lists commands and options.'));
  }
});

test('help is on standard output: on all commands, and on each', async (t) => {
  for (const args of [['--help'], ['-h']]) {
    const terminal = new TestTerminal(t);
    assert.equal(await terminal.run(args), 0);
    for (const name of ['serve', 'migrate', 'check', 'doctor', 'keygen', 'healthcheck']) {
      assert.match(terminal.out.join('\n'), new RegExp(`^  ${name} +\\S`, 'm'));
      const one = new TestTerminal(t);
      assert.equal(await one.run([name, '--help']), 0);
      assert.ok(one.out[0]?.startsWith(`Usage: raceway ${name}`));
    }
  }
});

test('help names the options of a command, and no others', async (t) => {
  const [serve, keygen] = [new TestTerminal(t), new TestTerminal(t)];
  await serve.run(['serve', '--help']);
  for (const option of ['-c, --config FILE', '--host HOST', '--port PORT']) {
    assert.ok(serve.out[0]?.includes(option));
  }
  const migrate = new TestTerminal(t);
  await migrate.run(['migrate', '--help']);
  assert.match(migrate.out[0] ?? '', /^Usage: raceway migrate \[--config FILE\] \[--grants\]/);
  assert.match(migrate.out[0] ?? '', /^ {2}--grants +print/m);
  await keygen.run(['keygen', '--help']);
  assert.ok(!keygen.out[0]?.includes('--config'));
});

test('--version prints the version of the package', async (t) => {
  const terminal = new TestTerminal(t);
  assert.equal(await terminal.run(['--version']), 0);
  assert.match(terminal.out[0] ?? '', /^\d+\.\d+\.\d+$/);
});

/** The action of GitHub and the examples for other CI servers: what they run is what there is. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import { TestTerminal } from '../support/cli.ts';
import { repositoryRoot } from '../support/repository.ts';

function read(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8');
}

const action = parse(read('action.yml'));
const [step] = action.runs.steps;

test('the action puts no input into its script, and uses each', () => {
  assert.doesNotMatch(step.run, /\$\{\{/);
  for (const [name, value] of Object.entries<string>(step.env)) {
    assert.match(value, /^\$\{\{ (?:inputs|github)\.[\w-]+ \}\}$/);
    assert.match(step.run, new RegExp(`\\$\\{?${name}\\b`), name);
  }
  const used = JSON.stringify(action.runs).matchAll(/inputs\.([\w-]+)/g);
  assert.deepEqual(
    [...new Set([...used].map(([, name]) => name))].sort(),
    Object.keys(action.inputs).sort(),
  );
  const { version } = JSON.parse(read('package.json'));
  assert.equal(action.inputs.version.default, version);
});

/** Runs the script of the action, with an npx that starts the program of this repository. */
function runAction(t: TestContext, inputs: Readonly<Record<string, string>>) {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-action-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const typescript = join(repositoryRoot, 'node_modules/tsx/dist/esm/index.mjs');
  const main = join(repositoryRoot, 'src/main.ts');
  const npx = `#!/bin/sh\necho "$3" > "$RUNNER_TEMP/installed"\nshift 4\nexec "${process.execPath}" --import "${typescript}" "${main}" "$@"\n`;
  writeFileSync(join(folder, 'npx'), npx);
  chmodSync(join(folder, 'npx'), 0o755);
  const defaults = Object.entries<{ default?: string }>(action.inputs).map(([name, input]) => [
    name.toUpperCase().replace('-', '_'),
    input.default ?? '',
  ]);
  const run = spawnSync('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', step.run], {
    cwd: folder,
    env: {
      ...Object.fromEntries(defaults),
      PATH: `${folder}:${process.env['PATH']}`,
      RUNNER_TEMP: folder,
      GITHUB_OUTPUT: join(folder, 'output'),
      GITHUB_STEP_SUMMARY: join(folder, 'summary'),
      GITHUB_SERVER_URL: 'https://github.com',
      REPOSITORY: 'owner/raceway',
      ...inputs,
    },
    encoding: 'utf8',
  });
  const file = (name: string) => readFileSync(join(folder, name), 'utf8');
  return { code: run.status, out: run.stdout, told: run.stderr, file, folder };
}

test('the action runs the command, passes its exit code on, and leaves its reports', (t) => {
  const { code, out, told, file, folder } = runAction(t, {
    COMMAND: 'echo "it\'s $((2 + 3))"; test -n "$RACEWAY_URL" && exit 4',
  });
  assert.equal(code, 4, told);
  assert.equal(out, "it's 5\n");
  const paths = new Map(
    file('output')
      .trim()
      .split('\n')
      .map((line) => line.split('=') as [string, string]),
  );
  assert.deepEqual([...paths.keys()], Object.keys(action.outputs));
  assert.equal(paths.get('sarif'), join(folder, 'raceway/sarif'));
  assert.equal(JSON.parse(file('raceway/sarif')).version, '2.1.0');
  assert.match(file('summary'), /^<!-- raceway -->\n/);
  const { version } = JSON.parse(read('package.json'));
  assert.equal(
    file('installed'),
    `https://github.com/owner/raceway/releases/download/v${version}/raceway-${version}.tgz\n`,
  );
});

test('the action takes its options from its inputs', (t) => {
  const wrong = runAction(t, { COMMAND: 'true', BASELINE: 'none.json', PACKAGE: './raceway.tgz' });
  assert.equal(wrong.code, 1);
  assert.match(wrong.told, /the baseline none\.json cannot be read/);
  assert.equal(wrong.file('installed'), './raceway.tgz\n');
  assert.match(runAction(t, { COMMAND: 'true', FAIL_ON: 'E9' }).told, /--fail-on must be one of/);
  assert.match(runAction(t, { COMMAND: 'true', REPEAT: '2' }).told, /raceway: run 2 of 2/);
});

/** The commands of ours that pages and examples show, each up to the command of others. */
function shownCommands(path: string): string[] {
  const commands = read(path).matchAll(/\braceway ((?:run|gate)\b[^\n'`]*)/g);
  return [...commands].map(([, command = '']) => command.split(/ -- | --$/)[0]?.trim() ?? '');
}

const pages = [
  'docs/gate.md',
  'examples/README.md',
  'examples/ci/.gitlab-ci.yml',
  'examples/ci/Jenkinsfile',
];

for (const path of pages) {
  test(`${path} shows commands that there are`, async (t) => {
    const commands = shownCommands(path);
    assert.ok(commands.length > 0);
    for (const command of commands) {
      const terminal = new TestTerminal(t);
      const code = await terminal.run([...command.split(' '), '--help']);
      assert.equal(code, 0, command);
      const options = command.match(/ --[\w-]+/g) ?? [];
      for (const option of options) assert.ok(terminal.out.join('\n').includes(option), option);
    }
  });
}

test('the examples for other servers are what those read', () => {
  const { races } = parse(read('examples/ci/.gitlab-ci.yml'));
  assert.match(races.script.join('\n'), /--junit raceway\.xml/);
  assert.equal(races.artifacts.reports.junit, 'raceway.xml');
  const jenkins = read('examples/ci/Jenkinsfile');
  assert.equal(jenkins.split('{').length, jenkins.split('}').length);
  for (const [, file = ''] of jenkins.matchAll(/--junit (\S+\.xml)/g)) {
    assert.match(jenkins, new RegExp(`testResults: '[^']*${file}`));
  }
});

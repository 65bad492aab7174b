/** The files of .github/workflows: what a workflow names exists, and holds no more rights than it needs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { repositoryRoot } from '../support/repository.ts';

interface Step {
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
}

interface Job {
  readonly 'runs-on': string;
  readonly 'timeout-minutes': number;
  readonly needs?: string | readonly string[];
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: unknown;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const folder = join(repositoryRoot, '.github/workflows');
const workflows = readdirSync(folder).map((name): [string, Workflow, string] => {
  const text = readFileSync(join(folder, name), 'utf8');
  return [name, parse(text), text];
});
const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
const releaseSteps = readFileSync(join(repositoryRoot, 'scripts/release/run.ts'), 'utf8');

test('a release is tested before anything of it is published', () => {
  const [, release] = workflows.find(([name]) => name === 'release.yml') ?? [];
  assert.deepEqual(release?.on, { push: { tags: ['v*'] } });
  const { test: tests, ...others } = release?.jobs ?? {};
  assert.deepEqual(
    Object.values(others).map(({ needs }) => needs),
    ['test', 'test'],
  );
  const commands = tests?.steps.map(({ run = '' }) => run).join('\n') ?? '';
  for (const command of ['check "$GITHUB_REF_NAME"', 'advisories', '.ci/run']) {
    assert.ok(commands.includes(command), command);
  }
});

for (const [name, workflow, text] of workflows) {
  const steps = Object.values(workflow.jobs).flatMap((job) => job.steps);

  test(`${name}: jobs have an end, and rights one by one`, () => {
    assert.deepEqual(workflow.permissions, { contents: 'read' });
    for (const [id, job] of Object.entries(workflow.jobs)) {
      assert.ok(job['timeout-minutes'] <= 90 && /^ubuntu-\d/.test(job['runs-on']), id);
      for (const needed of [job.needs ?? []].flat()) assert.ok(needed in workflow.jobs, needed);
      assert.equal(typeof (job.permissions ?? {}), 'object', id);
    }
    assert.doesNotMatch(text, /write-all|pull_request_target/);
  });

  test(`${name}: every action has a version`, () => {
    for (const { uses } of steps) {
      if (uses !== undefined)
        assert.match(uses, /^[\w-]+\/[\w./-]+@(?:v\d+(?:\.\d+){0,2}|[0-9a-f]{40})$/);
    }
  });

  test(`${name}: scripts are sound, and nothing is put into them as text`, () => {
    for (const { run } of steps) {
      if (run === undefined) continue;
      assert.doesNotMatch(run, /\$\{\{/, 'values come by the environment');
      const checked = spawnSync('bash', ['-n'], { input: run, encoding: 'utf8' });
      assert.equal(checked.status, 0, checked.stderr);
    }
  });

  test(`${name}: commands of the project exist`, () => {
    const commands = steps.map(({ run = '' }) => run).join('\n');
    for (const [, script = ''] of commands.matchAll(/npm run (?:--silent )?([\w:]+)/g)) {
      assert.ok(script in scripts, script);
    }
    for (const [, step = ''] of commands.matchAll(/npm run (?:--silent )?release -- ([\w-]+)/g)) {
      assert.match(releaseSteps, new RegExp(`^ {2}'?${step}'?\\(`, 'm'), step);
    }
    if (commands.includes('.ci/run')) assert.ok(existsSync(join(repositoryRoot, '.ci/run')));
  });

  test(`${name}: what a step reads of another is written there`, () => {
    for (const [, id = '', output = ''] of text.matchAll(/steps\.([\w-]+)\.outputs\.([\w-]+)/g)) {
      const step = steps.find((candidate) => candidate.id === id);
      assert.ok(step !== undefined, id);
      if (step.run !== undefined) assert.ok(step.run.includes(`${output}=`), output);
    }
  });
}

/**
 * Does what `docker build` and `docker run` would do, without Docker: copies what the Dockerfile
 * copies, runs what it runs, and starts the result as its user on files that nobody may write.
 * Takes half a minute, so it is not part of the suite: `npm run test:image`.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { type TestContext, test } from 'node:test';
import { freePort } from '../support/free-port.ts';
import { repositoryRoot } from '../support/repository.ts';
import { copiesOf, entersContext, readStages, type Stage, textsOf } from './dockerfile.ts';

/** How often a starting server is asked, as often as Docker does within `--start-period`. */
const CHECKS_MAX = 30;
const [build, image] = readStages();
assert.ok(build !== undefined && image !== undefined);

/** Everything the Dockerfile makes: /app of each stage, and the folder with `raceway` in it. */
function buildImage(t: TestContext): { app: string; bin: string } {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-image-'));
  t.after(() => {
    execFileSync('chmod', ['-R', 'u+w', folder]);
    rmSync(folder, { recursive: true });
  });
  chmodSync(folder, 0o755);
  const [built, app, bin] = ['build', 'app', 'bin'].map((name) => join(folder, name));
  assert.ok(built !== undefined && app !== undefined && bin !== undefined);
  for (const path of [built, app, bin]) mkdirSync(path);
  // Copies and runs keep their order: what comes later must not be needed before.
  for (const { name, text } of build?.instructions ?? []) {
    if (name === 'COPY')
      copyAll({ ...build, instructions: [{ name, text }] } as Stage, built, built);
    if (name === 'RUN') execFileSync('sh', ['-ec', text], { cwd: built, stdio: 'pipe' });
  }
  copyAll(image as Stage, built, app);
  symlinkSync(join(app, 'dist/main.js'), join(bin, 'raceway'));
  execFileSync('chmod', ['-R', 'a-w', folder]);
  return { app, bin };
}

function copyAll(stage: Stage, built: string, target: string): void {
  for (const { from, sources, target: name } of copiesOf(stage)) {
    for (const source of sources) {
      const path =
        from === null ? join(repositoryRoot, source) : join(built, relative('/app', source));
      // A name with a slash at its end is a folder for the files.
      const isFolder = name.endsWith('/') && statSync(path).isFile();
      const into = join(target, name, name === './' || isFolder ? basename(path) : '');
      const filter = (file: string) =>
        from !== null || entersContext(relative(repositoryRoot, file));
      cpSync(path, into, { recursive: true, filter, verbatimSymlinks: true });
    }
  }
}

/** The words of an instruction in its JSON form; on this machine only the loopback is listened on. */
function wordsOf(text: string): string[] {
  const words: string[] = JSON.parse(text.slice(text.indexOf('[')));
  return words.map((word) => word.replace('0.0.0.0', '127.0.0.1'));
}

test('the image serves as user 1000 on read-only files, and its health check sees it', async (t) => {
  const { app, bin } = buildImage(t);
  const port = await freePort();
  const env = {
    PATH: `${bin}:${dirname(process.execPath)}:${process.env['PATH']}`,
    NODE_OPTIONS: nodeOptions(),
    RACEWAY_SERVER_PORT: String(port),
  };
  const user = process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : {};
  const start = (words: readonly string[]): ChildProcess => {
    const [program = '', ...args] = words;
    return spawn(program, args, { cwd: app, env, ...user, stdio: ['ignore', 'pipe', 'pipe'] });
  };
  const [entry = '', command = ''] = ['ENTRYPOINT', 'CMD'].map((name) => textsOf(image, name)[0]);
  const server = start([...wordsOf(entry), ...wordsOf(command)]);
  t.after(() => server.kill('SIGKILL'));
  const told: string[] = [];
  server.stderr?.on('data', (text) => told.push(String(text)));

  const check = wordsOf(textsOf(image, 'HEALTHCHECK')[0] ?? '');
  let checks = 0;
  for (let code: unknown = 1; code !== 0; [code] = await once(start(check), 'exit')) {
    checks += 1;
    assert.ok(checks <= CHECKS_MAX && server.exitCode === null, told.join(''));
  }
  const reply = await fetch(`http://127.0.0.1:${port}/api/traces`);
  assert.equal(reply.status, 200);
  server.kill('SIGTERM');
  assert.deepEqual(await once(server, 'exit'), [0, null], told.join(''));
});

/** Those of the image that the Node of this machine knows. */
function nodeOptions(): string {
  const line = textsOf(image as Stage, 'ENV').find((text) => text.startsWith('NODE_OPTIONS='));
  const options = /"(.*)"/.exec(line ?? '')?.[1]?.split(' ') ?? [];
  return options
    .filter((option) => process.allowedNodeEnvironmentFlags.has(option.split('=')[0] ?? ''))
    .join(' ');
}

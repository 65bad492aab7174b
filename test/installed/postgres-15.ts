import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { run } from '../support/postgres.ts';
import { freePort, startDaemon } from './daemon.ts';

const binaries = '/usr/lib/postgresql/15/bin';
/** The user `nobody`: Postgres refuses to run as root. */
const nobody = 65_534;

const startingUp = '57P03';

export const superuser = { user: 'postgres', password: 'test-password' };

/** Debian's Postgres 15 on a port of 127.0.0.1, until the end of the test. */
export async function startPostgres15(t: Pick<TestContext, 'after'>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'raceway-postgres15-'));
  const isRoot = process.getuid?.() === 0;
  const identity = isRoot ? { uid: nobody, gid: nobody } : {};
  const passwordFile = join(folder, 'password');
  writeFileSync(passwordFile, superuser.password);
  if (isRoot) for (const path of [folder, passwordFile]) chownSync(path, nobody, nobody);
  const data = join(folder, 'data');
  execFileSync(
    `${binaries}/initdb`,
    [
      ...['-D', data, '-U', superuser.user, '--pwfile', passwordFile, '--auth=scram-sha-256'],
      ...['--encoding=UTF8', '--locale=C', '--no-sync', '--no-instructions'],
    ],
    { ...identity, cwd: folder, stdio: 'pipe' },
  );
  const port = await freePort();
  const settings = {
    ...{ port: String(port), listen_addresses: '127.0.0.1', unix_socket_directories: folder },
    ...{ fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  };
  const more = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  try {
    await startDaemon(t, [`${binaries}/postgres`, '-D', data, ...more], [port], {
      ...(isRoot ? { uid: nobody } : {}),
      // The one that does not wait for clients: a test may close its own after this.
      stopSignal: 'SIGINT',
    });
  } finally {
    // What is told to happen after a test happens in this order: the server writes until it ends.
    t.after(() => rmSync(folder, { recursive: true, force: true }));
  }
  await untilStarted({
    ...{ host: '127.0.0.1', port, database: 'postgres', ...superuser },
    ...{ sslMode: 'disable', sslRootCert: null, applicationName: 'raceway-test' },
  });
  return port;
}

/** It listens a moment before it lets anybody in. */
async function untilStarted(connection: PostgresConnection): Promise<void> {
  for (;;) {
    try {
      await run(connection, 'SELECT 1');
      return;
    } catch (error) {
      if ((error as { code?: string }).code !== startingUp) throw error;
    }
  }
}

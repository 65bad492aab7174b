import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { freePort } from '../support/free-port.ts';
import type { StoppablePostgres } from '../support/postgres-server.ts';

const ownFolder = fileURLToPath(new URL('../..', import.meta.url));
const READY_MS = 180_000;
const PAUSE_MS = 20;

/** A `raceway serve` of its own process. */
export interface ServerProcess {
  readonly url: string;
  readonly pid: number | undefined;
  /** Sends a signal and resolves with the exit code; null when the signal ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
  /** Whether the process is still there. */
  isRunning(): boolean;
}

/**
 * Starts the built server and resolves when it is ready.
 *
 * @param stdout where its log goes; nobody reads a `pipe`
 * @param folder where it was built
 */
export async function startServerProcess(
  connection: PostgresConnection | null,
  settings: Readonly<Record<string, string>> = {},
  stdout: 'inherit' | 'pipe' | number = 'inherit',
  folder = ownFolder,
): Promise<ServerProcess> {
  const port = await freePort();
  const database =
    connection === null
      ? {}
      : {
          RACEWAY_POSTGRES_CONNECTION:
            `postgresql://${connection.user}:${connection.password}@${connection.host}` +
            `:${connection.port}/${connection.database}?sslmode=disable`,
        };
  const program = join(folder, 'dist', 'main.js');
  const child = spawn(process.execPath, [program, 'serve', '--port', String(port)], {
    env: { PATH: process.env['PATH'], RACEWAY_LOGGING_LEVEL: 'error', ...database, ...settings },
    stdio: ['ignore', stdout, 'inherit'],
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  child.once('exit', () => process.off('exit', kill));
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, child);
  return {
    url,
    pid: child.pid,
    isRunning: () => child.exitCode === null && child.signalCode === null,
    async end(signal) {
      const exited = once(child, 'exit');
      child.kill(signal);
      const [code] = await exited;
      return code as number | null;
    },
  };
}

/** Resolves when the server says that it is ready. */
export async function untilReady(url: string, child?: ChildProcess): Promise<void> {
  const endMs = performance.now() + READY_MS;
  for (;;) {
    const reply = await fetch(`${url}/ready`).catch(() => null);
    const text = await reply?.text();
    if (reply?.ok === true) return;
    if (performance.now() > endMs || (child !== undefined && child.exitCode !== null)) {
      throw new Error(`${url} is not ready: ${text ?? 'no answer'}`);
    }
    await pause(PAUSE_MS);
  }
}

/** Resolves when a condition holds, which it does at last on however slow a machine. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const endMs = performance.now() + READY_MS;
  while (!(await holds())) {
    if (performance.now() > endMs) throw new Error(`not within three minutes: ${what}`);
    await pause(PAUSE_MS);
  }
}

/** Starts a Postgres again, also after a crash, which leaves a moment for its shared memory. */
export async function startAgain(postgres: StoppablePostgres): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await postgres.start();
    } catch (error) {
      if (attempt === 100) throw error;
      await pause(200);
    }
  }
}

/** The status of an answer, which is read to its end. */
export async function statusOf(url: string): Promise<number> {
  const reply = await fetch(url);
  await reply.arrayBuffer();
  return reply.status;
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { PostgresConnection } from '../../src/storage/postgres/connection/connection.ts';
import { untilReady } from '../chaos/server-process.ts';
import { freePort } from '../support/free-port.ts';
import { type MemoryGroup, makeMemoryGroup } from './memory-group.ts';

/** How often the memory of a server is looked at that the kernel does not bound. */
const WATCH_MS = 20;

/** A built server that may take so much memory and no more. */
export interface LimitedServer {
  readonly url: string;
  readonly pid: number;
  readonly isBoundByKernel: boolean;
  isRunning(): boolean;
  /** Why it ended by itself; null while it goes on. */
  fate(): string | null;
  /**
   * The most memory that it took for itself; in a control group what the kernel counted. Pages of files that it
   * maps, such as the program of Node, are not in it: the kernel takes them back when it has need of them.
   */
  peakBytes(): number;
  /** The most that was resident, with such pages. */
  peakResidentBytes(): number;
  /** Ends it in order, and what was made for it; resolves with its exit code. */
  end(): Promise<number | null>;
}

export interface Limits {
  readonly bytesMax: number;
  readonly program: string;
  readonly node: string;
  readonly connection: PostgresConnection | null;
}

/**
 * Starts a server in a control group where this process may make one. Elsewhere the server is told of
 * the limit, and its memory is watched.
 */
export async function startLimitedServer(limits: Limits): Promise<LimitedServer> {
  const { bytesMax, program, node, connection } = limits;
  const group = makeMemoryGroup(bytesMax);
  const port = await freePort();
  const args = [program, 'serve', '--port', String(port)];
  // As docs/storage.md, "What the process may take", advises for so little memory.
  const env = {
    PATH: process.env['PATH'],
    RACEWAY_LOGGING_LEVEL: 'warn',
    MALLOC_ARENA_MAX: '2',
    MALLOC_MMAP_THRESHOLD_: '131072',
    MALLOC_TRIM_THRESHOLD_: '131072',
    ...(group === null ? { RACEWAY_SERVER_MEMORY_LIMIT_BYTES: String(bytesMax) } : {}),
    ...(connection === null ? {} : { RACEWAY_POSTGRES_CONNECTION: urlOf(connection) }),
  };
  const child =
    group === null
      ? spawn(node, args, { env, stdio: ['ignore', 'inherit', 'inherit'] })
      : spawn(
          '/bin/sh',
          ['-c', 'echo $$ > "$0" && exec "$@"', group.processesFile, node, ...args],
          { env, stdio: ['ignore', 'inherit', 'inherit'] },
        );
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const watch = new MemoryWatch(child, group);
  const exited = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, child);
  let isRemoved = false;
  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    url,
    pid: child.pid ?? 0,
    isBoundByKernel: group !== null,
    isRunning,
    fate() {
      if (isRunning()) return null;
      const kills = group?.kills() ?? 0;
      return `exit ${child.exitCode}, signal ${child.signalCode}, killed for memory ${kills} times`;
    },
    peakBytes: () => watch.peakBytes(),
    peakResidentBytes: () => watch.peakResidentBytes(),
    async end() {
      if (isRunning()) child.kill('SIGTERM');
      const [code] = await exited;
      process.off('exit', kill);
      if (!isRemoved) watch.end();
      isRemoved = true;
      return code as number | null;
    },
  };
}

class MemoryWatch {
  readonly #child: ChildProcess;
  readonly #group: MemoryGroup | null;
  readonly #timer: NodeJS.Timeout;
  #ownBytes = 0;
  #residentBytes = 0;

  constructor(child: ChildProcess, group: MemoryGroup | null) {
    this.#child = child;
    this.#group = group;
    this.#timer = setInterval(() => this.#look(), WATCH_MS).unref();
  }

  peakBytes(): number {
    return this.#group?.peakBytes() ?? this.#ownBytes;
  }

  peakResidentBytes(): number {
    return this.#residentBytes;
  }

  end(): void {
    clearInterval(this.#timer);
    this.#group?.remove();
  }

  #look(): void {
    try {
      const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
      const bytesOf = (name: string) =>
        1024 * Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0);
      this.#ownBytes = Math.max(this.#ownBytes, bytesOf('RssAnon') + bytesOf('RssShmem'));
      this.#residentBytes = Math.max(this.#residentBytes, bytesOf('VmHWM'));
    } catch {
      // It has ended.
    }
  }
}

function urlOf({ user, password, host, port, database }: PostgresConnection): string {
  return `postgresql://${user}:${password}@${host}:${port}/${database}?sslmode=disable`;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { TestContext } from 'node:test';

/** A program that will not listen ends before; one on a slow machine gets there. */
const startMsMax = 120_000;

/** A free port of 127.0.0.1. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  probe.listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as { port: number };
  probe.close();
  await once(probe, 'close');
  return port;
}

/**
 * Starts a program that stays in the foreground and waits until it listens on all of its ports; it ends with the test.
 */
export async function startDaemon(
  t: Pick<TestContext, 'after'>,
  command: readonly [string, ...string[]],
  ports: readonly number[],
  options: {
    readonly env?: Record<string, string>;
    readonly uid?: number;
    readonly stopSignal?: NodeJS.Signals;
  } = {},
): Promise<void> {
  const [program, ...args] = command;
  const identity = options.uid === undefined ? {} : { uid: options.uid, gid: options.uid };
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', ...options.env },
    ...identity,
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  t.after(async () => {
    if (child.exitCode !== null) return;
    child.kill(options.stopSignal ?? 'SIGTERM');
    await once(child, 'exit');
  });
  const endMs = performance.now() + startMsMax;
  while ((await Promise.all(ports.map(listens))).includes(false)) {
    if (child.exitCode !== null || performance.now() > endMs) {
      throw new Error(`${program} does not listen: ${said.slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../test/support/free-port.ts';
import { key, settingsAsShipped } from './programs.ts';

/** A server that takes spans and shows traces, ours or another's. */
export interface Peer {
  readonly name: string;
  /** What its requests hold. */
  readonly format: 'otlp' | 'zipkin';
  readonly ingestPath: string;
  /** Headers besides the type and the length. */
  readonly headers: Readonly<Record<string, string>>;
  /** @param traceId 32 hexadecimal digits */
  tracePath(traceId: string): string;
  start(): Promise<RunningPeer>;
}

export interface RunningPeer {
  readonly pid: number;
  readonly ingestPort: number;
  readonly readPort: number;
  end(): Promise<void>;
}

interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly ingestPort: number;
  readonly readPort: number;
}

const raceway = fileURLToPath(new URL('../dist/main.js', import.meta.url));
/** As in the settings of the others: nothing is given up during a run. */
const SPANS_KEPT_MAX = 2_000_000;

/** Raceway as it is built, and what a folder holds of the others. */
export function findPeers(folder: string): readonly Peer[] {
  const files = readdirSync(folder);
  const found = (name: RegExp) => {
    const file = files.find((candidate) => name.test(candidate));
    return file === undefined ? [] : [join(folder, file)];
  };
  return [
    racewayPeer(),
    ...found(/^zipkin.*\.jar$/).map(zipkinPeer),
    ...found(/^jaeger(?!.*\.)/).map(jaegerPeer),
    ...found(/^victoria-traces(?!.*\.)/).map(victoriaTracesPeer),
  ];
}

function racewayPeer(): Peer {
  return {
    name: 'Raceway, memory',
    format: 'otlp',
    ingestPath: '/v1/traces',
    headers: { authorization: `Bearer ${key}` },
    tracePath: (id) => `/api/traces/${uuidOf(id)}`,
    async start() {
      const port = await freePort();
      const args = [raceway, 'serve', '--port', String(port)];
      const env = { RACEWAY_LOGGING_LEVEL: 'error', ...settingsAsShipped };
      return run({ program: process.execPath, args, env, ingestPort: port, readPort: port });
    },
  };
}

function zipkinPeer(jar: string): Peer {
  return {
    name: 'Zipkin',
    format: 'zipkin',
    ingestPath: '/api/v2/spans',
    headers: {},
    tracePath: (id) => `/api/v2/trace/${id}`,
    async start() {
      const port = await freePort();
      const env = { QUERY_PORT: String(port), MEM_MAX_SPANS: String(SPANS_KEPT_MAX) };
      const args = ['-jar', jar, '--server.address=127.0.0.1'];
      return run({ program: 'java', args, env, ingestPort: port, readPort: port });
    },
  };
}

/** Listens where it does without settings. */
function jaegerPeer(program: string): Peer {
  return {
    name: 'Jaeger',
    format: 'otlp',
    ingestPath: '/v1/traces',
    headers: {},
    tracePath: (id) => `/api/traces/${id}`,
    start: () =>
      run({
        program,
        args: [],
        env: { OTEL_TRACES_SAMPLER: 'always_off' },
        ingestPort: 4318,
        readPort: 16686,
      }),
  };
}

function victoriaTracesPeer(program: string): Peer {
  return {
    name: 'VictoriaTraces',
    format: 'otlp',
    ingestPath: '/insert/opentelemetry/v1/traces',
    headers: {},
    tracePath: (id) => `/select/jaeger/api/traces/${id}`,
    async start() {
      const port = await freePort();
      const folder = mkdtempSync(join(tmpdir(), 'peers-'));
      const args = [`-storageDataPath=${folder}`, `-httpListenAddr=127.0.0.1:${port}`];
      const running = await run({ program, args, ingestPort: port, readPort: port });
      return {
        ...running,
        async end() {
          await running.end();
          rmSync(folder, { recursive: true, force: true });
        },
      };
    },
  };
}

async function run({ program, args, env, ingestPort, readPort }: Command): Promise<RunningPeer> {
  const child: ChildProcess = spawn(program, args, {
    env: { PATH: process.env['PATH'], ...env },
    stdio: 'ignore',
  });
  const kill = () => child.kill('SIGKILL');
  process.once('exit', kill);
  const exited = once(child, 'exit');
  if (child.pid === undefined) throw new Error(`${program} could not be started`);
  return {
    pid: child.pid,
    ingestPort,
    readPort,
    async end() {
      child.kill('SIGTERM');
      await exited;
      process.off('exit', kill);
    },
  };
}

function uuidOf(id: string): string {
  return id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PostgresConnection } from '../src/storage/postgres/connection/connection.ts';
import { type ServerProcess, startServerProcess } from '../test/chaos/server-process.ts';
import { type ProcessorTime, processorTime } from './processor-time.ts';

/** A key as `raceway keygen` prints it; it opens nothing but the servers of a run. */
export const key = 'rw_bench_0123456789abcdefghijklmnopqrstuvwxyzABCD';

/** Auth and limit on, and so high that it is counted but never met; the rest as shipped. */
export const settingsAsShipped = {
  RACEWAY_API_KEYS: JSON.stringify([key]),
  RACEWAY_SERVER_RATE_LIMIT_ENABLED: 'true',
  RACEWAY_SERVER_RATE_LIMIT_RPM: '10000000',
};

export const analysisOff = {
  RACEWAY_RACE_DETECTION_ENABLED: 'false',
  RACEWAY_ANOMALY_DETECTION_ENABLED: 'false',
};

/** The built server in a process of its own. */
export interface MeasuredServer extends ServerProcess {
  /** Events stored, and those that the memory had no room for any more. */
  storedEvents(): Promise<number>;
  /** Waits until findings are up to date, and for {@link SETTLE_MS} at most unless told. */
  settled(timeoutMs?: number): Promise<void>;
  /** Processor time that the process took; on Linux. */
  processorTime(): ProcessorTime;
  /** Memory of the process. */
  residentBytes(): Promise<number>;
  get(path: string): Promise<unknown>;
}

/** What is left of the analysis by then goes on beside the next round. */
const SETTLE_MS = 1000;
const PAUSE_MS = 50;

interface Status {
  readonly events_captured: number;
  readonly storage: { readonly evicted_events: number };
  readonly analysis: { readonly waiting_traces: number };
}

/** @param folder another build than this one */
export async function startMeasured(
  connection: PostgresConnection | null,
  settings: Readonly<Record<string, string>> = {},
  folder?: string,
): Promise<MeasuredServer> {
  const server = await startServerProcess(
    connection,
    { ...settingsAsShipped, ...settings },
    'inherit',
    folder,
  );
  const getText = async (path: string) => {
    const reply = await fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } });
    if (!reply.ok) throw new Error(`GET ${path} was answered with ${reply.status}`);
    return reply.text();
  };
  const get = async (path: string) => (JSON.parse(await getText(path)) as { data: unknown }).data;
  const status = async () => (await get('/status')) as Status;
  return {
    ...server,
    get,
    async storedEvents() {
      const { events_captured, storage } = await status();
      return events_captured + storage.evicted_events;
    },
    processorTime: () => processorTime(server.pid ?? 0),
    async residentBytes() {
      return Number(/^raceway_process_resident_bytes (\S+)$/m.exec(await getText('/metrics'))?.[1]);
    },
    async settled(timeoutMs = SETTLE_MS) {
      const endMs = performance.now() + timeoutMs;
      while (performance.now() < endMs && (await status()).analysis.waiting_traces > 0) {
        await new Promise((wake) => setTimeout(wake, PAUSE_MS));
      }
    },
  };
}

/** The ceilings of ingest and of reading, see sink-process.ts. */
export interface Sink {
  readonly url: string;
  processorTime(): ProcessorTime;
  end(): void;
}

export async function startSink(): Promise<Sink> {
  const program = fileURLToPath(new URL('sink-process.ts', import.meta.url));
  const child: ChildProcess = fork(program, { execArgv: ['--import', 'tsx'] });
  const [url] = (await once(child, 'message')) as [string];
  return { url, processorTime: () => processorTime(child.pid ?? 0), end: () => child.kill() };
}

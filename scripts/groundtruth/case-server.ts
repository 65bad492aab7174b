import { setTimeout as pause } from 'node:timers/promises';
import pino from 'pino';
import { loadConfig } from '../../src/config/load.ts';
import { startServer } from '../../src/server.ts';
import type { Case } from './cases.ts';

const SETTLE_MS = 60_000;
const PAUSE_MS = 20;

/** A server in memory that is asked over HTTP. */
export interface CaseServer {
  /** Sends the events of a case; all of them must be taken. */
  post(each: Case): Promise<void>;
  /** The `data` of a reply that is not stale any more. */
  get(path: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts a server on a free port, with the settings that nobody changed. */
export async function startCaseServer(): Promise<CaseServer> {
  const cwd = import.meta.dirname;
  const { config } = loadConfig({ port: '0', environment: {}, cwd });
  const server = await startServer(config, pino({ level: 'silent' }));
  const ask = async (path: string, init: RequestInit = {}) => {
    const reply = await fetch(server.url + path, init);
    const { data, error } = (await reply.json()) as { data: unknown; error: string | null };
    if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${error}`);
    return data;
  };
  return {
    async post({ case: name, events }) {
      const data = await ask('/events', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ events }),
      });
      const { accepted } = data as { accepted: number };
      if (accepted !== events.length) throw new Error(`${name}: ${accepted} events were taken`);
    },
    async get(path) {
      const patientUntil = performance.now() + SETTLE_MS;
      for (;;) {
        const data = await ask(path);
        if ((data as { stale?: boolean }).stale !== true) return data;
        if (performance.now() > patientUntil) throw new Error(`${path} stays stale`);
        await pause(PAUSE_MS);
      }
    },
    close: () => server.close(),
  };
}

import { setTimeout as pause } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import pino from 'pino';
import { loadConfig } from '../../src/config/load.ts';
import { startServer } from '../../src/server.ts';
import { freePort } from '../../test/support/free-port.ts';
import type { RecordedExport } from '../../test/support/otlp-recordings.ts';
import type { ListedIssue } from './truth.ts';

const SETTLE_MS = 120_000;
const PAUSE_MS = 20;

/** A server in memory that takes exports and is asked for issues. */
export interface GateServer {
  send(one: RecordedExport): Promise<void>;
  /** Every issue, whatever its evidence and scope, once the analysis is done. */
  issues(): Promise<readonly ListedIssue[]>;
  close(): Promise<void>;
}

/** Starts a server on a free port, with the settings that nobody changed. */
export async function startGateServer(): Promise<GateServer> {
  const environment = {};
  const grpcPort = await freePort();
  const { config } = loadConfig({
    port: '0',
    otlpGrpcPort: String(grpcPort),
    environment,
    cwd: import.meta.dirname,
  });
  const server = await startServer(config, pino({ level: 'silent' }));
  const client = new Client(`127.0.0.1:${grpcPort}`, credentials.createInsecure());
  return {
    async send({ path, headers, sent, transport }) {
      if (transport === 'grpc') {
        await callGrpc(client, sent);
        return;
      }
      const reply = await fetch(server.url + path, {
        method: 'POST',
        headers: { ...headers, connection: 'close' },
        body: new Uint8Array(sent),
      });
      const text = await reply.text();
      if (!reply.ok) throw new Error(`${path} answered ${reply.status}: ${text}`);
    },
    async issues() {
      const patientUntil = performance.now() + SETTLE_MS;
      for (;;) {
        const reply = await fetch(`${server.url}/api/races?evidence=E0&scope=any&page_size=100`);
        const { data } = (await reply.json()) as {
          data: { readonly stale: boolean; readonly issues: readonly ListedIssue[] };
        };
        if (!reply.ok) throw new Error(`the list of races answered ${reply.status}`);
        if (!data.stale) return data.issues;
        if (performance.now() > patientUntil) throw new Error('the list of races stays stale');
        await pause(PAUSE_MS);
      }
    },
    async close() {
      client.close();
      await server.close();
    },
  };
}

const EXPORT = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const asItIs = (bytes: Buffer) => bytes;

function callGrpc(client: Client, body: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(EXPORT, asItIs, asItIs, body, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });
}

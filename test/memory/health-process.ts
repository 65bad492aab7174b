/**
 * Asks a server ten times a second whether it is there, and sends it a small request five times a second,
 * one after the other; beside it a server of this process that does nothing else, to know what the
 * machine itself costs. Tells the slowest so far when it gets a
 * message, and ends with what it began when that says so.
 */
import { readFileSync } from 'node:fs';
import { createServer, type RequestOptions, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { smallBody } from './bodies.ts';

const PAUSE_MS = 100;
const [, , url = '', serverPid = ''] = process.argv;

/** The slowest answers, in milliseconds, and counts. */
export interface Slowness {
  health: number;
  /** The same without the time in which the server or this process waited for a processor. */
  healthByItself: number;
  smallWrite: number;
  smallWriteByItself: number;
  machine: number;
  /** Asked for health without an answer. */
  failures: number;
  smallWrites: number;
  /** Events that the server said it has stored. */
  accepted: number;
}

const slowness: Slowness = {
  health: 0,
  healthByItself: 0,
  smallWrite: 0,
  smallWriteByItself: 0,
  machine: 0,
  failures: 0,
  smallWrites: 0,
  accepted: 0,
};

let polls: Promise<unknown> = Promise.resolve();
let isOver = false;
const bare = createServer((_request, response) => response.end('ok'));
bare.listen(0, '127.0.0.1', () => {
  const { port } = bare.address() as AddressInfo;
  polls = Promise.all([
    poll(askMachine, `http://127.0.0.1:${port}/`),
    poll(askHealth, `${url}/health`),
    poll(writeSmall, `${url}/events`),
  ]);
});

async function poll(ask: (url: string) => Promise<void>, from: string): Promise<void> {
  while (!isOver) {
    await ask(from);
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function askMachine(from: string): Promise<void> {
  const { ms } = await timed(from);
  slowness.machine = Math.max(slowness.machine, ms);
}

async function askHealth(from: string): Promise<void> {
  const { status, ms, byItselfMs } = await timed(from);
  if (status !== 200) slowness.failures += 1;
  slowness.health = Math.max(slowness.health, ms);
  slowness.healthByItself = Math.max(slowness.healthByItself, byItselfMs);
}

async function writeSmall(to: string): Promise<void> {
  const { status, text, ms, byItselfMs } = await timed(to, smallBody());
  slowness.smallWrite = Math.max(slowness.smallWrite, ms);
  slowness.smallWriteByItself = Math.max(slowness.smallWriteByItself, byItselfMs);
  if (status !== 200) return;
  slowness.smallWrites += 1;
  slowness.accepted += JSON.parse(text).data.accepted;
}

async function timed(where: string, body?: string) {
  const startedMs = performance.now();
  const startedWaitMs = waitedMs();
  const { status, text } = await answerOf(where, body);
  const ms = performance.now() - startedMs;
  return { status, text, ms, byItselfMs: ms - (waitedMs() - startedWaitMs) };
}

function answerOf(where: string, body?: string): Promise<{ status: number; text: string }> {
  const headers = { 'content-type': 'application/json' };
  const options: RequestOptions = body === undefined ? {} : { method: 'POST', headers };
  return new Promise((resolve) => {
    request(where, options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part) => {
        text += part;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      response.on('error', () => resolve({ status: 0, text }));
    })
      .on('error', () => resolve({ status: 0, text: '' }))
      .end(body);
  });
}

/** How long the main threads of the server and of this process have waited for a processor. */
function waitedMs(): number {
  const [server, own] = [serverPid, String(process.pid)].map((pid) => {
    try {
      const [, waitedNs] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'utf8').split(' ');
      return Number(waitedNs) / 1e6;
    } catch {
      // Not Linux, or it has ended.
      return 0;
    }
  });
  return (server ?? 0) + (own ?? 0);
}

process.on('message', async (message) => {
  if (message === 'end') {
    isOver = true;
    await polls;
  }
  process.send?.(slowness);
});
process.on('disconnect', () => process.exit());

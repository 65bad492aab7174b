/**
 * Services in Node and Python, each a process of its own, that add to a number in three ways while twenty
 * clients call them at once: `npm run trial [-- --runs=20]`. What is done under a lock, or in one turn of an
 * event loop, may never be told of; what is done without must be, whenever a service's own number shows
 * that an addition was lost. Needs Python 3.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { pause, type ServerProcess, startServerProcess } from '../chaos/server-process.ts';

const RUNS = Number(/^--runs=(\d+)$/.exec(process.argv[2] ?? '--runs=20')?.[1]);
const REQUESTS = 60;
const CLIENTS = 20;
const ANALYSED_WITHIN_MS = 120_000;

const services = {
  node: [process.execPath, 'node-service.mjs'],
  python: ['python3', 'python-service.py'],
} as const;
const ways = ['locked', 'tick', 'unlocked'] as const;
type Way = (typeof ways)[number];

/** Runs in which something was told of, and in which something was lost. */
const tally = new Map<
  string,
  { runs: number; told: number; lost: number; additionsLost: number }
>();

assert.ok(Number.isInteger(RUNS) && RUNS > 0, 'usage: npm run trial [-- --runs=20]');
for (let run = 1; run <= RUNS; run += 1) {
  const server = await startServerProcess(null, {}, 'pipe');
  try {
    for (const name of Object.keys(services) as (keyof typeof services)[]) {
      await tryService(server, name);
    }
  } finally {
    await server.end('SIGTERM');
  }
  console.log(`run ${run} of ${RUNS} is done`);
}
console.table(Object.fromEntries(tally));

async function tryService(server: ServerProcess, name: keyof typeof services): Promise<void> {
  const [program, file] = services[name];
  const service = spawn(program, [fileURLToPath(new URL(file, import.meta.url)), server.url], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const url = `http://127.0.0.1:${await portOf(service)}`;
    for (const way of ways) await callAtOnce(`${url}/${way}`);
    const { status, values } = (await (await fetch(`${url}/flush`)).json()) as {
      status: number;
      values: Record<Way, number>;
    };
    assert.equal(status, 200, 'the events were stored');
    const told = await variablesTold(server);
    for (const way of ways) {
      const isTold = told.has(`${name}.${way}.balance`);
      const lost = REQUESTS - values[way];
      const known = tally.get(`${name} ${way}`) ?? { runs: 0, told: 0, lost: 0, additionsLost: 0 };
      tally.set(`${name} ${way}`, {
        runs: known.runs + 1,
        told: known.told + Number(isTold),
        lost: known.lost + Number(lost > 0),
        additionsLost: known.additionsLost + lost,
      });
      if (way !== 'unlocked') {
        assert.equal(lost, 0, `${name} ${way} is right`);
        assert.equal(
          isTold,
          false,
          `${name} ${way}: ${JSON.stringify(told.get(`${name}.${way}.balance`))}`,
        );
      } else if (lost > 0) assert.ok(isTold, `${name} ${way} lost ${lost} of ${REQUESTS}`);
    }
  } finally {
    const ended = once(service, 'exit');
    service.stdin?.end();
    await ended;
  }
}

async function portOf(service: ChildProcess): Promise<number> {
  assert.ok(service.stdout !== null);
  for await (const line of createInterface(service.stdout)) return Number(line);
  throw new Error('the service ended before it told its port');
}

/** Calls a way of a service until it was called often enough, by several clients at once. */
async function callAtOnce(url: string): Promise<void> {
  let left = REQUESTS;
  const client = async () => {
    while (left > 0) {
      left -= 1;
      const reply = await fetch(url, { method: 'POST' });
      const text = await reply.text();
      assert.equal(reply.status, 200, text);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
}

/** The variables of the default list of races, with what is told of them. */
async function variablesTold(server: ServerProcess): Promise<ReadonlyMap<string, unknown>> {
  const endMs = performance.now() + ANALYSED_WITHIN_MS;
  for (;;) {
    const reply = await fetch(`${server.url}/api/races?page_size=100`);
    const { data } = (await reply.json()) as {
      data: { stale: boolean; issues: { variable: string }[] };
    };
    if (!data.stale) return new Map(data.issues.map((issue) => [issue.variable, issue]));
    assert.ok(performance.now() < endMs, 'the analysis comes to an end');
    await pause(100);
  }
}

/**
 * Holds what docs/storage.md, "What the process may take", promises of a process that may have 1 GiB or 512 MiB of memory: it outlives
 * everything that takes memory, at once, and answers small requests meanwhile. Takes about four minutes, so
 * that it is not part of the suite: `npm run test:memory`. `-- --limit=512 --backend=memory` tries one of the four, `--program=FILE` another
 * build, `--node=FILE` another version of Node, `--seconds=N` how long all at once goes on.
 */
import assert from 'node:assert/strict';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { startPostgres } from '../support/postgres-server.ts';
import { type Answers, Flood, pause, READERS } from './flood.ts';
import type { Slowness } from './health-process.ts';
import { type LimitedServer, startLimitedServer } from './limited-server.ts';

const MEBIBYTE = 1024 * 1024;
/** Postgres keeps everything: there is no full storage to come to. */
const FILL_EVENTS_POSTGRES = 20_000;
/** As many as a causal group may have. */
const LARGE_TRACE_EVENTS = 200_000;
const WIDE_TRACE_EVENTS = 20_000;
/** How long a health check may take, and a small request, without the waits for a processor. */
const HEALTH_MS = 1000;
const SMALL_WRITE_MS = 5000;

const { values } = parseArgs({
  options: {
    limit: { type: 'string', multiple: true, default: ['512', '1024'] },
    backend: { type: 'string', multiple: true, default: ['memory', 'postgres'] },
    program: {
      type: 'string',
      default: fileURLToPath(new URL('../../dist/main.js', import.meta.url)),
    },
    node: { type: 'string', default: process.execPath },
    seconds: { type: 'string', default: '25' },
  },
});

for (const backend of values.backend) {
  for (const limit of values.limit.map(Number)) {
    test(`a server of ${limit} MiB, ${backend} storage`, async (t) => {
      const connection = backend === 'postgres' ? await startPostgres() : null;
      const server = await startLimitedServer({
        bytesMax: limit * MEBIBYTE,
        program: values.program,
        node: values.node,
        connection,
      });
      if (!server.isBoundByKernel) {
        t.diagnostic('NO CONTROL GROUP can be made here: memory is watched every 20 ms instead.');
      }
      const health = await startHealth(server);
      t.after(async () => {
        health.end();
        await server.end();
      });
      const flood = new Flood(server.url);
      const told = async (when: string, isEnd = false) => {
        const slowness = await health.slowness(isEnd);
        t.diagnostic(`${when}: ${JSON.stringify(slowness)}`);
        return slowness;
      };
      const [large, wide] = [crypto.randomUUID(), crypto.randomUUID()];
      try {
        await flood.fill(async () => {
          const { stored, evicted } = await eventCounts(server.url);
          return backend === 'memory' ? evicted > 0 : stored > FILL_EVENTS_POSTGRES;
        });
        await flood.sendTrace(large, LARGE_TRACE_EVENTS);
        await flood.sendTrace(wide, WIDE_TRACE_EVENTS, true);
        await told('while it fills');
        await flood.everything([large, wide], Number(values.seconds) * 1000, () =>
          server.isRunning(),
        );
      } finally {
        const { statuses, slowestMs } = flood.answers;
        t.diagnostic([...statuses].map(([name, count]) => `${name} x${count}`).join(', '));
        t.diagnostic([...slowestMs].map(([name, ms]) => `${name} ${Math.round(ms)}ms`).join(', '));
        const [own, resident] = [server.peakBytes(), server.peakResidentBytes()].map((bytes) =>
          Math.round(bytes / MEBIBYTE),
        );
        t.diagnostic(`${own} MiB at most, ${resident} MiB resident with the pages of files`);
        flood.close();
      }
      const small = await told('all at once', true);
      const fate = server.fate();
      const peakBytes = server.peakBytes();
      if (fate === null) await assertAllThere(server.url, flood.answers, small.accepted);
      const code = await server.end();
      assert.equal(fate, null, 'the server ended by itself');
      assert.equal(code, 0);
      assert.deepEqual(flood.answers.wrong.slice(0, 10), []);
      assert.ok(peakBytes <= limit * MEBIBYTE, `${peakBytes} bytes`);
      assert.equal(small.failures, 0);
      assert.equal(flood.answers.readersAnswered.size, READERS, 'every reader has an answer');
      assert.ok(small.smallWrites > 0, 'small requests get through');
      assert.ok(small.healthByItself <= HEALTH_MS, `health took ${small.healthByItself} ms`);
      assert.ok(small.smallWriteByItself <= SMALL_WRITE_MS, `${small.smallWriteByItself} ms`);
    });
  }
}

async function startHealth({ url, pid }: LimitedServer) {
  const program = fileURLToPath(new URL('health-process.ts', import.meta.url));
  const child = fork(program, [url, String(pid)], { execArgv: ['--import', 'tsx'] });
  return {
    /** The slowest answers so far; with `isEnd` no more is asked. */
    async slowness(isEnd: boolean): Promise<Slowness> {
      const told = once(child, 'message');
      child.send(isEnd ? 'end' : 'tell');
      const [slowness] = (await told) as [Slowness];
      return slowness;
    },
    end: () => child.disconnect(),
  };
}

/** What was acknowledged is stored, or counted as given up. */
async function assertAllThere(url: string, answers: Answers, small: number): Promise<void> {
  const accepted = answers.accepted + small;
  let kept = Number.NaN;
  for (let tries = 0; tries < 50; tries += 1) {
    const { stored, evicted } = await eventCounts(url);
    kept = stored + evicted;
    if (answers.unknown > 0 ? kept >= accepted : kept === accepted) return;
    await pause(200);
  }
  assert.equal(kept, accepted, 'events that were acknowledged are missing');
}

async function eventCounts(url: string): Promise<{ stored: number; evicted: number }> {
  const reply = await fetch(`${url}/status`);
  const { data } = (await reply.json()) as {
    data: { events_captured: number; storage: { evicted_events?: number } };
  };
  return { stored: data.events_captured, evicted: data.storage.evicted_events ?? 0 };
}

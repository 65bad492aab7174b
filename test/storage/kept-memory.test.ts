/** A memory storage that a folder keeps: whatever was acknowledged is there when the next process opens it. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { eventText } from '../../src/domain/event/event.ts';
import { nothingRedacted } from '../../src/domain/event/redaction.ts';
import { OtlpReader } from '../../src/domain/otlp/otlp-batch.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { analyseAll, everyIssue } from '../support/analyser.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { forgetfulKept, freshKept, keptFolder, openKept } from '../support/kept-memory.ts';
import { recordedExports, recordingNames } from '../support/otlp-recordings.ts';
import { allRecordedTraces, recordedTraces } from '../support/recordings.ts';
import { repositoryRoot } from '../support/repository.ts';
import { storageContract } from './contract.ts';

const receivedNs = 2_000_000_000_000_000_000n;
const mebibyte = 1024 * 1024;

storageContract('memory, kept', freshKept);
storageContract('memory, kept, and opened anew before each look', forgetfulKept);

function folder(t: TestContext): string {
  const directory = keptFolder();
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** All that is stored, with every text of every event. */
async function contents(storage: Storage, withLatency = true): Promise<readonly unknown[]> {
  const { traces } = await storage.listTraces({ ...everyTrace, limit: 1000 });
  return Promise.all(
    traces.map(async (summary) => {
      const events = await storage.events(summary.traceId, null, 1000);
      const latency = await storage.latencyVerdicts(summary.traceId, 100);
      const texts = events.map((event) => [eventText(event), event.isError, event.operation]);
      // What was told of durations follows from all that came before, also from what is gone.
      return withLatency ? { summary, texts, latency } : { ...summary, anomalyCount: 0, texts };
    }),
  );
}

async function reopened(directory: string, storage: Storage): Promise<Storage> {
  await storage.close();
  return openKept(directory);
}

test('what SDKs and exporters sent is there again, to the last text', async (t) => {
  const directory = folder(t);
  let storage = await openKept(directory);
  const reader = new OtlpReader(nothingRedacted);
  for (const events of allRecordedTraces().slice(0, 60)) {
    await storage.append([{ events: records(events), keyName: 'shop' }], receivedNs);
  }
  for (const name of recordingNames().slice(0, 4)) {
    for (const { path, format, body } of recordedExports(name)) {
      if (path === '/v1/metrics') continue;
      const { events } =
        path === '/v1/logs' ? reader.logs(body, format, null) : reader.traces(body, format, null);
      await storage.append(keyless(events), receivedNs + 1n);
    }
  }
  const before = await contents(storage);
  storage = await reopened(directory, storage);
  assert.deepEqual(await contents(storage), before);
  await storage.close();
});

test('any history of appends, duplicates, erasures, expiry and restarts ends as without restarts', async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        does: fc.constant('append' as const),
        traces: fc.array(fc.nat(5), { minLength: 1, maxLength: 4 }),
        ids: fc.nat(8),
      }),
    },
    fc.record({
      does: fc.constant('erase' as const),
      traces: fc.array(fc.nat(5), { minLength: 1, maxLength: 3 }),
    }),
    fc.record({ does: fc.constant('expire' as const), before: fc.nat(20) }),
    fc.record({ does: fc.constant('restart' as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 14 }), async (steps) => {
      const directory = keptFolder();
      let kept = await openKept(directory);
      const plain = await freshKept();
      let now = 0n;
      try {
        for (const each of steps) {
          now += 1n;
          if (each.does === 'restart') kept = await reopened(directory, kept);
          else if (each.does === 'expire') {
            for (const one of [kept, plain]) await one.eraseExpired(BigInt(each.before), 10);
          } else if (each.does === 'erase') {
            const traceIds = each.traces.map((n) => `trace-${n}`);
            for (const one of [kept, plain]) await one.eraseTraces(traceIds);
          } else {
            const events = records(
              each.traces.map((n) =>
                wireEvent({
                  trace: `trace-${n}`,
                  at: each.ids,
                  id: `00000000-0000-4000-8000-00000000000${each.ids}`,
                }),
              ),
            );
            for (const one of [kept, plain]) await one.append(keyless(events), now);
          }
        }
        kept = await reopened(directory, kept);
        assert.deepEqual(await contents(kept, false), await contents(plain, false));
        assert.deepEqual(await kept.services(), await plain.services());
      } finally {
        await kept.close();
        await plain.close();
        rmSync(directory, { recursive: true, force: true });
      }
    }),
    { numRuns: 25 },
  );
});

test('what was given up for room is gone from the disk too, and its room is used again', async (t) => {
  const directory = folder(t);
  let storage = await openKept(directory, { maxBytes: mebibyte });
  const large = (trace: string) =>
    records([wireEvent({ trace, kind: 'Custom', payload: { name: 'x', data: noise(20_000) } })]);
  let bytesAtHalf = 0;
  for (let n = 0; n < 400; n += 1) {
    await storage.append(keyless(large(`t-${n}`)), receivedNs + BigInt(n));
    if (n === 200) bytesAtHalf = (await storage.statistics()).diskBytes ?? 0;
  }
  const before = await contents(storage);
  const { diskBytes, evictedTraces } = await storage.statistics();
  assert.ok(evictedTraces > 300);
  assert.ok((diskBytes ?? 0) < 2 * bytesAtHalf, `${bytesAtHalf}, then ${diskBytes}`);
  await storage.close();
  storage = await openKept(directory, { maxBytes: 4 * mebibyte });
  assert.deepEqual(await contents(storage), before);
  await storage.close();
});

/** A text that no codec makes smaller. */
function noise(characters: number): string {
  return Array.from({ length: characters }, () => Math.random().toString(36)[2] ?? '0').join('');
}

test('kill -9 while it writes: what was acknowledged is there, once, and nothing of what was erased', async (t) => {
  const directory = folder(t);
  const acknowledged = new Set<string>();
  const erased = new Set<string>();
  for (let life = 0; life < 3; life += 1) {
    const writer = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        join(repositoryRoot, 'test/support/kept-writer.ts'),
        directory,
        String(life),
      ],
      { cwd: repositoryRoot, stdio: ['ignore', 'pipe', 'inherit'] },
    );
    for await (const line of createInterface({ input: writer.stdout })) {
      const [word, traceId = ''] = line.split(' ');
      (word === 'stored' ? acknowledged : erased).add(traceId);
      if (acknowledged.size >= 100 * (life + 1)) break;
    }
    writer.kill('SIGKILL');
    await once(writer, 'exit');
  }
  const storage = await openKept(directory);
  for (const traceId of acknowledged) {
    const events = await storage.events(traceId, null, 10);
    // Whether an erasure had come about that nobody was told of is open.
    const mayBeErased = Number(traceId.split('-').at(-1)) % 3 === 0;
    const isErased = mayBeErased && (erased.has(traceId) || events.length === 0);
    assert.equal(events.length, isErased ? 0 : 2, traceId);
  }
  assert.ok(erased.size > 10);
  await storage.close();
});

test('a folder has one server at a time', async (t) => {
  const directory = folder(t);
  const storage = await openKept(directory);
  await assert.rejects(openKept(directory), /cannot be opened: another server works with it/);
  await storage.close();
  await (await openKept(directory)).close();
});

test('a folder that cannot be used is told of in a sentence', async (t) => {
  const directory = folder(t);
  writeFileSync(join(directory, 'file'), 'text');
  await assert.rejects(
    openKept(join(directory, 'file')),
    /storage\.memory\.directory, .*cannot be/,
  );
});

test('damage to any file is told of at the start, and never read as events', async (t) => {
  const directory = folder(t);
  const storage = await openKept(directory);
  for (let n = 0; n < 20; n += 1) {
    const payload = { name: 'x', data: noise(3000) };
    await storage.append(
      keyless(records([wireEvent({ trace: `t-${n}`, kind: 'Custom', payload })])),
      receivedNs,
    );
  }
  const before = await contents(storage);
  // Closed and opened, so that the log was sorted into a file.
  await (await reopened(directory, storage)).close();
  for (const name of readdirSync(directory).filter((each) =>
    /\.ldb$|^MANIFEST|^CURRENT$/.test(each),
  )) {
    const copy = `${directory}-damaged`;
    cpSync(directory, copy, { recursive: true });
    const bytes = readFileSync(join(copy, name));
    bytes.fill(0x41, Math.floor(bytes.length / 3), Math.ceil((2 * bytes.length) / 3));
    writeFileSync(join(copy, name), bytes);
    const found = await openKept(copy).then(
      async (opened) => {
        const told = await contents(opened);
        await opened.close();
        return told;
      },
      (error: Error) => error.message,
    );
    rmSync(copy, { recursive: true });
    if (typeof found === 'string') assert.match(found, /^storage\.memory\.directory, /, name);
    else assert.deepEqual(found, before, name);
  }
});

test('a disk that is full refuses with a sentence, loses nothing, and goes on when there is room', async (t) => {
  const directory = folder(t);
  const output = execFileSync(
    'bash',
    [
      '-c',
      `ulimit -f 600; exec ${process.execPath} --import tsx test/support/kept-filler.ts "$1"`,
      'bash',
      directory,
    ],
    { cwd: repositoryRoot, encoding: 'utf8' },
  );
  const { stored, message, code } = JSON.parse(output.trim().split('\n').at(-1) ?? '') as {
    readonly stored: number;
    readonly message: string;
    readonly code: string;
  };
  assert.equal(code, 'unavailable');
  assert.match(message, / \(storage\.memory\.directory\) cannot be written/);
  const storage = await openKept(directory);
  assert.equal((await storage.statistics()).traceCount, stored);
  await storage.append(keyless(records([wireEvent({ trace: 'after' })])), receivedNs);
  await storage.close();
});

test('what persons said of an issue is there again, and an issue that they ignored stays out', async (t) => {
  const directory = folder(t);
  let storage = await openKept(directory);
  for (const events of recordedTraces('ts-race'))
    await storage.append(keyless(records(events)), receivedNs);
  await analyseAll(storage);
  const [first] = (await storage.derived.issues(everyIssue)).issues;
  assert.ok(first !== undefined);
  const author = { by: 'ann', atMs: 1_700_000_000_000 };
  await storage.derived.triage.change(
    first.fingerprint,
    { state: 'ignored', note: 'by design' },
    author,
  );
  const said = await storage.derived.triage.of(first.fingerprint);
  storage = await reopened(directory, storage);
  await analyseAll(storage);
  assert.deepEqual(await storage.derived.triage.of(first.fingerprint), said);
  await storage.close();
});

/** Sealing as an operator meets it: rounds in the background, the command, and what both say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maskedConnection } from '../../src/config/describe.ts';
import { RacewayError } from '../../src/domain/errors.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { SealPlace, SealQuery, SealStep, SealStore } from '../../src/storage/seal-store.ts';
import { Sealer } from '../../src/storage/sealer.ts';
import { analyseAll } from '../support/analyser.ts';
import { testApp } from '../support/app.ts';
import { TestTerminal } from '../support/cli.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';

const dayMs = 86_400_000;
const options = { afterMinutes: 60, isAnalysed: true } as const;

/** Says these steps, one after the other. */
class ToldSeals implements SealStore {
  readonly asked: SealQuery[] = [];
  readonly #steps: (Partial<SealStep> | Error)[];
  readonly #obstacle: string | null;

  constructor(steps: (Partial<SealStep> | Error)[], obstacle: string | null = null) {
    this.#steps = steps;
    this.#obstacle = obstacle;
  }

  async obstacle(): Promise<string | null> {
    return this.#obstacle;
  }

  async seal(query: SealQuery): Promise<SealStep> {
    this.asked.push(query);
    const step = this.#steps.shift() ?? {};
    if (step instanceof Error) throw step;
    return { traces: 0, events: 0, next: null, missingDays: [], ...step };
  }
}

function noting() {
  const lines: string[] = [];
  const note = (details: object, message: string) =>
    lines.push(`${message}: ${'reason' in details ? details.reason : ''}`);
  return { lines, info: note, warn: note, error: note };
}

const place = (receivedNs: bigint): SealPlace => ({ receivedNs, traceId: 't' });

test('a round goes from step to step, and the next one begins at the start', async () => {
  const seals = new ToldSeals([
    { traces: 2, events: 5, next: place(1n) },
    { traces: 0, next: place(2n) },
    { traces: 1, events: 1 },
    {},
  ]);
  const sealer = new Sealer(seals, options, noting());
  const [startedMs] = [Date.now()];
  await sealer.run();
  assert.deepEqual(
    seals.asked.map(({ after }) => after?.receivedNs ?? null),
    [null, 1n, 2n],
  );
  const idleMs = startedMs - Number((seals.asked[0]?.beforeNs ?? 0n) / 1_000_000n);
  assert.ok(idleMs <= 60 * 60_000 && idleMs > 59 * 60_000, `${idleMs} ms`);
  await sealer.run();
  const { sealedTraces, sealedEvents, waiting, fault } = sealer.state;
  assert.deepEqual([sealedTraces, sealedEvents, waiting, fault], [3, 6, null, null]);
  assert.equal(seals.asked.length, 4);
  await sealer.close();
});

test('what keeps traces from being sealed is said once, and is over when it is', async () => {
  const log = noting();
  const missing = { missingDays: ['2026-01-02', '2026-01-03'] };
  const seals = new ToldSeals([
    missing,
    missing,
    new RacewayError('unavailable', 'the database is away'),
    {},
  ]);
  const sealer = new Sealer(seals, options, log);
  await sealer.run();
  await sealer.run();
  assert.match(sealer.state.waiting ?? '', /2026-01-02 and 1 more days.*raceway migrate/);
  await sealer.run();
  assert.equal(sealer.state.fault, 'the database is away');
  await sealer.run();
  assert.deepEqual([sealer.state.waiting, sealer.state.fault], [null, null]);
  assert.equal(log.lines.length, 2, log.lines.join('\n'));
});

test('with an obstacle, and where nothing is to be sealed, nobody is asked', async () => {
  const poor = new ToldSeals([], 'may not delete');
  const sealer = new Sealer(poor, options, noting());
  await sealer.run();
  assert.deepEqual([sealer.state.waiting, poor.asked], ['may not delete', []]);
  const off = new Sealer(poor, { ...options, afterMinutes: null }, noting());
  off.start();
  await off.run();
  assert.deepEqual(poor.asked, []);
  assert.equal(new Sealer(null, options, noting()).state.afterMinutes, null);
});

test('raceway migrate makes partitions, and with --seal seals what is due, however often it is run', async (t) => {
  const database = await testDatabase(t);
  const url = maskedConnection(database.connection).replace(
    ':***@',
    `:${database.connection.password}@`,
  );
  const raceway = async (minutes: string, ...args: string[]) => {
    const terminal = new TestTerminal(t);
    const environment = {
      RACEWAY_POSTGRES_CONNECTION: url,
      RACEWAY_STORAGE_POSTGRES_SEAL_AFTER_MINUTES: minutes,
    };
    const code = await terminal.run(['migrate', ...args], environment);
    return { code, text: terminal.everything() };
  };
  assert.match((await raceway('0')).text, /up to date/);
  assert.deepEqual(
    await database.run('SELECT FROM pg_inherits WHERE inhparent = $1::regclass', ['sealed_traces']),
    [],
  );
  assert.equal((await raceway('0', '--seal')).code, 2);

  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: false,
  });
  t.after(() => storage.close());
  const nowMs = Date.now();
  for (const [trace, days] of [
    ['a', 400],
    ['b', 3],
    ['c', 0],
  ] as const) {
    const receivedNs = BigInt(nowMs - days * dayMs) * 1_000_000n;
    await storage.append(keyless(records([wireEvent({ trace })])), receivedNs);
  }
  await analyseAll(storage);
  const first = await raceway('60', '--seal');
  assert.equal(first.code, 0, first.text);
  assert.match(first.text, /made partitions of sealed traces for 3[23] days/);
  assert.match(first.text, /Sealed 2 traces, 2 events\./);
  const again = await raceway('60', '--seal');
  assert.doesNotMatch(again.text, /made partitions/);
  assert.match(again.text, /Sealed 0 traces, 0 events\./);
  assert.equal((await storage.events('a', null, 10)).length, 1);

  const sealer = new Sealer(storage.seals, options, noting());
  await sealer.run();
  const { app } = await testApp(t, { storage, sealer });
  const { data } = (await app.inject({ url: '/status' })).json();
  assert.deepEqual(
    { ...data.sealing, last_run_at: null },
    {
      after_minutes: 60,
      last_run_at: null,
      sealed_traces: 0,
      sealed_events: 0,
      waiting: null,
      fault: null,
    },
  );
});

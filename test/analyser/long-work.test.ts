/** What takes long keeps nothing else waiting: large traces, and crowds on one variable. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Analyser } from '../../src/analyser/analyser.ts';
import { LongWork } from '../../src/analyser/long-work.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { WorkerThread } from '../../src/worker/worker-thread.ts';
import { everyIssue } from '../support/analyser.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';

const RECEIVED_NS = 2_000_000_000_000_000_000n;
const CROWD = 300;
/** More than small ones have. */
const GIANT_EVENTS = 2100;

const failing = {
  info: () => {},
  warn: (_: object, message: string) => assert.fail(message),
  error: (_: object, message: string) => assert.fail(message),
};

/** A thread whose tasks wait until somebody lets them begin. */
class HeldThread extends WorkerThread {
  #begin: () => void = () => {};
  readonly #begun = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });

  letBegin(): void {
    this.#begin();
  }

  override async run<Task extends Parameters<WorkerThread['run']>[0]>(task: Task, isBusy: boolean) {
    await this.#begun;
    return super.run(task, isBusy);
  }

  override async openLarge() {
    await this.#begun;
    return super.openLarge();
  }
}

function write(trace: string, at: number, variable: string) {
  return wireEvent({ trace, at, kind: 'StateChange', payload: access(variable, 'Write') });
}

/** Two requests that race on a row of their own. */
const pair = ['one', 'two'].flatMap((trace, place) => [
  write(trace, place, 'db:own'),
  write(trace, 100 + place, 'db:own'),
]);

async function analysing(t: TestContext, events: readonly object[]) {
  const storage = openMemoryStorage({ maxBytes: 64 * 1024 * 1024 });
  const long = new HeldThread();
  await storage.append(keyless(records(events)), RECEIVED_NS);
  const threads = { usual: new WorkerThread(), long };
  const analyser = new Analyser(storage, { races: true, spans: true }, failing, undefined, threads);
  t.after(async () => {
    long.letBegin();
    await analyser.close();
    await storage.close();
  });
  analyser.start();
  const variables = async () => {
    const { issues } = await storage.derived.issues(everyIssue);
    return [
      ...new Set(
        issues.flatMap(({ subject, evidence }) => (evidence === 'E0' ? [] : subject.variable)),
      ),
    ];
  };
  return { analyser, long, variables, waiting: () => storage.derived.waiting() };
}

test('a crowd on one row keeps no other race waiting, and is compared as a whole', async (t) => {
  const crowd = Array.from({ length: CROWD }, (_, request) => [
    write(`crowd-${request}`, request / 1000, 'db:crowded'),
    write(`crowd-${request}`, 1000 + request / 1000, 'db:crowded'),
  ]).flat();
  const { analyser, long, variables, waiting } = await analysing(t, [...crowd, ...pair]);
  // Nobody asks meanwhile: who does would have fewer traces claimed at once.
  while ((await waiting()).traces > CROWD) await pause(5);
  assert.deepEqual(await variables(), ['db:own']);
  assert.equal(await analyser.settle(10), true);
  long.letBegin();
  while (await analyser.settle(1000));
  assert.deepEqual((await variables()).sort(), ['db:crowded', 'db:own']);
});

test('a large trace keeps no other waiting', async (t) => {
  const giant = Array.from({ length: GIANT_EVENTS }, (_, at) => write('giant', at, 'db:large'));
  const { analyser, long, variables, waiting } = await analysing(t, [...giant, ...pair]);
  while ((await waiting()).traces > 1) await pause(5);
  assert.deepEqual(await variables(), ['db:own']);
  long.letBegin();
  while (await analyser.settle(1000));
  assert.equal((await waiting()).traces, 0);
});

test('pieces of long work follow each other, and a failure of one is told once', async () => {
  const done: string[] = [];
  const long = new LongWork(() => done.push('ended'));
  long.begin(async () => {
    throw new Error('one');
  });
  await new Promise<void>((resolve) => {
    long.begin(async () => {
      done.push('two');
      // What it leaves to be done comes after what waits already.
      long.begin(async () => resolve());
    });
    long.begin(async () => done.push('three'));
  });
  assert.equal(long.isUnderWay, true);
  await long.close();
  long.begin(async () => assert.fail('nothing begins after the end'));
  await long.close();
  assert.throws(() => long.check(), /one/);
  long.check();
  assert.equal(long.isUnderWay, false);
  assert.deepEqual(done, ['ended', 'two', 'ended', 'three', 'ended', 'ended', 'ended']);
});

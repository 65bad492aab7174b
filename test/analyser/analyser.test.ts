import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Analyser } from '../../src/analyser/analyser.ts';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import {
  analyseAll,
  assertRacedAreListed,
  derivedSnapshot,
  everyIssue,
} from '../support/analyser.ts';
import { access, keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';
import { recordedTraces } from '../support/recordings.ts';

const receivedNs = 2_000_000_000_000_000_000n;
/** Kept few in the suite: shrinking and Postgres cost more. */
const RUNS = 60;
const MEMORY_BYTES = 64 * 1024 * 1024;
const spanIds = ['aaaaaaaaaaaaaaaa', 'bbbbbbbbbbbbbbbb', 'cccccccccccccccc'];

function memory(): Storage {
  return openMemoryStorage({ maxBytes: MEMORY_BYTES });
}

function snapshot(storage: Storage) {
  return derivedSnapshot(storage, storage);
}

/** A step of some request: an access to a variable, or the end of its transaction. */
const step = fc.record({
  at: fc.nat(40),
  trace: fc.nat(5),
  thread: fc.nat(1),
  variable: fc.constantFrom('db:x', 'db:y', 'cache'),
  type: fc.constantFrom('Read', 'Write', 'Write', 'AtomicRMW'),
  value: fc.nat(3),
  kind: fc.constantFrom('access', 'access', 'access', 'lock', 'unlock', 'commit'),
  span: fc.constantFrom(null, ...spanIds),
  upstream: fc.constantFrom(null, null, ...spanIds),
});

const history = fc.array(step, { minLength: 1, maxLength: 30 });

function eventsOf(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]) {
  return records(
    steps.map((made, place) =>
      wireEvent({
        id: `${place.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`,
        trace: `t-${made.trace}`,
        at: made.at,
        thread: `thread-${made.thread}`,
        service: made.trace % 2 === 0 ? 'web' : 'stock',
        span: made.span,
        upstream: made.upstream,
        ...payloadOf(made),
      }),
    ),
  );
}

function payloadOf({
  kind,
  variable,
  type,
  value,
}: {
  kind: string;
  variable: string;
  type: string;
  value: number;
}) {
  if (kind === 'commit') {
    return { kind: 'Custom' as const, payload: { name: 'transaction.commit', data: null } };
  }
  if (kind === 'lock' || kind === 'unlock') {
    const payload = { lock_id: 'l', lock_type: 'Mutex', location: 'a.ts:1' };
    return { kind: kind === 'lock' ? ('LockAcquire' as const) : ('LockRelease' as const), payload };
  }
  const payload = access(variable, type, {
    new_value: value,
    old_value: type === 'Write' ? value - 1 : null,
  });
  return { kind: 'StateChange' as const, payload };
}

/** What is found when everything arrives at once. */
async function expected(events: readonly EventRecord[]) {
  const storage = memory();
  await storage.append(keyless(events), receivedNs);
  await analyseAll(storage);
  return snapshot(storage);
}

test('findings follow from the stored events, whatever arrived when and was erased meanwhile', async (t) => {
  const script = fc.record({
    steps: history,
    order: fc.array(fc.nat(), { minLength: 30, maxLength: 30 }),
    batches: fc.integer({ min: 1, max: 5 }),
    erased: fc.option(fc.nat(5)),
  });
  const property = fc.asyncProperty(script, async ({ steps, order, batches, erased }) => {
    const events = eventsOf(steps);
    const shuffled = [...events.keys()]
      .sort((a, b) => (order[a] ?? 0) - (order[b] ?? 0) || a - b)
      .map((place) => events[place] as EventRecord);
    const storage = memory();
    const size = Math.ceil(shuffled.length / batches);
    for (let start = 0; start < shuffled.length; start += size) {
      await storage.append(keyless(shuffled.slice(start, start + size)), receivedNs);
      await analyseAll(storage);
    }
    if (erased !== null) {
      await storage.eraseTrace(`t-${erased}`);
      await assertRacedAreListed(storage);
      await analyseAll(storage);
    }
    await assertRacedAreListed(storage);
    const left = events.filter(({ traceId }) => traceId !== `t-${erased}`);
    assert.deepEqual(await snapshot(storage), await expected(left));
  });
  const given = process.env['RACEWAY_PROPERTY_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  t.diagnostic(`RACEWAY_PROPERTY_SEED=${seed}`);
  await fc.assert(property, { numRuns: RUNS, seed });
});

test('two instances on one Postgres find what memory finds, also after a restart and an erasure', async (t) => {
  const { connection } = await testDatabase(t);
  const open = () => openPostgresStorage({ ...poolOptions(connection), autoMigrate: true });
  const first = await open();
  const second = await open();
  t.after(() => Promise.all([first.close(), second.close()]));
  const [sample] = fc.sample(fc.array(step, { minLength: 50, maxLength: 50 }), {
    seed: 7,
    numRuns: 1,
  });
  const events = [
    ...eventsOf(sample ?? []),
    ...records(['ts-race', 'chain'].flatMap((name) => recordedTraces(name).flat())),
  ];
  for (let start = 0; start < events.length; start += 40) {
    const target = start % 80 === 0 ? first : second;
    await target.append(keyless(events.slice(start, start + 40)), receivedNs);
    await Promise.all([analyseAll(first), analyseAll(second)].map((done) => done.catch(() => {})));
  }
  await analyseAll(first);
  assert.deepEqual(await snapshot(second), await expected(events));

  await first.eraseTrace('t-1');
  await analyseAll(second);
  const left = events.filter(({ traceId }) => traceId !== 't-1');
  assert.deepEqual(await snapshot(first), await expected(left));
});

test('of a group of huge events the first are looked at, and the report says that some are missing', async (t) => {
  const storage = openMemoryStorage({ maxBytes: 512 * MEMORY_BYTES });
  const log = { info: () => {}, warn: assert.fail, error: assert.fail };
  const analyser = new Analyser(storage, { races: true, spans: true }, log);
  t.after(() => analyser.close());
  const text = 'x'.repeat(1_000_000);
  const events = Array.from({ length: 140 }, (_, at) =>
    wireEvent({ at, trace: 'huge', kind: 'Custom', payload: { name: 'blob', data: text } }),
  );
  for (const event of events) await storage.append(keyless(records([event])), receivedNs);
  const { complete, truncated_by } = JSON.parse(
    (await analyser.read('huge'))?.report.analysis ?? '',
  );
  assert.deepEqual([complete, truncated_by], [false, 'group_characters']);
});

test('a report that was kept is made anew when a caller arrives late, or erased events come back changed', async (t) => {
  const storage = memory();
  const log = { info: () => {}, warn: assert.fail, error: assert.fail };
  const analyser = new Analyser(storage, { races: true, spans: true }, log);
  t.after(() => analyser.close());
  const called = (value: number) =>
    records([
      wireEvent({
        id: 'cccccccc-0000-4000-8000-000000000001',
        trace: 'called',
        at: 1,
        upstream: 'aaaaaaaaaaaaaaaa',
        kind: 'StateChange',
        payload: access('x', 'Write', { new_value: value }),
      }),
    ]);
  await storage.append(keyless(called(1)), receivedNs);
  assert.deepEqual((await analyser.read('called'))?.report.traceIds, ['called']);

  const caller = wireEvent({ trace: 'caller', at: 0, span: 'aaaaaaaaaaaaaaaa' });
  await storage.append(keyless(records([caller])), receivedNs);
  await analyseAll(storage);
  assert.deepEqual((await analyser.read('called'))?.report.traceIds, ['called', 'caller']);

  await storage.eraseTrace('called');
  await storage.append(keyless(called(2)), receivedNs);
  const trail = (await analyser.read('called'))?.report.auditTrails.get('x') ?? '';
  assert.match(trail, /"new_value":2/);
  assert.doesNotMatch(trail, /"new_value":1\b/);
});

test('a trace of many places is counted step by step, and may be analysed again or erased meanwhile', async () => {
  const accesses = (trace: string, sites: number) =>
    records(
      Array.from({ length: 3 * sites }, (_, at) =>
        wireEvent({
          id: `${trace}${String(at).padStart(7, '0')}-0000-4000-8000-000000000000`,
          trace,
          at,
          kind: 'StateChange',
          payload: access(`db:${at % 3}`, 'Write', { location: `${trace}.ts:${at}` }),
        }),
      ),
    );
  const storage = memory();
  for (const trace of ['a', 'b']) await storage.append(keyless(accesses(trace, 4)), receivedNs);
  await analyseAll(storage);
  await storage.append(keyless(accesses('a', 24), accesses('d', 24)), receivedNs);
  const analysed = analyseAll(storage);
  while ((await storage.derived.footprints(['d'])).length === 0) await new Promise(setImmediate);
  await storage.eraseTrace('d');
  await analysed;
  const left = [...accesses('a', 24), ...accesses('b', 4)];
  assert.deepEqual(await snapshot(storage), await expected(left));
});

test('places in the code that are as long as a file are told apart, and short in what is found', async () => {
  const storage = memory();
  const long = 'x'.repeat(300_000);
  await storage.append(
    keyless(
      records(
        ['a', 'b', 'a', 'b'].map((trace, at) =>
          wireEvent({
            trace,
            at,
            kind: 'StateChange',
            payload: access('db:x', 'Write', { location: `${long}${trace}`, new_value: at }),
          }),
        ),
      ),
    ),
    receivedNs,
  );
  await analyseAll(storage);
  const { issues } = await storage.derived.issues(everyIssue);
  const places = new Set(
    issues.flatMap(({ subject }) => subject.sites.map((site) => site.location)),
  );
  assert.equal(places.size, 2);
  assert.ok(JSON.stringify(issues).length < 100_000, 'each place comes with its beginning only');
});

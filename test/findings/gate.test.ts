/**
 * What real services did, and exactly what a user is told of it: races that happened are in the default
 * list, as what they are, and nothing else is.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Evidence, evidenceLevels } from '../../src/domain/findings/finding.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { analyseAll, everyIssue } from '../support/analyser.ts';
import { type Backend, memoryBackend, postgresBackend } from '../support/backends.ts';
import { keyless, records } from '../support/events.ts';
import { freshSchema, poolOptions } from '../support/postgres.ts';
import { randomFrom } from '../support/random.ts';
import { recordedTraces } from '../support/recordings.ts';

type WireEvent = Readonly<Record<string, unknown>>;

/** By recording: variable, pattern and the weakest evidence of all that the default list may show. */
const truth: Readonly<Record<string, readonly string[]>> = {
  chain: [],
  'go-locked': [],
  'ts-locked': [],
  'python-race': ['carol.balance lost_update E3', 'dave.balance lost_update E3'],
  'ts-race': ['alice.balance lost_update E3', 'bob.balance lost_update E3'],
  'svc-chain4': [],
  'svc-fa-book': ['fa.seats.A* lost_update E3'],
  'svc-go-buy': ['go.stock.widget check_then_act E2'],
  'svc-go-job': [],
  'svc-go-nested': [],
  'svc-py-fanout': ['py.fan.total lost_update E3'],
  'svc-py-nested': [],
  'svc-py-order': ['py.orders.* double_submit E3'],
  'svc-replicas-plain': ['wallet.*.balance lost_update E3'],
  'svc-rs-locked': [],
  'svc-rs-racy': ['rs.account.balance lost_update E3'],
  'svc-ts-buy': ['ts.stock.widget check_then_act E2'],
  'svc-ts-fanlocked': [],
  'svc-ts-job': [],
  'svc-ts-locked2': [],
  'svc-ts-order': ['ts.orders.* double_submit E3'],
  'svc-ts-proxy': ['ts.accounts.alice.balance lost_update E3'],
  'svc-ts-serial': [],
};

/** The same traffic, as it might have come otherwise. */
const arrivals: Readonly<
  Record<string, (traces: readonly WireEvent[][]) => readonly WireEvent[][]>
> = {
  'as it was recorded': (traces) => traces,
  backwards: (traces) => traces.map((events) => [...events].reverse()).reverse(),
  'an event at a time, mixed': (traces) =>
    traces
      .flat()
      .map((event, place) => ({ event, key: (place * 7919) % 1009 }))
      .sort((a, b) => a.key - b.key)
      .map(({ event }) => [event]),
  'all of it twice': (traces) => [...traces, ...traces.map((events) => [...events].reverse())],
};

/** What the default list shows, with the evidence cut to what the truth asks for. */
async function listed(storage: Storage, expected: readonly string[]): Promise<readonly string[]> {
  await analyseAll(storage);
  const { issues } = await storage.derived.issues({
    ...everyIssue,
    evidenceMin: 'E1',
    anyScope: false,
  });
  return issues
    .map(({ subject, pattern, evidence, count }) => {
      assert.ok(count > 0, `${subject.variable} happened`);
      const least = expected
        .find((line) => line.startsWith(`${subject.variable} ${pattern} `))
        ?.slice(-2) as Evidence | undefined;
      const isEnough =
        least !== undefined && evidenceLevels.indexOf(evidence) >= evidenceLevels.indexOf(least);
      return `${subject.variable} ${pattern} ${isEnough ? least : evidence}`;
    })
    .sort();
}

/** What a storage of its own shows after some requests. */
async function found(
  backend: Backend,
  requests: readonly (readonly WireEvent[])[],
  expected: readonly string[],
): Promise<readonly string[]> {
  const storage = await backend.open();
  for (const events of requests) {
    await storage.append(keyless(records(events)), 1_900_000_000_000_000_000n);
  }
  const lines = await listed(storage, expected);
  await storage.close();
  return lines;
}

for (const [recording, expected] of Object.entries(truth)) {
  test(`${recording}: ${expected.join(', ') || 'nothing'}`, async () => {
    const traces = recordedTraces(recording).map((events) => [...events]);
    for (const [name, arrival] of Object.entries(arrivals)) {
      assert.deepEqual(await found(memoryBackend, arrival(traces), expected), expected, name);
    }
    const mixed = arrivals['an event at a time, mixed']?.(traces) ?? [];
    assert.deepEqual(await found(postgresBackend, mixed, expected), expected, 'Postgres');
  });
}

/** Arrivals that are tried of each recording in which nothing went wrong; `npm run test:arrivals`: 50. */
const arrivalRuns = Number(process.env['RACEWAY_ARRIVAL_RUNS'] ?? 1);

for (const [recording] of Object.entries(truth).filter(([, expected]) => expected.length === 0)) {
  test(`${recording}: nothing, however the events come`, async () => {
    const events = recordedTraces(recording).flat();
    for (let run = 1; run <= arrivalRuns; run += 1) {
      const random = randomFrom(run);
      const late = events
        .map((event, place) => ({ event, at: place + random() * events.length * random() }))
        .sort((a, b) => a.at - b.at);
      const requests: WireEvent[][] = [[]];
      for (const { event } of late) {
        if (random() < 0.2) requests.push([]);
        requests.at(-1)?.push(event);
      }
      const sent = requests.filter((request) => request.length > 0);
      assert.deepEqual(await found(memoryBackend, sent, []), [], `run ${run}`);
    }
  });
}

for (const recording of ['svc-ts-locked2', 'svc-ts-order', 'svc-go-buy', 'svc-replicas-plain']) {
  test(`${recording}: the same when the server was started anew half way`, async () => {
    const expected = truth[recording] ?? [];
    const traces = recordedTraces(recording);
    const middle = Math.ceil(traces.length / 2);
    const schema = await freshSchema();
    let lines: readonly string[] = [];
    for (const part of [traces.slice(0, middle), traces.slice(middle), []]) {
      const options = { ...poolOptions(schema.connection), autoMigrate: true };
      const storage = await openPostgresStorage(options);
      for (const events of part) {
        await storage.append(keyless(records(events)), 1_900_000_000_000_000_000n);
      }
      lines = await listed(storage, expected);
      await storage.close();
    }
    await schema.drop();
    assert.deepEqual(lines, expected);
    // Memory is gone with its process; who analyses may be started anew.
    const storage = await memoryBackend.open();
    for (const part of [traces.slice(0, middle), traces.slice(middle)]) {
      for (const events of part) {
        await storage.append(keyless(records(events)), 1_900_000_000_000_000_000n);
      }
      lines = await listed(storage, expected);
    }
    await storage.close();
    assert.deepEqual(lines, expected);
  });
}

/** Plain names of one process: whether the requests went to one instance or two changes nothing. */
const split = Object.entries(truth).filter(([recording]) => !/replicas|fan|chain/.test(recording));

for (const [recording, expected] of split) {
  test(`${recording}: the same when two instances share the requests`, async () => {
    const traces = recordedTraces(recording).map((events, place) =>
      events.map((event) => {
        const metadata = event['metadata'] as { readonly instance_id?: string };
        const instance = `${metadata.instance_id}-${place % 2}`;
        return { ...event, metadata: { ...metadata, instance_id: instance } };
      }),
    );
    const lines = await found(memoryBackend, traces, expected);
    // Whether two instances share a flag that each sets once, its values cannot tell.
    const possible = /order/.test(recording)
      ? expected.filter((line) => lines.includes(line))
      : expected;
    assert.deepEqual(lines, possible);
  });
}

test('the first six requests of an unlocked path prove a lost update by themselves', async () => {
  const six = recordedTraces('svc-rs-racy').slice(0, 6);
  const expected = ['rs.account.balance lost_update E3'];
  assert.deepEqual(await found(memoryBackend, six, expected), expected);
});

/**
 * What real services did, and exactly what a user is told of it: races that happened are in the default
 * list, as what they are, and nothing else is.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Evidence, evidenceLevels } from '../../src/domain/findings/finding.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { analyseAll, everyIssue } from '../support/analyser.ts';
import { type Backend, memoryBackend, postgresBackend } from '../support/backends.ts';
import { keyless, records } from '../support/events.ts';
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

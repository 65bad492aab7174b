import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { testApp } from '../support/app.ts';
import { backends } from '../support/backends.ts';
import { exactJson } from '../support/exact-json.ts';
import { completed, instant } from '../support/expected-events.ts';
import { type GeneratedEvent, generatedEvent } from '../support/generated-events.ts';
import { type HttpClient, listening } from '../support/http.ts';
import { assertAsyncProperty } from '../support/properties.ts';
import { receivingAt } from '../support/storage-with.ts';

const RUNS = 40;

interface Outcome {
  readonly accepted: number;
  readonly rejected: readonly { index: number; id: unknown; errors: unknown[] }[];
}

test('what is accepted comes back exactly, the rest has its faults, and both storages agree', async (t) => {
  const clients: HttpClient[] = [];
  for (const { open } of backends) {
    // Last activity is bounded by the time of arrival, which has to be the same for both.
    const storage = receivingAt(await open(), 1_800_000_000_000_000_000n);
    const { app } = await testApp(t, { storage });
    clients.push(await listening(app));
  }
  let acceptedCount = 0;
  let refusedCount = 0;
  const batches = fc.uniqueArray(generatedEvent, { selector: ({ id }) => id, maxLength: 8 });
  await assertAsyncProperty(
    t,
    RUNS,
    fc.asyncProperty(batches, async (events) => {
      const body = `{"events":[${events.map(({ text }) => text).join(',')}]}`;
      const seen = [];
      for (const client of clients) {
        const outcome = await post(client, body);
        const stored = checkOutcome(events, outcome);
        await checkTraces(client, stored);
        const lists = await Promise.all(
          ['/api/traces?page_size=100', '/api/traces?sort=asc', '/api/services'].map((path) =>
            client.send({ path }),
          ),
        );
        seen.push({
          outcome,
          lists: lists.map(({ text }) => text.replace(/"next_cursor":"[^"]*"/, '')),
        });
        for (const id of stored.keys()) {
          const path = `/api/traces/${encodeURIComponent(id)}`;
          assert.equal((await client.send({ method: 'DELETE', path })).status, 200, id);
        }
      }
      assert.deepEqual(seen[1], seen[0]);
      acceptedCount += seen[0]?.outcome.accepted ?? 0;
      refusedCount += seen[0]?.outcome.rejected.length ?? 0;
    }),
  );
  t.diagnostic(`${acceptedCount} events accepted, ${refusedCount} refused`);
  assert.ok(acceptedCount > RUNS / 4 && refusedCount > RUNS / 4);
});

async function post(client: HttpClient, body: string): Promise<Outcome> {
  const headers = { 'content-type': 'application/json' };
  const reply = await client.send({ method: 'POST', path: '/events', headers, body });
  const { success, data, details } = JSON.parse(reply.text);
  assert.equal(reply.status, success ? 200 : 400, reply.text);
  return success ? data : details;
}

/** The events that must be stored now, by trace. */
function checkOutcome(events: readonly GeneratedEvent[], outcome: Outcome) {
  const refused = new Set(outcome.rejected.map(({ index }) => index));
  assert.equal(outcome.accepted, events.length - refused.size);
  for (const { index, id, errors } of outcome.rejected) {
    assert.equal(id, (JSON.parse(events[index]?.text ?? '') as { id: string }).id);
    assert.ok(errors.length > 0);
    for (const fault of errors as { path: unknown; message: unknown }[]) {
      assert.equal(typeof fault.path, 'string');
      assert.match(String(fault.message), /\w/);
    }
  }
  const stored = new Map<string, GeneratedEvent[]>();
  events.forEach((event, index) => {
    if (refused.has(index)) return;
    stored.set(event.traceId, [...(stored.get(event.traceId) ?? []), event]);
  });
  return stored;
}

async function checkTraces(
  client: HttpClient,
  stored: ReadonlyMap<string, readonly GeneratedEvent[]>,
): Promise<void> {
  for (const [traceId, events] of stored) {
    const reply = await client.send({ path: `/api/traces/${encodeURIComponent(traceId)}/events` });
    const expected = events
      .map(({ text, id }) => {
        const event = completed(exactJson(text) as never);
        return { id, at: instant(event['timestamp']), event: { ...event, id, trace_id: traceId } };
      })
      .sort((a, b) => Number(a.at - b.at) || (a.id < b.id ? -1 : 1))
      .map(({ event }) => event);
    assert.equal(reply.status, 200, reply.text);
    const { data } = exactJson(reply.text) as { data: { events: typeof expected } };
    const order = hasTask(expected) ? byId : (some: typeof expected) => some;
    assert.deepEqual(order(data.events), order(expected));
  }
}

type Told = Readonly<Record<string, unknown>>;

/** Whether a task has the name of a thread: what waits for it comes after that thread, whatever its time. */
function hasTask(events: readonly Told[]): boolean {
  const strands = new Set<unknown>();
  const tasks: unknown[] = [];
  for (const { kind, metadata } of events as readonly Record<string, Record<string, Told>>[]) {
    const { thread_id: thread, tags } = metadata as Told;
    strands.add(thread).add((tags as Told | null | undefined)?.['task_id']);
    const { AsyncSpawn: spawn, AsyncAwait: waiting } = kind as Record<string, Told | undefined>;
    tasks.push(spawn?.['task_id'], waiting?.['future_id']);
  }
  return tasks.some((task) => task !== undefined && strands.has(task));
}

function byId<Event extends Told>(events: readonly Event[]): Event[] {
  return [...events].sort((a, b) => (String(a['id']) < String(b['id']) ? -1 : 1));
}

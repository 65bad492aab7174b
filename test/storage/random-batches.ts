import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { everyTrace, type TraceQuery } from '../../src/domain/trace/trace-query.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { StorageModel } from './model.ts';

const RUNS = 30;
const baseNs = BigInt(Date.UTC(2024, 0, 1, 12)) * 1_000_000n;

const event = fc
  .record({
    id: fc
      .nat(25)
      .map((n) => `${(n * 11).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`),
    trace: fc.constantFrom('a', 'a%', 'b_', 'B\\', '__proto__', "o'", '😀', '\uffff'),
    at: fc.nat(30).map((ms) => ms / 1000),
    service: fc.constantFrom('', 'web', 'we%', 'stock', '__proto__'),
    environment: fc.constantFrom('test', 'test', '__proto__'),
    kind: fc.constantFrom('FunctionCall' as const, 'Error' as const, 'Custom' as const),
    text: fc.constantFrom('load', 'lo%d', '', '__proto__', '😀'),
  })
  .map(({ text, ...sketch }) => wireEvent({ ...sketch, payload: payloadOf(sketch.kind, text) }));

/** Some appends, each of some requests, received at some time. */
const appends = fc.array(
  fc.record({
    requests: fc.array(fc.array(event, { maxLength: 8 }), { maxLength: 3 }),
    receivedMicros: fc.nat(40),
  }),
  { minLength: 1, maxLength: 5 },
);

const query: fc.Arbitrary<TraceQuery> = fc
  .record(
    {
      sort: fc.constantFrom('asc' as const, 'desc' as const),
      limit: fc.integer({ min: 1, max: 4 }),
      offset: fc.nat(3),
      service: fc.constantFrom('', 'web', 'we', '__proto__'),
      environment: fc.constantFrom('test', 'tes', '__proto__'),
      minEvents: fc.integer({ min: 1, max: 6 }),
      sinceNs: fc.nat(30).map((micros) => baseNs + BigInt(micros) * 1000n),
      untilNs: fc.nat(40).map((micros) => baseNs + BigInt(micros) * 1000n),
      minDurationMs: fc.nat(30).map((micros) => micros / 1000),
      maxDurationMs: fc.nat(30).map((micros) => micros / 1000),
      hasErrors: fc.boolean(),
      hasAnomalies: fc.boolean(),
      text: fc.constantFrom('', 'a', 'lo', 'lo%', 'we', '_', '%', '\\', '__proto__', '😀'),
    },
    { requiredKeys: ['sort', 'limit'] },
  )
  .map((part) => ({ ...everyTrace, ...part }));

/** Random appends, then random queries, against {@link StorageModel}. */
export function testRandomBatches(fresh: (t: TestContext) => Promise<Storage>): void {
  test('random batches and queries, against the model', async (t) => {
    const storage = await fresh(t);
    await fc.assert(
      fc.asyncProperty(appends, fc.array(query, { maxLength: 6 }), async (batches, queries) => {
        await empty(storage);
        const model = new StorageModel();
        for (const { requests, receivedMicros } of batches) {
          const events = requests.map((request): readonly EventRecord[] => records(request));
          const receivedNs = baseNs + BigInt(receivedMicros) * 1000n;
          assert.deepEqual(
            await storage.append(keyless(...events), receivedNs),
            model.append(events, receivedNs),
          );
        }
        await compare(storage, model);
        for (const wanted of queries) await compareList(storage, model, wanted);
      }),
      { numRuns: RUNS },
    );
  });
}

async function compare(storage: Storage, model: StorageModel): Promise<void> {
  const all = { ...everyTrace, limit: 100 };
  assert.deepEqual(await storage.listTraces(all), {
    traces: model.traces(all),
    total: model.traceIds.length,
    next: null,
  });
  for (const environment of [null, 'test', '__proto__', 'tes', 'nul\0']) {
    assert.deepEqual(await storage.services(environment), model.services(environment));
    const active = await storage.serviceActivity(0n, environment);
    assert.deepEqual(
      active.map(({ lastActivityNs: _, ...totals }) => totals),
      model.services(environment),
    );
  }
  const { traceCount, eventCount } = await storage.statistics();
  assert.deepEqual([traceCount, eventCount], [model.traceIds.length, model.eventCount]);
  for (const traceId of model.traceIds) {
    assert.deepEqual(await storage.trace(traceId), model.trace(traceId));
    const middle = model.events(traceId, null, 3).at(-1) ?? null;
    for (const after of [null, middle]) {
      assert.deepEqual(await storage.events(traceId, after, 5), model.events(traceId, after, 5));
    }
  }
}

/** One page by number, and the page after it by cursor. */
async function compareList(
  storage: Storage,
  model: StorageModel,
  wanted: TraceQuery,
): Promise<void> {
  const matching = model.traces(wanted);
  const end = wanted.offset + wanted.limit;
  const page = await storage.listTraces(wanted);
  assert.deepEqual(page.traces, matching.slice(wanted.offset, end));
  assert.equal(page.total, matching.length);
  assert.equal(page.next === null, matching.length <= end);
  if (page.next === null) return;
  const following = await storage.listTraces({ ...wanted, offset: 0, cursor: page.next });
  assert.deepEqual(following.traces, matching.slice(end, end + wanted.limit));
  assert.equal(following.total, matching.length);
}

async function empty(storage: Storage): Promise<void> {
  const { traces } = await storage.listTraces({ ...everyTrace, limit: 100 });
  for (const { traceId, eventCount } of traces) {
    assert.equal(await storage.eraseTrace(traceId), eventCount);
  }
  assert.deepEqual(await storage.services(), []);
}

function payloadOf(kind: 'FunctionCall' | 'Error' | 'Custom', text: string): object {
  if (kind === 'Error') return { error_type: text, message: '', stack_trace: null };
  if (kind === 'Custom') return { name: text, data: null };
  return { function_name: text, module: 'm', args: [], file: 'f', line: 1 };
}

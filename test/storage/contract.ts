import assert from 'node:assert/strict';
import { describe, type TestContext, test } from 'node:test';
import { RacewayError } from '../../src/domain/errors.ts';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { summarise } from '../../src/domain/trace/trace.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import { isLastPage } from '../../src/storage/event-page.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { testErasure } from './erasure-contract.ts';
import { hostileEvents } from './hostile-events.ts';
import { testLatency } from './latency-contract.ts';
import { testLatencyLists } from './latency-lists.ts';
import { testLists } from './list-contract.ts';
import { StorageModel } from './model.ts';
import { testRandomBatches } from './random-batches.ts';
import { testTaught } from './taught-contract.ts';
import { testCuts } from './truncation-contract.ts';

/** Later than every event of these tests, unless a test says otherwise. */
const receivedNs = 2_000_000_000_000_000_000n;

function uuid(number: number): string {
  return `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;
}

/**
 * What every storage must do, compared by whole results.
 *
 * @param open gives an empty storage; the suite closes it
 */
export function storageContract(name: string, open: () => Promise<Storage>): void {
  async function fresh(t: TestContext): Promise<Storage> {
    const storage = await open();
    t.after(() => storage.close());
    return storage;
  }

  async function filled(t: TestContext, events: readonly object[]): Promise<Storage> {
    const storage = await fresh(t);
    await storage.append(keyless(records(events)), receivedNs);
    return storage;
  }

  describe(`storage contract: ${name}`, () => {
    test('an empty storage', async (t) => {
      const storage = await fresh(t);
      await storage.ready();
      assert.deepEqual(await storage.listTraces(everyTrace), { traces: [], total: 0, next: null });
      assert.equal(await storage.trace('unknown'), null);
      assert.deepEqual(await storage.events('unknown', null, 10), []);
      assert.equal(await storage.eraseTrace('unknown'), null);
      assert.deepEqual(await storage.services(), []);
      assert.deepEqual(await storage.append(keyless(), receivedNs), []);
      assert.deepEqual(await storage.append(keyless([], []), receivedNs), [
        { accepted: 0, duplicates: 0 },
        { accepted: 0, duplicates: 0 },
      ]);
      const { bytes, bytesMax, diskBytes: _, backend, ...counts } = await storage.statistics();
      assert.deepEqual(counts, {
        traceCount: 0,
        eventCount: 0,
        oldestActivityNs: null,
        evictedTraces: 0,
        evictedEvents: 0,
        evictedServices: [],
        pinned: { traces: 0, bytes: 0 },
        replica: null,
      });
    });

    test('the first event of an id stays, and each request hears of its own', async (t) => {
      const storage = await fresh(t);
      const [first, second, third] = records([
        wireEvent({ id: uuid(1), trace: 't', service: 'first' }),
        wireEvent({ id: uuid(1), trace: 't', service: 'second' }),
        wireEvent({ id: uuid(1), trace: 't', service: 'third', at: 50 }),
      ]) as [never, never, never];
      const [other, elsewhere] = records([
        wireEvent({ id: uuid(2), trace: 't', at: 10 }),
        wireEvent({ id: uuid(1), trace: 'u' }),
      ]) as [never, never];
      assert.deepEqual(
        await storage.append(keyless([first, second, other], [third, elsewhere]), receivedNs),
        [
          { accepted: 2, duplicates: 1 },
          { accepted: 1, duplicates: 1 },
        ],
      );
      assert.deepEqual(await storage.append(keyless([third], [other, other]), receivedNs), [
        { accepted: 0, duplicates: 1 },
        { accepted: 0, duplicates: 2 },
      ]);
      assert.deepEqual(await storage.events('t', null, 10), [first, other]);
      assert.deepEqual(await storage.events('u', null, 10), [elsewhere]);
      assert.deepEqual(await storage.trace('t'), summarise([first, other], receivedNs));
      assert.deepEqual(await storage.services(), [
        { name: 'first', eventCount: 1, traceCount: 1 },
        { name: 'web', eventCount: 2, traceCount: 2 },
      ]);
      assert.equal((await storage.statistics()).eventCount, 3);
    });

    test('events come by all nine digits, then by id, and in pages', async (t) => {
      const times = [
        '2024-01-01T12:00:00.000000002Z',
        '2024-01-01T12:00:00.000000001Z',
        '2024-01-01T13:00:00.000000001+01:00',
        '2024-01-01T11:59:59.999999999Z',
        '2024-01-01T12:00:00Z',
        '2261-12-31T23:59:59.999999999Z',
        '1970-01-01T00:00:00Z',
      ];
      const ids = ['b0', 'ff', '0f', 'a0', '9f', '10', 'c0'].map(
        (digits) => `${digits}000000-0000-4000-8000-000000000000`,
      );
      const stored = records(
        times.map((at, n) => wireEvent({ id: ids[n] as string, at, trace: 't' })),
      );
      const storage = await fresh(t);
      for (const event of stored) await storage.append(keyless([event]), receivedNs);
      const expected = [6, 3, 4, 2, 1, 0, 5].map((index) => stored[index] as EventRecord);
      assert.deepEqual(await storage.events('t', null, 100), expected);
      for (const limit of [1, 2, 3, 7]) {
        const seen = [];
        for (let after = null; seen.length < expected.length; ) {
          const page = await storage.events('t', after, limit);
          assert.ok(page.length > 0 && page.length <= limit);
          seen.push(...page);
          after = page.at(-1) ?? null;
        }
        assert.deepEqual(seen, expected);
        assert.deepEqual(await storage.events('t', seen.at(-1) ?? null, limit), []);
      }
    });

    test('a page of huge events ends early, and the next goes on behind it', async (t) => {
      const megabyte = 'é'.repeat(1024 * 1024);
      const stored = records(
        Array.from({ length: 18 }, (_, at) =>
          wireEvent({ at, trace: 't', kind: 'Custom', payload: { name: 'b', data: megabyte } }),
        ),
      );
      const storage = await fresh(t);
      await storage.append(keyless(stored), receivedNs);
      const first = await storage.events('t', null, 100);
      assert.deepEqual(first, stored.slice(0, 16));
      assert.equal(isLastPage(first, 100), false);
      const rest = await storage.events('t', first.at(-1) ?? null, 100);
      assert.deepEqual(rest, stored.slice(16));
      assert.equal(isLastPage(rest, 100), true);
    });

    test('a summary does not depend on the order of arrival', async (t) => {
      const stored = records([
        wireEvent({
          id: uuid(3),
          at: 5,
          service: 'b',
          kind: 'Custom',
          payload: { name: 'x', data: 1 },
        }),
        wireEvent({ id: uuid(2), at: 5, service: 'c' }),
        wireEvent({ id: uuid(9), at: 90, service: '', kind: 'Error', payload: errorPayload }),
        wireEvent({
          id: uuid(8),
          at: 90,
          service: 'b',
          kind: 'HttpResponse',
          payload: response(503),
        }),
        wireEvent({
          id: uuid(1),
          at: 7,
          service: 'é',
          kind: 'HttpResponse',
          payload: response(404),
        }),
      ]);
      for (const order of [
        [0, 1, 2, 3, 4],
        [4, 3, 2, 1, 0],
        [2, 0, 4, 1, 3],
      ]) {
        const storage = await fresh(t);
        const arriving = order.map((index) => stored[index] as (typeof stored)[number]);
        await storage.append(keyless(arriving.slice(0, 2)), receivedNs);
        for (const event of arriving.slice(1)) await storage.append(keyless([event]), receivedNs);
        const expected = summarise(stored, receivedNs);
        assert.deepEqual(expected.services, ['b', 'c', 'é']);
        assert.equal(expected.errorCount, 2);
        assert.deepEqual(await storage.trace(expected.traceId), expected);
        assert.deepEqual((await storage.listTraces(everyTrace)).traces, [expected]);
      }
    });

    test('a clock in the future does not lead the list', async (t) => {
      const storage = await fresh(t);
      const at = (second: number) => `2024-01-01T12:00:0${second}Z`;
      const instant = (second: number) => BigInt(Date.parse(at(second))) * 1_000_000n;
      const [ahead] = records([wireEvent({ trace: 'ahead', at: '2200-01-01T00:00:00Z' })]);
      const [right] = records([wireEvent({ trace: 'right', at: at(2) })]);
      await storage.append(keyless([ahead as never]), instant(1));
      await storage.append(keyless([right as never]), instant(3));
      const { traces } = await storage.listTraces(everyTrace);
      assert.deepEqual(
        traces.map((trace) => [trace.traceId, trace.lastActivityNs]),
        [
          ['right', instant(2)],
          ['ahead', instant(1)],
        ],
      );
      // Received again, an event does not count as new activity.
      await storage.append(keyless([ahead as never]), instant(9));
      assert.equal((await storage.trace('ahead'))?.lastActivityNs, instant(1));
    });

    test('whatever is accepted comes back exactly', async (t) => {
      const storage = await fresh(t);
      const events = hostileEvents();
      await storage.append(keyless(events), receivedNs);
      const traceIds = [...new Set(events.map((event) => event.traceId))];
      const model = new StorageModel();
      model.append([events], receivedNs);
      for (const traceId of traceIds) {
        assert.deepEqual(
          await storage.events(traceId, null, 1000),
          model.events(traceId, null, 1000),
        );
        assert.deepEqual(await storage.trace(traceId), model.trace(traceId));
      }
      assert.deepEqual(await storage.services(), model.services());
      const { traces, total } = await storage.listTraces({ ...everyTrace, limit: 100 });
      assert.equal(total, traceIds.length);
      assert.deepEqual(new Set(traces.map((trace) => trace.traceId)), new Set(traceIds));
    });

    test('a deleted trace is gone everywhere, and may come again', async (t) => {
      const events = [
        wireEvent({ trace: 'gone', service: 'only' }),
        wireEvent({ trace: 'gone', service: 'web', at: 9 }),
        wireEvent({ trace: 'stays', service: 'web' }),
      ];
      const storage = await filled(t, events);
      assert.equal(await storage.eraseTrace('gone'), 2);
      assert.equal(await storage.eraseTrace('gone'), null);
      assert.equal(await storage.trace('gone'), null);
      assert.deepEqual(await storage.events('gone', null, 10), []);
      assert.deepEqual(await storage.services(), [{ name: 'web', eventCount: 1, traceCount: 1 }]);
      assert.equal((await storage.listTraces(everyTrace)).total, 1);
      const { traceCount, eventCount } = await storage.statistics();
      assert.deepEqual({ traceCount, eventCount }, { traceCount: 1, eventCount: 1 });
      assert.deepEqual(await storage.append(keyless(records(events)), receivedNs), [
        { accepted: 2, duplicates: 1 },
      ]);
      assert.equal((await storage.events('gone', null, 10)).length, 2);
    });

    test('appends at the same time lose nothing and count nothing twice', async (t) => {
      const storage = await fresh(t);
      const events = records(
        Array.from({ length: 200 }, (_, n) =>
          wireEvent({ id: uuid(n), trace: `t-${n % 7}`, at: n, service: `s-${n % 3}` }),
        ),
      );
      const shares = Array.from({ length: 8 }, (_, share) =>
        events.filter((_, n) => n % 8 === share || n % 8 === (share * 3 + 1) % 8),
      );
      const outcomes = await Promise.all(
        shares.map((share, n) =>
          storage.append(keyless(n % 2 === 0 ? share : share.toReversed()), receivedNs),
        ),
      );
      const accepted = outcomes.flat().reduce((sum, outcome) => sum + outcome.accepted, 0);
      assert.equal(accepted, new Set(shares.flat().map((event) => event.id)).size);
      const model = new StorageModel();
      model.append(shares, receivedNs);
      const { traces } = await storage.listTraces({ ...everyTrace, limit: 100 });
      assert.deepEqual(traces, model.traces(everyTrace));
      assert.deepEqual(await storage.services(), model.services());
      for (const traceId of model.traceIds) {
        assert.deepEqual(
          await storage.events(traceId, null, 1000),
          model.events(traceId, null, 1000),
        );
      }
    });

    test('appends and deletes at the same time leave no half of a trace', async (t) => {
      const storage = await fresh(t);
      let accepted = 0;
      let deleted = 0;
      await Promise.all(
        Array.from({ length: 40 }, async (_, n) => {
          if (n % 4 === 3) {
            const count = await storage.eraseTrace('t');
            deleted += count ?? 0;
          } else {
            const service = n % 4 === 0 ? '' : `s-${n % 4}`;
            const events = records([wireEvent({ id: uuid(n), trace: 't', at: n, service })]);
            const [outcome] = await storage.append(keyless(events), receivedNs);
            accepted += outcome?.accepted ?? 0;
          }
        }),
      );
      const left = await storage.events('t', null, 100);
      assert.equal(left.length, accepted - deleted);
      const model = new StorageModel();
      model.append([left], receivedNs);
      assert.deepEqual(await storage.trace('t'), model.trace('t'));
      assert.deepEqual(await storage.services(), model.services());
      const { traces, total } = await storage.listTraces(everyTrace);
      assert.deepEqual([traces, total], [model.traces(everyTrace), model.traceIds.length]);
    });

    test('values handed out do not change', async (t) => {
      const storage = await filled(t, [wireEvent({ trace: 't', at: 5 })]);
      const summary = await storage.trace('t');
      const page = await storage.listTraces(everyTrace);
      const services = await storage.services();
      const events = await storage.events('t', null, 10);
      const before = structuredClone({ summary, page, services, events });
      await storage.append(
        keyless(records([wireEvent({ trace: 't', at: 1, service: 'new' })])),
        receivedNs,
      );
      await storage.eraseTrace('t');
      assert.deepEqual({ summary, page, services, events }, before);
    });

    test('a closed storage rejects', async () => {
      const storage = await open();
      await storage.close();
      await assert.rejects(
        storage.append(keyless(records([wireEvent()])), receivedNs),
        RacewayError,
      );
      await assert.rejects(storage.listTraces(everyTrace), RacewayError);
      await assert.rejects(storage.ready(), RacewayError);
    });

    testLists(fresh);
    testCuts(fresh);
    testErasure(fresh);
    testLatency(fresh);
    testTaught(fresh);
    testLatencyLists(fresh);
    testRandomBatches(fresh);
  });
}

const errorPayload = { error_type: 'TypeError', message: 'x is null', stack_trace: [] };

function response(status: number): object {
  return { status, headers: {}, body: null, duration_ms: 3 };
}

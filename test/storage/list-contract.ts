import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { RacewayError } from '../../src/domain/errors.ts';
import { glanceAt } from '../../src/domain/trace/trace-glance.ts';
import {
  everyTrace,
  type TraceCursor,
  type TracePage,
  type TraceQuery,
  unsearched,
} from '../../src/domain/trace/trace-query.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { StorageModel } from './model.ts';

/** Later than every event of these tests. */
const receivedNs = 2_000_000_000_000_000_000n;
/** So many that half of them are looked for in another way than a few. */
const MANY_TRACES = 4200;

/** The whole list, page by page, each from the cursor of the one before. */
export async function walk(
  storage: Storage,
  query: TraceQuery,
  betweenPages: (page: number) => Promise<void> = async () => {},
): Promise<string[]> {
  const seen: string[] = [];
  let cursor: TraceCursor | null = null;
  for (let page = 1; page <= 1000; page += 1) {
    const { traces, next }: TracePage = await storage.listTraces({
      ...query,
      cursor,
    });
    seen.push(...traces.map((trace) => trace.traceId));
    if (next === null) return seen;
    assert.equal(traces.length, query.limit, 'only the last page may be short');
    cursor = next;
    await betweenPages(page);
  }
  throw new Error('the walk does not end');
}

/** What every storage must do when traces are listed. */
export function testLists(fresh: (t: TestContext) => Promise<Storage>): void {
  async function filled(t: TestContext, events: readonly object[]): Promise<Storage> {
    const storage = await fresh(t);
    await storage.append(keyless(records(events)), receivedNs);
    return storage;
  }

  test('every filter, alone and together', async (t) => {
    const events = [
      wireEvent({ trace: 'a-1', at: 0, service: 'shop', kind: 'HttpRequest', payload: request }),
      wireEvent({ trace: 'a-1', at: 40, service: 'stock' }),
      wireEvent({ trace: 'a-1', at: 40.001, service: 'shop' }),
      wireEvent({
        trace: 'a_2',
        at: 100,
        service: 'shop_2',
        kind: 'Error',
        environment: 'prod',
        payload: errorPayload,
      }),
      wireEvent({
        trace: 'b%3',
        at: 200,
        service: 'stock',
        kind: 'StateChange',
        payload: access,
      }),
      wireEvent({ trace: 'b%3', at: 300, service: '' }),
      wireEvent({ trace: 'B\\4', at: 400, service: '' }),
      wireEvent({ trace: 'ABCDEFAB-0000-4000-8000-000000000001', at: 300, service: 'Shop' }),
    ];
    const storage = await filled(t, events);
    const model = new StorageModel();
    model.append([records(events)], receivedNs);
    const ns = (ms: number) => BigInt(Date.UTC(2024, 0, 1, 12) + ms) * 1_000_000n;
    const hits: [Partial<TraceQuery>, number][] = [
      [{ service: 'shop' }, 1],
      [{ service: 'stock' }, 2],
      [{ service: 'sho' }, 0],
      [{ service: '' }, 0],
      [{ service: 'nul\0' }, 0],
      [{ service: 'half\ud83d' }, 0],
      [{ operation: 'GET /orders?q=100%&x=1' }, 1],
      [{ operation: 'get /orders' }, 1],
      [{ operation: 'GET /o' }, 0],
      [{ operation: 'total' }, 1],
      [{ operation: 'total', service: 'stock', text: 'b' }, 1],
      [{ operation: 'nul\0' }, 0],
      [{ environment: 'prod' }, 1],
      [{ environment: 'test' }, 4],
      [{ environment: 'tes' }, 0],
      [{ environment: 'nul\0' }, 0],
      [{ environment: 'prod', hasErrors: true, service: 'shop_2' }, 1],
      [{ environment: 'prod', text: 'sh', hasErrors: false }, 0],
      [{ minEvents: 2 }, 2],
      [{ minEvents: 3 }, 1],
      [{ sinceNs: ns(300) }, 3],
      [{ sinceNs: ns(300) + 1n }, 1],
      [{ untilNs: ns(300) }, 2],
      [{ sinceNs: ns(100), untilNs: ns(400) }, 3],
      [{ minDurationMs: 40.001 }, 2],
      [{ minDurationMs: 40.002 }, 1],
      [{ minDurationMs: 0 }, 5],
      [{ maxDurationMs: 40.001 }, 4],
      [{ maxDurationMs: 40 }, 3],
      [{ minDurationMs: 40.001, maxDurationMs: 40.001 }, 1],
      [{ hasAnomalies: true }, 0],
      [{ hasAnomalies: false }, 5],
      [{ hasErrors: true }, 1],
      [{ hasErrors: false }, 4],
      [{ text: '' }, 5],
      [{ text: 'a' }, 3],
      [{ text: 'a_' }, 1],
      [{ text: 'b%' }, 1],
      [{ text: '%' }, 0],
      [{ text: '_' }, 0],
      [{ text: 'B\\' }, 1],
      [{ text: '\\' }, 0],
      [{ text: 'sho' }, 2],
      [{ text: 'shop_' }, 1],
      [{ text: 'GET /o' }, 1],
      [{ text: 'GET /orders?q=100%&x=' }, 1],
      [{ text: 'get /orders' }, 1],
      [{ text: 'total' }, 1],
      [{ text: 'abcdefab00004000' }, 0],
      [{ text: '{ABCDEFAB-0000-4000-8000-000000000001}' }, 1],
      [{ text: 'abcdefab-0' }, 1],
      [{ text: 'nul\0' }, 0],
      [{ text: 'half\ud83d' }, 0],
      [{ text: "'; DROP TABLE events; --" }, 0],
      [{ text: 'a', service: 'shop', hasErrors: false, minEvents: 3, minDurationMs: 1 }, 1],
      [{ text: 'shop', service: 'shop' }, 1],
      [{ text: 'shop_', service: 'shop' }, 0],
      [{ text: 'sto', service: 'shop' }, 1],
      [{ text: '', service: 'shop_2' }, 1],
      [{ text: 'sh', service: 'shop', hasErrors: true }, 0],
      [{ text: 's', hasErrors: true, untilNs: ns(101), sinceNs: ns(100) }, 1],
    ];
    const { next: start }: TracePage = await storage.listTraces({ ...everyTrace, limit: 1 });
    assert.ok(start !== null, 'there is more than one trace');
    for (const [filter, count] of hits) {
      for (const sort of ['asc', 'desc'] as const) {
        const query = { ...everyTrace, ...filter, sort };
        const expected = model.traces(query);
        assert.equal(expected.length, count, `model: ${JSON.stringify(filter, bigintText)}`);
        const page = await storage.listTraces(query);
        assert.deepEqual(page, { traces: expected, total: count, next: null });
        // How traces are looked for may depend on how many there are; what is found does not.
        const lastActivityNs = sort === 'asc' ? 0n : 2n ** 62n;
        const cursor: TraceCursor = { ...start, lastActivityNs, total: 1_000_000 };
        const walked = await storage.listTraces({ ...query, cursor });
        assert.deepEqual(walked, { traces: expected, total: cursor.total, next: null });
      }
      const latest = model.traces({ ...everyTrace, ...filter }).map(glanceAt);
      const search = { ...unsearched, ...filter };
      assert.deepEqual(await storage.glances(search, 100), { traces: latest, isWhole: true });
      // With less room than there are traces some may be left out, and it is said.
      const { traces: few, isWhole } = await storage.glances(search, 2);
      assert.ok(few.length <= 2, 'no more than there is room for');
      if (isWhole) assert.deepEqual(few, latest);
      for (const one of few) assert.ok(latest.some((other) => isDeepStrictEqual(one, other)));
    }
  });

  test('long texts and rare characters find what begins with them, alone and with a filter', async (t) => {
    const faces = '😀'.repeat(70);
    const hash = createHash('sha256').update(faces).digest('hex');
    const events = [
      wireEvent({ trace: 'faces', service: faces }),
      wireEvent({ trace: 'long', service: 'x'.repeat(200) }),
      wireEvent({ trace: 'root', kind: 'Custom', payload: custom('r'.repeat(200)) }),
      wireEvent({ trace: 'last', service: '\u{10ffff}\u{10ffff}a' }),
      wireEvent({ trace: 'edge', service: '\ud7ff!' }),
      wireEvent({ trace: 'behind', service: '\ue000' }),
    ];
    const storage = await filled(t, events);
    const model = new StorageModel();
    model.append([records(events)], receivedNs);
    const hits: [string, number][] = [
      [faces, 1],
      [faces + hash.slice(0, 1), 0],
      ['x'.repeat(60), 1],
      ['x'.repeat(130), 1],
      [`${'x'.repeat(130)}y`, 0],
      ['r'.repeat(100), 1],
      ['r'.repeat(150), 1],
      [`${'r'.repeat(150)}s`, 0],
      ['\u{10ffff}', 1],
      ['\u{10ffff}\u{10ffff}', 1],
      ['\u{10ffff}b', 0],
      ['\ud7ff', 1],
    ];
    for (const [text, count] of hits) {
      for (const filter of [{}, { hasErrors: false }]) {
        const query = { ...everyTrace, ...filter, text };
        const traces = model.traces(query);
        assert.equal(traces.length, count, `model: ${text}`);
        assert.deepEqual(await storage.listTraces(query), { traces, total: count, next: null });
      }
    }
  });

  test('texts that find many traces are counted and paged like those that find few', async (t) => {
    const events = Array.from({ length: MANY_TRACES }, (_, index) =>
      wireEvent({ trace: `m-${index}`, at: index, service: index % 2 === 0 ? 'even' : 'odd' }),
    );
    const storage = await filled(t, events);
    const model = new StorageModel();
    model.append([records(events)], receivedNs);
    for (const text of ['m-', 'e', 'odd', 'FunctionCall', 'load']) {
      for (const filter of [{ minEvents: 1 }, { hasErrors: false }, { service: 'odd' }]) {
        const query = { ...everyTrace, ...filter, text, limit: 3, offset: 5 };
        const expected = model.traces(query);
        const { traces, total } = await storage.listTraces(query);
        assert.deepEqual([traces, total], [expected.slice(5, 8), expected.length], text);
        const bounded = await storage.listTraces({ ...query, countMax: 7 });
        assert.deepEqual(bounded.traces, traces, text);
        assert.ok([Math.min(8, total), total].includes(bounded.total), text);
      }
    }
  });

  test('pages by number and by cursor, also where activity is the same', async (t) => {
    const events = Array.from({ length: 23 }, (_, index) =>
      wireEvent({ trace: `t-${index % 5}-${index}`, at: index % 4 }),
    );
    const storage = await filled(t, events);
    const model = new StorageModel();
    model.append([records(events)], receivedNs);
    for (const sort of ['asc', 'desc'] as const) {
      const expected = model.traces({ ...everyTrace, sort }).map((trace) => trace.traceId);
      for (const limit of [1, 5, 22, 23, 24]) {
        const query = { ...everyTrace, sort, limit };
        assert.deepEqual(await walk(storage, query), expected);
        const seen = [];
        for (let offset = 0; offset <= 23; offset += limit) {
          const page = await storage.listTraces({ ...query, offset });
          assert.equal(page.total, 23);
          assert.equal(page.next?.total, offset + limit < 23 ? 23 : undefined);
          seen.push(...page.traces.map((trace) => trace.traceId));
        }
        assert.deepEqual(seen, expected);
      }
      const found = await walk(storage, { ...everyTrace, sort, limit: 2, text: 't-3' });
      assert.deepEqual(
        found,
        expected.filter((traceId) => traceId.startsWith('t-3')),
      );
    }
    const beyond = await storage.listTraces({ ...everyTrace, offset: 100 });
    assert.deepEqual(beyond, { traces: [], total: 23, next: null });
  });

  test('a walk by cursor shows quiet traces once and the others at most once', async (t) => {
    for (const sort of ['asc', 'desc'] as const) {
      const traceIds = Array.from({ length: 12 }, (_, index) => `t-${index}`);
      const storage = await filled(
        t,
        traceIds.map((trace, index) => wireEvent({ trace, at: index * 10 })),
      );
      const busy = new Set(['t-0', 't-1', 't-6', 't-10', 't-11']);
      const seen = await walk(storage, { ...everyTrace, sort, limit: 2 }, async (page) => {
        const writes = [...busy].map((trace, index) => wireEvent({ trace, at: 35 * page + index }));
        const fresh = [0, 55, 1000].map((at) => wireEvent({ trace: `new-${page}-${at}`, at }));
        await storage.append(keyless(records([...writes, ...fresh])), receivedNs);
      });
      assert.equal(new Set(seen).size, seen.length, `${sort}: ${seen}`);
      for (const traceId of traceIds) {
        if (!busy.has(traceId)) assert.ok(seen.includes(traceId), `${sort} misses ${traceId}`);
      }
    }
  });

  test('a cursor of other making is refused', async (t) => {
    const storage = await filled(t, [wireEvent({ trace: 't' })]);
    for (const asOf of ['', 'now', '-1', "1' OR 1=1", '1:2', '99999999999999999999999:1:']) {
      const cursor = { lastActivityNs: 0n, traceId: 't', asOf, total: 1 };
      await assert.rejects(
        storage.listTraces({ ...everyTrace, cursor }),
        (error) => error instanceof RacewayError && error.code === 'bad_request',
        asOf,
      );
    }
  });
}

const errorPayload = { error_type: 'TypeError', message: 'x is null', stack_trace: [] };
const custom = (name: string) => ({ name, data: null });
const request = { method: 'GET', url: '/orders?q=100%&x=1', headers: {}, body: null };
const access = { variable: 'total', new_value: 1, location: 'a:1', access_type: 'Write' };

function bigintText(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Storage } from '../../src/storage/storage.ts';
import { type EventSketch, keyless, records, wireEvent } from '../support/events.ts';
import { type Random, randomFrom } from '../support/random.ts';

const ROUNDS = 25;
const HOUR_NS = 3_600_000_000_000n;
const HOUR_MS = 3_600_000;
/** When the events of these tests begin, by the clock of the server. */
const baseNs = BigInt(Date.UTC(2024, 0, 1, 12)) * 1_000_000n;
const everyOperation = { service: null, operation: null, text: null, limit: 1000, offset: 0 };

const request = (url: string) => ({ method: 'GET', url, headers: {}, body: null });
const response = { status: 200, headers: {}, body: null, duration_ms: 5 };
const query = { query: 'SELECT 1', database: 'shop', duration_ms: 20 };
const call = { function_name: 'alice', module: 'app', args: null, file: 'app.ts', line: 1 };

/** Requests on one strand, calls within calls, a step of a clock that is hours ahead. */
function sketches(): EventSketch[] {
  const returned = { kind: 'FunctionReturn', payload: { ...call, return_value: null } } as const;
  return [
    { at: 0, kind: 'HttpRequest', payload: request('/users/alice') },
    { at: 50, kind: 'HttpResponse', payload: response },
    { at: 60, kind: 'HttpRequest', payload: request('/users/bob') },
    { at: 90, kind: 'HttpResponse', payload: response },
    { at: 95, kind: 'HttpResponse', payload: { ...response, duration_ms: 1 } },
    { at: 100, payload: call },
    { at: 101, payload: call },
    { at: 200, ...returned },
    { at: 500, ...returned },
    { at: 501, payload: call },
    { at: 900, ...returned },
    { at: 7 * HOUR_MS, durationNs: 30_000_000 },
    { at: 2, durationNs: 20_000_000, kind: 'DatabaseQuery', payload: query },
  ];
}

/** Stores a trace in parts, each an append of its own, received half an hour after the one before. */
async function store(storage: Storage, trace: string, parts: readonly EventSketch[][]) {
  for (const [place, part] of parts.entries()) {
    const events = records(part.map((sketch) => wireEvent({ ...sketch, trace })));
    await storage.append(keyless(events), baseNs + (BigInt(place + 2) * HOUR_NS) / 2n);
  }
}

/** The same in any order, in parts of any size. */
function shuffledParts(events: readonly EventSketch[], random: Random): EventSketch[][] {
  const left = [...events];
  const parts: EventSketch[][] = [];
  while (left.length > 0) {
    const size = 1 + Math.floor(random() * 4);
    parts.push(
      Array.from({ length: Math.min(size, left.length) }, () => {
        return left.splice(Math.floor(random() * left.length), 1)[0] as EventSketch;
      }),
    );
  }
  return parts;
}

/** What must be taken back of what was learnt. */
export function testTaught(fresh: (t: TestContext) => Promise<Storage>): void {
  test('what a trace has taught goes with it exactly, in whatever order and parts it came', async (t) => {
    const storage = await fresh(t);
    const known = async () => (await storage.learntOperations(everyOperation)).operations;
    // The same operations, so that taking back too much shows as well.
    for (const other of ['one', 'two']) await store(storage, other, [sketches()]);
    const before = await known();
    assert.ok(before.length >= 5);
    for (let seed = 1; seed <= ROUNDS; seed += 1) {
      await store(storage, 'erased', shuffledParts(sketches(), randomFrom(seed)));
      assert.notDeepEqual(await known(), before);
      await storage.eraseTraces(['erased']);
      assert.deepEqual(await known(), before, `seed ${seed}`);
    }
    await storage.eraseTraces(['one', 'two']);
    assert.deepEqual(await known(), []);
  });
}

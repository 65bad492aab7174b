import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { EventRecord } from '../../src/domain/event/event.ts';
import type { LatencyVerdict } from '../../src/domain/latency/verdict.ts';
import { compareEvents } from '../../src/domain/trace/trace.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { type EventSketch, keyless, records, wireEvent } from '../support/events.ts';
import { recordedTraces } from '../support/recordings.ts';

/** Later than every event of these tests. */
export const receivedNs = 2_000_000_000_000_000_000n;
export const HOUR_MS = 3_600_000;

/** A step of about 100 ms, the `n`-th of an hour counted from the base instant's. */
export function step(hour: number, n: number, more: EventSketch = {}): EventRecord {
  const durationNs = 100_000_000 + ((n * 8) % 21) * 1_000_000;
  const at = hour * HOUR_MS + n * 10;
  const [event] = records([wireEvent({ trace: `t-${hour}-${n % 5}`, at, durationNs, ...more })]);
  return event as EventRecord;
}

export function steps(hour: number, count: number, more: EventSketch = {}): EventRecord[] {
  return Array.from({ length: count }, (_, n) => step(hour, n, more));
}

/** A step's payload, as {@link wireEvent} makes it. */
export const call = { function_name: 'work', module: 'app', args: null, file: 'app.ts', line: 1 };

/** Posts one slow step and gives what is told of it; null when it is nothing. */
export async function probe(
  storage: Storage,
  hour: number,
  more: EventSketch = {},
): Promise<LatencyVerdict | null> {
  const event = step(hour, 0, { trace: `probe-${hour}`, durationNs: 5e9, ...more });
  await storage.append(keyless([event]), receivedNs);
  const { verdicts } = await storage.latencyVerdicts(event.traceId, 100);
  return verdicts.find(({ eventId }) => eventId === event.id) ?? null;
}

/** What every storage must do with durations. */
export function testLatency(fresh: (t: TestContext) => Promise<Storage>): void {
  test('what erased traces have taught is taken back, and nothing else', async (t) => {
    const storage = await fresh(t);
    const own = steps(0, 3, { trace: 't-0-0', payload: { ...call, function_name: 'alice' } });
    const http = records(
      ['alice', 'orders'].flatMap((name, index) => {
        const common = { trace: `t-0-${index}`, thread: name };
        const request = { method: 'GET', url: `/${name}`, headers: {}, body: null };
        const response = { status: 200, headers: {}, body: null, duration_ms: 5 };
        return [
          wireEvent({ ...common, at: 1, kind: 'HttpRequest', payload: request }),
          wireEvent({ ...common, at: 6, kind: 'HttpResponse', payload: response }),
        ];
      }),
    );
    await storage.append(keyless(steps(0, 200)), receivedNs);
    // Slow for its operation: counted, not learnt.
    const slow = step(1, 0, { trace: 't-0-0', durationNs: 9e9 });
    await storage.append(keyless([...own, ...http, slow]), receivedNs);
    // An hour and a day of: alice, GET /alice, and the hour of what was slow.
    const erased = await storage.eraseTraces(['t-0-0']);
    assert.equal(erased.buckets, 5);
    assert.equal((await probe(storage, 2))?.baselineCount, 160);
    assert.equal((await storage.eraseTraces(['t-0-1'])).buckets, 2);
    assert.equal((await probe(storage, 3))?.baselineCount, 120);
    assert.equal((await storage.eraseExpired(receivedNs, 2)).buckets, 0);
    assert.equal((await probe(storage, 4))?.baselineCount, 120);
  });

  test('durations are judged by the hours before, and what was told stays', async (t) => {
    const storage = await fresh(t);
    await storage.append(keyless(steps(0, 150)), receivedNs);
    assert.deepEqual(await storage.latencyVerdicts('t-0-0', 10), {
      verdicts: [],
      anomalyCount: 0,
      judgedCount: 0,
      unjudgedCount: 30,
      learningCount: 0,
    });
    const slow = step(1, 3, { trace: 'seen', durationNs: 900_000_000, service: 'web' });
    const fast = step(1, 2, { trace: 'seen', durationNs: 1_000_000 });
    const usual = step(1, 4, { trace: 'seen' });
    const other = step(1, 5, { trace: 'seen', service: 'stock', durationNs: 900_000_000 });
    await storage.append(keyless([slow, usual], [fast, other]), receivedNs);
    const told = await storage.latencyVerdicts('seen', 10);
    const { verdicts, ...counts } = told;
    assert.deepEqual(counts, {
      anomalyCount: 2,
      judgedCount: 3,
      unjudgedCount: 1,
      learningCount: 0,
    });
    const [first, second] = verdicts as [LatencyVerdict, LatencyVerdict];
    assert.deepEqual(second, {
      eventId: slow.id,
      timestamp: slow.timestamp,
      timestampNs: slow.timestampNs,
      key: { service: 'web', kind: 'FunctionCall', operation: 'work', status: 'ok' },
      label: 'FunctionCall(work)',
      location: 'app.ts:1 (work)',
      kind: 'slow',
      severity: 'Critical',
      durationMs: 900,
      deviations: second.deviations,
      baselineCount: 150,
      p50Ms: second.p50Ms,
      p999Ms: second.p999Ms,
    });
    assert.deepEqual([first.eventId, first.kind, first.durationMs], [fast.id, 'fast', 1]);
    assert.ok(Math.abs(second.p50Ms - 110) < 2 && Math.abs(second.p999Ms - 120) < 2);
    assert.deepEqual(
      (await storage.latencyVerdicts('seen', 1)).verdicts.map(({ eventId }) => eventId),
      [fast.id],
    );
    assert.equal((await storage.trace('seen'))?.anomalyCount, 2);
    const { traces } = await storage.listTraces({ ...everyTrace, limit: 100 });
    assert.deepEqual(
      traces.filter(({ anomalyCount }) => anomalyCount > 0).map(({ traceId }) => traceId),
      ['seen'],
    );
    await storage.append(keyless(steps(1, 300, { durationNs: 900_000_000 })), receivedNs);
    await storage.append(keyless([slow]), receivedNs);
    assert.deepEqual(await storage.latencyVerdicts('seen', 10), told);
  });

  test('an event is learnt once, however often and in whatever parts it comes', async (t) => {
    const events = [...steps(0, 60), ...steps(1, 60)];
    const posts: (readonly (readonly EventRecord[])[])[][] = [
      [[events]],
      [[events], [events]],
      [[events, events.toReversed()]],
      [...events.slice(0, 15).map((event) => [[event, event]]), [events]],
      [[events.slice(0, 70)], [events.slice(50)]],
      [[events.toReversed()]],
    ];
    for (const requests of posts) {
      const storage = await fresh(t);
      for (const request of requests) await storage.append(keyless(...request), receivedNs);
      const verdict = await probe(storage, 2);
      assert.deepEqual([verdict?.kind, verdict?.baselineCount], ['slow', 120]);
    }
  });

  test('in its first hour an operation is learnt, and judged from a hundred steps on', async (t) => {
    const storage = await fresh(t);
    const told = async (n: number, more: EventSketch = {}) => {
      await storage.append(keyless([step(0, n, { trace: `n-${n}`, ...more })]), receivedNs);
      const { verdicts, ...counts } = await storage.latencyVerdicts(`n-${n}`, 10);
      return [verdicts[0]?.kind ?? null, counts.judgedCount, counts.learningCount];
    };
    assert.deepEqual(await told(0), [null, 0, 0]);
    assert.deepEqual(
      await told(1, { durationNs: 6e9 }),
      [null, 0, 1],
      'one slow call in a hundred',
    );
    await storage.append(keyless(steps(0, 60).slice(2)), receivedNs);
    assert.deepEqual(await told(60), [null, 0, 60]);
    // Of the operation known least, of whatever append of the trace.
    const other = step(0, 61, { trace: 'n-60', service: 'stock' });
    await storage.append(keyless([other]), receivedNs);
    assert.equal((await storage.latencyVerdicts('n-60', 10)).learningCount, 0);
    await storage.append(keyless(steps(0, 99).slice(61)), receivedNs);
    assert.deepEqual(await told(99, { durationNs: 6e9 }), [null, 0, 99]);
    assert.deepEqual(await told(100, { durationNs: 6e9 }), ['slow', 1, null]);
    assert.deepEqual(await told(101, { durationNs: 1e6 }), ['fast', 1, null]);
    assert.deepEqual(await told(102), [null, 1, null]);
    for (let n = 110; n < 400; n += 10) {
      const part = steps(0, n).slice(-10);
      await storage.append(keyless(part), receivedNs);
    }
    assert.equal((await probe(storage, 0))?.kind, 'slow', 'many calls later');
    assert.ok(((await probe(storage, 0, { trace: 'late' }))?.baselineCount ?? 0) > 340);
    assert.equal((await probe(storage, 1))?.kind, 'slow', 'in the hour after');
  });

  test('only hours that were over when a step began count, once they tell enough', async (t) => {
    const storage = await fresh(t);
    await storage.append(keyless(steps(0, 100)), receivedNs);
    await storage.append(keyless(steps(1, 50)), receivedNs);
    assert.equal(await probe(storage, 0, { durationNs: 1e8 }), null);
    assert.equal((await probe(storage, 1))?.baselineCount, 101);
    assert.equal((await probe(storage, 2))?.baselineCount, 151);
    // What comes late for an hour that is over counts from then on.
    await storage.append(keyless([step(0, 500), step(0, 501)]), receivedNs);
    assert.equal((await probe(storage, 2, { trace: 'again' }))?.baselineCount, 153);
    assert.equal((await probe(storage, 12))?.baselineCount, 153, 'midnight is in between');
    assert.equal(await probe(storage, 12 + 13 * 24), null);
  });

  test('what was flagged is not learnt', async (t) => {
    const storage = await fresh(t);
    await storage.append(keyless(steps(0, 150)), receivedNs);
    for (const hour of [1, 2, 3]) {
      const slow = steps(hour, 50, { durationNs: 900_000_000 });
      await storage.append(keyless([...slow, ...steps(hour, 100)]), receivedNs);
      const told = await probe(storage, hour + 1);
      assert.equal(told?.baselineCount, 150 + 100 * hour);
      assert.ok((told?.p999Ms ?? 0) < 125);
    }
  });

  test('an operation that stays slow is the new normal', async (t) => {
    const storage = await fresh(t);
    await storage.append(keyless(steps(0, 250)), receivedNs);
    const slow = (hour: number) =>
      steps(hour, 250, { durationNs: 900_000_000, trace: `h-${hour}` });
    await storage.append(keyless(slow(1)), receivedNs);
    await storage.append(keyless(slow(2)), receivedNs);
    assert.equal((await storage.trace('h-1'))?.anomalyCount, 250);
    assert.equal((await storage.trace('h-2'))?.anomalyCount, 0);
    assert.equal((await probe(storage, 3))?.baselineCount, 750);
  });

  test('a response is of the operation of its request, also of one that came before', async (t) => {
    const storage = await fresh(t);
    const exchange = (hour: number, n: number, durationMs: number) => {
      const base = { trace: `x-${hour}-${n}`, span: `span-${n}`, at: hour * HOUR_MS + 60_000 + n };
      const payload = { method: 'GET', url: `/orders/${n}?q=${n}`, headers: {}, body: null };
      const answer = { status: 200, headers: {}, body: null, duration_ms: durationMs };
      return records([
        wireEvent({ ...base, kind: 'HttpRequest', payload }),
        wireEvent({ ...base, at: base.at + 5, kind: 'HttpResponse', payload: answer }),
      ]) as [EventRecord, EventRecord];
    };
    const first = Array.from({ length: 40 }, (_, n) => exchange(0, n, 100));
    await storage.append(keyless(first.slice(0, 20).flat()), receivedNs);
    await storage.append(keyless(first.slice(20).map(([request]) => request)), receivedNs);
    await storage.append(keyless(first.slice(20).map(([, response]) => response)), receivedNs);
    const [request, response] = exchange(1, 99, 4000);
    await storage.append(keyless([request]), receivedNs);
    await storage.append(keyless([response]), receivedNs);
    const { verdicts } = await storage.latencyVerdicts('x-1-99', 10);
    assert.deepEqual(
      verdicts.map(({ key, label, location, baselineCount }) => [
        key.operation,
        label,
        location,
        baselineCount,
      ]),
      [['GET /orders/*', 'HttpResponse(200)', 'unknown', 40]],
    );
  });

  test('a function is timed by its call, also by one that was stored before its return', async (t) => {
    const storage = await fresh(t);
    const run = (hour: number, n: number, durationMs: number) => {
      const name = { function_name: 'load' };
      const base = { trace: `f-${hour}-${n}`, at: hour * HOUR_MS + 60_000 + n };
      const inner = { ...base, at: base.at + 1, thread: 'other' };
      return records([
        wireEvent({ ...base, payload: { ...call, ...name } }),
        wireEvent({ ...inner, payload: { ...call, ...name } }),
        wireEvent({
          ...base,
          at: base.at + durationMs,
          kind: 'FunctionReturn',
          payload: { ...name, return_value: null },
        }),
      ]) as [EventRecord, EventRecord, EventRecord];
    };
    const runs = Array.from({ length: 40 }, (_, n) => run(0, n, 100));
    await storage.append(keyless(runs.slice(0, 20).flat()), receivedNs);
    const torn = runs.slice(20);
    await storage.append(keyless(torn.flatMap((events) => events.slice(0, 2))), receivedNs);
    await storage.append(keyless(torn.flatMap((events) => events.slice(1))), receivedNs);
    const [began, , ended] = run(1, 99, 4000);
    await storage.append(keyless([began]), receivedNs);
    // Sent again at once: another object, as two requests make them.
    await storage.append(keyless([ended], [{ ...ended }]), receivedNs);
    const { verdicts } = await storage.latencyVerdicts('f-1-99', 10);
    assert.deepEqual(
      verdicts.map(({ eventId, key, durationMs, baselineCount }) => [
        eventId,
        key.operation,
        durationMs,
        baselineCount,
      ]),
      [[ended.id, 'load', 4000, 40]],
    );
    // What was stored without its call has no duration, and gets none later: nothing is judged twice.
    const [late, , early] = run(2, 98, 4000);
    await storage.append(keyless([early]), receivedNs);
    await storage.append(keyless([late, early]), receivedNs);
    const told = await storage.latencyVerdicts('f-2-98', 10);
    assert.deepEqual([told.verdicts, told.judgedCount, told.unjudgedCount], [[], 0, 0]);
  });

  test('a trace that comes in parts, in order, teaches what it teaches as a whole', async (t) => {
    const events = records(
      ['go-locked', 'chain', 'ts-race'].flatMap((name) => recordedTraces(name).flat()),
    ).toSorted(compareEvents);
    const traceIds = [...new Set(events.map(({ traceId }) => traceId))];
    const learnt = async (parts: readonly (readonly EventRecord[])[]) => {
      const storage = await fresh(t);
      for (const part of parts) await storage.append(keyless(part, part), receivedNs);
      const told = traceIds.map((traceId) => storage.latencyVerdicts(traceId, 10));
      return (await Promise.all(told)).map(({ unjudgedCount }) => unjudgedCount);
    };
    const whole = await learnt([events]);
    assert.ok(whole.reduce((sum, count) => sum + count, 0) > 10);
    for (const size of [1, 3, 10]) {
      const parts = Array.from({ length: Math.ceil(events.length / size) }, (_, part) =>
        events.slice(part * size, (part + 1) * size),
      );
      assert.deepEqual(await learnt(parts), whole, `in parts of ${size}`);
    }
  });

  test('a deleted trace takes along what was told of it, and what it has taught', async (t) => {
    const storage = await fresh(t);
    await storage.append(keyless(steps(0, 100)), receivedNs);
    const verdict = await probe(storage, 1);
    assert.ok(verdict !== null);
    await storage.eraseTrace('probe-1');
    assert.equal((await storage.latencyVerdicts('probe-1', 10)).anomalyCount, 0);
    assert.deepEqual((await storage.latencyVerdicts('probe-1', 10)).verdicts, []);
    await storage.eraseTrace('t-0-0');
    assert.equal((await probe(storage, 2))?.baselineCount, 80);
  });

  test('a bad clock and absurd durations harm nobody', async (t) => {
    const storage = await fresh(t);
    const answer = { status: 200, headers: {}, body: null, duration_ms: 1e300 };
    const absurd = records([
      wireEvent({ trace: 'absurd', at: '1970-01-01T00:00:00Z', durationNs: 9e18 }),
      wireEvent({ trace: 'absurd', at: '2261-12-31T23:59:59Z', durationNs: 9e18 }),
      wireEvent({ trace: 'absurd', at: '2261-12-31T23:59:59Z', durationNs: 0 }),
      wireEvent({ trace: 'absurd', kind: 'HttpResponse', payload: answer, service: '__proto__' }),
    ]);
    await storage.append(keyless(absurd), receivedNs);
    const { unjudgedCount, judgedCount } = await storage.latencyVerdicts('absurd', 10);
    assert.deepEqual([unjudgedCount, judgedCount], [4, 0]);
    await storage.append(keyless(steps(0, 40)), receivedNs);
    assert.equal((await probe(storage, 1))?.kind, 'slow');
  });
}

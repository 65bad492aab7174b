/** What is around the accesses of a race: callers, locks, and their places in table and diagram. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyseOrder } from '../../src/analysis/order/order.ts';
import { surroundingsOf } from '../../src/analysis/time/surroundings.ts';
import { parseTimestamp } from '../../src/domain/timestamp.ts';
import type { Witness, WitnessSide } from '../../web/src/api/types.ts';
import { interleavingText, type Step } from '../../web/src/model/race/interleaving.ts';
import { raceScene, sceneLines } from '../../web/src/model/race/race-scene.ts';
import { layOut } from '../../web/src/model/race/space-time.ts';
import { Shop } from '../browser/shop.ts';
import { traceEvents } from '../support/events.ts';
import { toldSteps } from './told-steps.ts';

const events = traceEvents(new Shop(Date.UTC(2026, 0, 1)).lostUpdate(0));
const [checkoutId = '', refundId = ''] = [...new Set(events.map(({ traceId }) => traceId))];

/** The witness of the lost update, as the server tells it. */
const witness = (() => {
  const steps = events
    .filter(({ kind, payload }) => kind === 'StateChange' && payload.variable === 'ledger.balance')
    .sort((a, b) => Number(a.timestampNs - b.timestampNs))
    .map((event) => {
      assert.ok(event.kind === 'StateChange');
      const { variable, location, access_type, old_value, new_value } = event.payload;
      return {
        ...{ column: event.traceId === checkoutId ? 1 : 2, trace_id: event.traceId, variable },
        ...{ event_id: event.id, timestamp: event.timestamp, location, access_type },
        ...{ thread: event.metadata.thread_id, service: event.metadata.service_name },
        ...{ old_value, new_value, operation: null, function: null },
      };
    });
  const writes = steps.filter(({ access_type: type }) => type === 'Write');
  const racing = [1, 2].map((column) => writes.find((step) => step.column === column));
  return { variable: 'ledger.balance', events: racing, check: null, steps, explanation: 'x' };
})() as unknown as Witness;

/** What the server tells of one side. */
function sideOf(traceId: string): WitnessSide {
  const order = analyseOrder(events.filter((event) => event.traceId === traceId));
  const own = witness.steps.filter(({ trace_id: id }) => id === traceId);
  const originNs = parseTimestamp(witness.steps[0]?.timestamp ?? '') ?? 0n;
  const eventIds = own.map(({ event_id: id }) => id);
  const around = surroundingsOf(order, order, { traceId, eventIds, originNs });
  const told = { trace_id: traceId, root: '', event_count: order.events.length, complete: true };
  return { ...told, ...around } as unknown as WitnessSide;
}

const scene = raceScene({ sides: [sideOf(checkoutId), sideOf(refundId)] });

test('who called the services of a race, and which locks were held at its accesses', () => {
  assert.deepEqual(scene.callers, { A: ['orders', 'web'], B: ['web'] });
  assert.deepEqual(
    scene.moments.map(({ side, kind, what, lane }) => `${side} ${kind} ${what} ${lane}`),
    [
      'A calls orders 2',
      'A calls ledger 1',
      'A takes ledger 0',
      'B calls ledger 1',
      'B returns ledger 1',
      'A releases ledger 0',
      'A returns ledger 1',
      'A returns orders 2',
    ],
  );
});

test('what else a side did between the steps is folded, run by run', () => {
  const at = (atUs: number, id: string) => ({ atUs, source: { event_id: id } });
  const steps = [at(0, 'r1'), at(500, 'r2'), at(900, 'w')] as unknown as Step[];
  const event = (id: string, atUs: number, kind = 'FunctionCall', folded = 0) => ({
    ...{ event_id: id, strand: 0, at_us: atUs, kind, name: id, location: `${id}.ts:1`, folded },
  });
  const side = (events: readonly object[]) =>
    ({ calls: [], locks: [], events }) as unknown as WitnessSide;
  const told = raceScene(
    {
      sides: [
        side([
          event('before', -9),
          event('r1', 0, 'StateChange'),
          event('request', 10, 'HttpRequest'),
          event('parse', 100),
          event('check', 200, 'FunctionCall', 12),
          event('w', 900, 'StateChange', 3),
          event('after', 950),
        ]),
        side([event('r2', 500, 'StateChange'), event('other', 600, 'StateChange')]),
      ],
    },
    steps,
  );
  assert.deepEqual(
    told.moments.map(({ side: of, kind, what, atUs, listed = [] }) => [
      ...[of, kind, what, atUs, listed.map(({ name }) => name).join()],
    ]),
    [
      ['A', 'others', '14', 100, 'parse,check'],
      ['B', 'others', '1', 600, 'other'],
      ['A', 'others', '3', 900, ''],
    ],
  );
});

test('each call says where it is known from, and how surely; a lock needs no such word', () => {
  const knownOf = (kind: string) =>
    scene.moments.filter((moment) => moment.kind === kind).map(({ known }) => known);
  for (const known of knownOf('calls')) {
    assert.deepEqual(
      [known?.source, known?.confidence].map((word) => typeof word),
      ['string', 'string'],
    );
  }
  assert.ok(knownOf('takes').every((known) => known === null));
});

test('a line each, in the order in which they happened; the text for a ticket has the locks', () => {
  const steps = toldSteps({ pattern: 'lost_update' }, witness);
  const locks = scene.moments.filter(({ lane }) => lane === 0);
  assert.deepEqual(
    sceneLines(steps, locks).map(
      ({ step, moment }) => moment?.kind ?? `${step?.side} ${step?.value}`,
    ),
    ['takes', 'A 12750', 'B 12750', 'B 12710', 'A 12775', 'releases'],
  );
  const text = interleavingText('t', steps, 'end', locks);
  assert.match(text, /^-500 µs +takes lock ledger$/m);
  assert.match(text, /^4000 µs +releases lock ledger$/m);
});

test('everything of the diagram goes down, and a lock lies around its accesses', () => {
  const steps = toldSteps({ pattern: 'lost_update' }, witness);
  for (const isToScale of [false, true]) {
    const { y, momentY, held, height, missing } = layOut(steps, isToScale, scene.moments);
    assert.deepEqual([y.length, momentY.length], [steps.length, scene.moments.length]);
    const lines = sceneLines(steps, scene.moments).map(({ step, moment }) =>
      step === null ? momentY[scene.moments.indexOf(moment)] : y[steps.indexOf(step)],
    );
    lines.slice(1).forEach((at, place) => {
      assert.ok((at ?? 0) - (lines[place] ?? 0) >= 20, `${lines.join(' ')}`);
    });
    assert.equal(held.length, 1);
    const [lock] = held;
    const ofA = y.filter((_, place) => steps[place]?.side === 'A');
    assert.ok(lock !== undefined && lock.top < Math.min(...ofA) && lock.bottom > Math.max(...ofA));
    assert.ok(missing !== null && missing.at > Math.max(...y, ...momentY) && missing.at < height);
  }
});

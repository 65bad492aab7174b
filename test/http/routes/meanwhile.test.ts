/** What other requests did to the variables of a trace while it ran. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Shop } from '../../browser/shop.ts';
import { getSettled as get, post, type Reply, testApp } from '../../support/app.ts';
import { wireEvent } from '../../support/events.ts';

const start = Date.UTC(2026, 0, 1);

const told = ({ others }: Reply) =>
  others.map(({ variable, operation, races, accesses }: Reply) => [
    variable,
    operation,
    races.length,
    accesses.map(({ access_type: type, new_value: value }: Reply) => `${type} ${value}`),
  ]);

test('a refund during a checkout: what it read and wrote, by the row of the checkout', async (t) => {
  const served = await testApp(t);
  const shop = new Shop(start);
  await post(served.app, [...shop.lostUpdate(0), ...shop.refund(5000)]);
  const { traces } = await get(served, '/api/traces?q=POST%20/checkout');
  const [{ trace_id: id }] = traces;
  const found = await get(served, `/api/traces/${id}/meanwhile`);
  assert.deepEqual(told(found), [
    ['ledger.balance', 'POST /refund', 1, ['Read 12750', 'Write 12710']],
  ]);
  assert.deepEqual([found.complete, found.stale], [true, false]);
  const timeline = await get(served, `/api/traces/${id}/timeline`);
  const [{ row }] = found.others;
  assert.equal(timeline.tables.names[timeline.name[row]], 'ledger.balance');
  assert.equal(timeline.tables.values[timeline.value[row]], '12750 → 12775');
});

/** An access of a trace to a variable that all share, so many milliseconds after the start. */
function access(trace: string, type: string, at: number, more: object = {}): object {
  return wireEvent({
    ...{ trace, at, tags: { scope: 'shared' }, ...more },
    kind: 'StateChange',
    payload: {
      ...{ variable: 'x', old_value: null, new_value: at },
      ...{ location: `${trace}.ts:1`, access_type: type },
    },
  });
}

test('only what may have met it: in its time, in its environment, and no read beside a read', async (t) => {
  const served = await testApp(t);
  await post(served.app, [
    access('reader', 'Read', 10),
    access('reader', 'Read', 20),
    access('another reader', 'Read', 15),
    access('early', 'Write', 5),
    access('long', 'Write', 6),
    access('long', 'Write', 12),
    access('late', 'Write', 21),
    access('elsewhere', 'Write', 15, { environment: 'staging' }),
    access('writer', 'Write', 16),
    access('writer', 'Read', 17),
  ]);
  const idsOf = async (trace: string) => {
    const { others } = await get(served, `/api/traces/${encodeURIComponent(trace)}/meanwhile`);
    return others.map(({ trace_id: id, accesses }: Reply) => `${id} ${accesses.length}`);
  };
  assert.deepEqual(await idsOf('reader'), ['long 1', 'writer 1']);
  // What a writer meets is also who read it meanwhile.
  assert.deepEqual(await idsOf('long'), ['reader 1']);
});

test('what is more is left out and said; values are exact', async (t) => {
  const served = await testApp(t);
  const others = Array.from({ length: 80 }, (_, place) =>
    access(`o${place}`, 'Write', 100 + place),
  );
  await post(served.app, [access('mine', 'Write', 0), access('mine', 'Write', 1000), ...others]);
  const found = await get(served, '/api/traces/mine/meanwhile');
  assert.deepEqual([found.complete, found.others.length], [false, 64]);
  assert.equal(found.others.at(-1).trace_id, 'o79');
  const none = await served.app.inject('/api/traces/nobody/meanwhile');
  assert.equal(none.statusCode, 404);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgets } from '../../src/analysis/budgets.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { analyseAll } from '../support/analyser.ts';
import { access, type EventSketch, keyless, records, wireEvent } from '../support/events.ts';

const receivedNs = 2_000_000_000_000_000_000n;

/** What budgets cut of what is found in some events. */
async function cutsOf(events: readonly object[]) {
  const storage = openMemoryStorage({ maxBytes: 256 * 1024 * 1024 });
  await storage.append(keyless(records(events)), receivedNs);
  await analyseAll(storage);
  return storage.derived.cuts(10);
}

/** The first budget that cut something. */
async function truncatedBy(events: readonly object[]) {
  return (await cutsOf(events)).cuts[0]?.limit ?? null;
}

function accessAt(trace: string, at: number, variable: string, more: EventSketch = {}) {
  const payload = access(variable, 'Write', { new_value: at });
  return wireEvent({ trace, at, kind: 'StateChange', payload, ...more });
}

/** Requests of one row, one begun each millisecond, each as long as said. */
function requests(count: number, lengthMs: number, isTransaction = false) {
  return Array.from({ length: count }, (_, at) => {
    const trace = `t-${String(at).padStart(4, '0')}`;
    const commit = {
      trace,
      at: at + lengthMs,
      payload: { name: 'transaction.commit', data: null },
    };
    return [
      accessAt(trace, at, 'db:row'),
      accessAt(trace, at + lengthMs, 'db:row'),
      ...(isTransaction ? [wireEvent({ kind: 'Custom', ...commit })] : []),
    ];
  }).flat();
}

test('ordinary traffic is compared as a whole', async () => {
  assert.equal(await truncatedBy(requests(200, 20)), null);
});

test('transactions one after the other are compared as a whole, as many as there are', async () => {
  assert.equal(await truncatedBy(requests(200, 0.5, true)), null);
  assert.equal(await truncatedBy(requests(200, 10, true)), null);
});

test('a storm of requests at once is compared as a whole', async () => {
  assert.equal(await truncatedBy(requests(600, 1000)), null);
});

test('one request that outlasts many others cuts nothing', async () => {
  const slow = [accessAt('slow', 0, 'db:row'), accessAt('slow', 1000, 'db:row')];
  assert.equal(await truncatedBy([...slow, ...requests(600, 0)]), null);
});

test('more connected transactions at once than are looked at cut the search for cycles', async () => {
  const transaction = (trace: string, at: number, ...variables: readonly string[]) => [
    ...variables.map((variable) => accessAt(trace, at, variable)),
    wireEvent({
      trace,
      at: 1000,
      kind: 'Custom',
      payload: { name: 'transaction.commit', data: null },
    }),
  ];
  /** Every 40 share a row, which one transaction shares with the next 40. */
  const rows = (count: number) =>
    Array.from({ length: count }, (_, row) => [
      ...Array.from({ length: 40 }, (__, at) => transaction(`t-${row}-${at}`, at, `db:${row}`)),
      transaction(`u-${row}`, 50, `db:${row}`, `db:${row + 1}`),
    ]).flat(2);
  assert.equal(await truncatedBy(rows(1)), null);
  assert.equal(await truncatedBy(rows(3)), 'cycle_traces');
});

test('a caller of more traces than are looked at together cuts the analysis', async () => {
  const calls = (count: number) => {
    const span = (place: number) => place.toString(16).padStart(16, '0');
    return Array.from({ length: count }, (_, place) =>
      wireEvent({
        trace: `t-${place}`,
        at: place,
        span: span(place + 1),
        upstream: place === 0 ? null : span(1),
      }),
    );
  };
  assert.equal(await truncatedBy(calls(budgets.tracesPerGroup)), null);
  assert.equal(await truncatedBy(calls(budgets.tracesPerGroup + 1)), 'traces_per_group');
});

test('one trace with hundreds of accesses to a variable is whole', async () => {
  const long = Array.from({ length: 300 }, (_, at) => accessAt('long', at, 'db:row'));
  assert.equal(await truncatedBy([...long, accessAt('other', 250, 'db:row')]), null);
});

test('what others are not told of a trace cuts its analysis', async () => {
  const times = (count: number, variable: (place: number) => string, more = {}) =>
    Array.from({ length: count }, (_, at) => accessAt('one', at, variable(at), more));
  const { footprintAccesses, footprintVariables } = budgets;
  const same = () => 'db:x';
  assert.equal(await truncatedBy(times(footprintAccesses, same)), null);
  assert.equal(await truncatedBy(times(footprintAccesses + 1, same)), 'footprint_accesses');
  const other = (place: number) => `db:${place}`;
  assert.equal(await truncatedBy(times(footprintVariables, other)), null);
  assert.equal(await truncatedBy(times(footprintVariables + 1, other)), 'footprint_variables');
  const places = Array.from({ length: budgets.footprintSignatures + 1 }, (_, at) =>
    accessAt('one', at, 'db:x', {
      payload: access('db:x', 'Write', { location: `a.ts:${at}` }),
    }),
  );
  assert.equal(await truncatedBy(places), 'footprint_signatures');
});

test('a trace with too many accesses to a variable is named, and leaves the rest whole', async () => {
  const count = budgets.footprintAccesses + 1;
  const long = Array.from({ length: count }, (_, at) => accessAt('long', at, 'db:row'));
  const others = [accessAt('other', 1, 'db:row'), accessAt('other', 2, 'db:other')];
  const cut = { traceId: 'long', variable: 'db:row', limit: 'footprint_accesses' };
  assert.deepEqual(await cutsOf([...long, ...others]), {
    cuts: [cut],
    count: 1,
    truncatedBy: null,
  });
  const wide = Array.from({ length: budgets.footprintVariables + 1 }, (_, at) =>
    accessAt('wide', at, `db:${at}`),
  );
  assert.deepEqual(await cutsOf([...wide, ...long]), {
    cuts: [cut, { traceId: 'wide', variable: null, limit: 'footprint_variables' }],
    count: 2,
    truncatedBy: 'footprint_variables',
  });
});

test('a limit of the races inside a trace cuts its analysis', async () => {
  const locks = Array.from({ length: budgets.locksPerSet + 1 }, (_, at) =>
    wireEvent({
      trace: 'one',
      at,
      kind: 'LockAcquire',
      payload: { lock_id: `l-${at}`, lock_type: 'Mutex', location: 'a.ts:1' },
    }),
  );
  assert.equal(await truncatedBy([...locks, accessAt('one', 100, 'db:x')]), 'locks_per_set');
});

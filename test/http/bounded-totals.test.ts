/** Totals that nobody counts to the end. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraceQuery } from '../../src/domain/trace/trace-query.ts';
import { openMemoryStorage } from '../../src/storage/memory/open.ts';
import { testApp } from '../support/app.ts';

test('a list whose totals may be bounded says whether they are', async (t) => {
  const storage = openMemoryStorage({ maxBytes: 2 ** 20 });
  const asked: TraceQuery[] = [];
  let total = 10_000;
  storage.listTraces = async (query) => {
    asked.push(query);
    return { traces: [], total, next: null };
  };
  const { app } = await testApp(t, { storage });
  const totals = async (query: string) => {
    const { data } = (await app.inject(`/api/traces?page_size=100&${query}`)).json();
    return [data.total_traces, data.total_pages, data.total_is_least];
  };
  assert.deepEqual(await totals('totals=bounded'), [10_000, 100, false]);
  total = 10_001;
  assert.deepEqual(await totals('totals=bounded'), [10_000, 100, true]);
  assert.deepEqual(await totals('totals=exact'), [10_001, 101, undefined]);
  assert.deepEqual(await totals(''), [10_001, 101, undefined]);
  // What is known without counting is told.
  total = 2_000_000;
  assert.deepEqual(await totals('totals=bounded'), [2_000_000, 20_000, false]);
  assert.deepEqual(
    asked.map(({ countMax }) => countMax),
    [10_000, 10_000, null, null, 10_000],
  );
});

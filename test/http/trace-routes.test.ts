import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Storage } from '../../src/storage/storage.ts';
import { testApp } from '../support/app.ts';
import { backends } from '../support/backends.ts';
import { wireEvent } from '../support/events.ts';
import { type HttpClient, listening } from '../support/http.ts';

const errorPayload = { error_type: 'TypeError', message: 'x is null', stack_trace: [] };
const request = { method: 'GET', url: '/orders?q=100%', headers: {}, body: null };

const events = [
  wireEvent({ trace: 'a-1', at: 0, service: 'shop', kind: 'HttpRequest', payload: request }),
  wireEvent({ trace: 'a-1', at: 40, service: 'stock' }),
  wireEvent({ trace: 'a-2', at: 100, service: 'shop/2 é', kind: 'Error', payload: errorPayload }),
  wireEvent({ trace: 'b/3', at: 200, service: 'stock' }),
  wireEvent({ trace: 'b/3', at: 300, service: '' }),
  wireEvent({ trace: 'b/3', at: 301, service: 'shop' }),
  wireEvent({ trace: 'ABCDEFAB-0000-4000-8000-000000000001', at: 400, service: 'shop' }),
];
const uuid = 'abcdefab-0000-4000-8000-000000000001';

/** Every filter with the traces it finds, latest first. */
const filters: readonly (readonly [query: string, traceIds: readonly string[]])[] = [
  ['', [uuid, 'b/3', 'a-2', 'a-1']],
  ['min_events=0', [uuid, 'b/3', 'a-2', 'a-1']],
  ['min_events=2', ['b/3', 'a-1']],
  ['min_events=3', ['b/3']],
  ['service=stock', ['b/3', 'a-1']],
  ['service=shop%2F2%20%C3%A9', ['a-2']],
  ['service=sho', []],
  ['since=2024-01-01T12:00:00.301Z', [uuid, 'b/3']],
  ['since=2024-01-01T13:00:00.301+01:00', [uuid, 'b/3']],
  ['until=2024-01-01T12:00:00.301Z', ['a-2', 'a-1']],
  ['since=2024-01-01T12:00:00.1Z&until=2024-01-01T12:00:00.4Z', ['b/3', 'a-2']],
  ['min_duration_ms=40', ['b/3', 'a-1']],
  ['min_duration_ms=40.001', ['b/3']],
  ['min_duration_ms=40&max_duration_ms=40', ['a-1']],
  ['has_anomalies=true', []],
  ['min_duration_ms=999999999999999', []],
  ['has_errors=true', ['a-2']],
  ['has_errors=false', [uuid, 'b/3', 'a-1']],
  ['q=a-', ['a-2', 'a-1']],
  ['q=GET%20/orders?q%3D100%25', ['a-1']],
  ['q=TypeError', ['a-2']],
  ['q=stock', ['b/3', 'a-1']],
  [`q=${uuid.replaceAll('-', '').toUpperCase()}`, [uuid]],
  ['q=%25', []],
  ['service=shop&min_events=2&has_errors=false&q=a', ['a-1']],
];

for (const { name, open } of backends) {
  test(`lists on ${name}: every filter, by page and by cursor, in both directions`, async (t) => {
    const client = await filled(t, await open());
    for (const [query, traceIds] of filters) {
      for (const [sort, size] of [
        ['desc', 3],
        ['asc', 1],
      ] as const) {
        const expected = sort === 'desc' ? traceIds : traceIds.toReversed();
        const base = `/api/traces?${query}&sort=${sort}&page_size=${size}`.replace('?&', '?');
        await checkPaging(client, base, expected, size);
      }
    }
  });

  test(`the traces of a service on ${name}`, async (t) => {
    const client = await filled(t, await open());
    for (const [service, expected] of [
      ['shop', [uuid, 'b/3', 'a-1']],
      ['shop/2 é', ['a-2']],
      ['nobody', []],
    ] as const) {
      const path = `/api/services/${encodeURIComponent(service)}/traces`;
      const first = await data(client, path);
      assert.equal(first['service_name'], service);
      assert.equal(first['page_size'], 100);
      await checkPaging(client, `${path}?page_size=2`, expected, 2);
    }
    const filtered = await data(client, '/api/services/shop/traces?min_events=2&q=b');
    assert.deepEqual(idsOf(filtered), ['b/3']);
    assert.deepEqual((await data(client, '/api/services'))['services'], [
      { name: 'shop', event_count: 3, trace_count: 3 },
      { name: 'shop/2 é', event_count: 1, trace_count: 1 },
      { name: 'stock', event_count: 2, trace_count: 2 },
    ]);
  });

  test(`a trace on ${name} is known by every spelling of its id, paged, and erased`, async (t) => {
    const client = await filled(t, await open());
    for (const id of [uuid, uuid.toUpperCase(), `%7B${uuid}%7D`, uuid.replaceAll('-', '')]) {
      const trace = await data(client, `/api/traces/${id}`);
      assert.deepEqual([trace['trace_id'], trace['event_count']], [uuid, 1]);
    }
    const all = (await data(client, '/api/traces/b%2F3'))['events'] as { id: string }[];
    assert.equal((await data(client, '/api/traces/b%2F3?events=false'))['events'], undefined);
    const seen: unknown[] = [];
    for (let query = '?limit=2'; ; ) {
      const page = await data(client, `/api/traces/b%2F3/events${query}`);
      seen.push(...(page['events'] as unknown[]));
      if (page['next_cursor'] === null) break;
      query = `?limit=2&cursor=${page['next_cursor']}`;
    }
    assert.deepEqual(seen, all);
    const erase = { method: 'DELETE', path: '/api/traces/b%2F3' };
    assert.deepEqual(JSON.parse((await client.send(erase)).text).data, {
      trace_id: 'b/3',
      deleted_events: 3,
    });
    for (const path of ['/api/traces/b%2F3', '/api/traces/b%2F3/events']) {
      assert.equal((await client.send({ path })).status, 404);
    }
    assert.equal((await client.send(erase)).status, 404);
    const status = await data(client, '/status');
    assert.deepEqual([status['events_captured'], status['traces_active']], [4, 3]);
  });
}

async function filled(t: TestContext, storage: Storage): Promise<HttpClient> {
  const { app } = await testApp(t, { storage });
  const client = await listening(app);
  const reply = await client.send({
    method: 'POST',
    path: '/api/traces',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ events: [...events, ...events.slice(0, 2)] }),
  });
  const { accepted, duplicates } = JSON.parse(reply.text).data;
  assert.deepEqual([accepted, duplicates], [events.length, 2]);
  return client;
}

async function data(client: HttpClient, path: string): Promise<Record<string, unknown>> {
  const reply = await client.send({ path });
  assert.equal(reply.status, 200, `${path}: ${reply.text}`);
  return JSON.parse(reply.text).data;
}

function idsOf(page: Record<string, unknown>): string[] {
  return (page['traces'] as { trace_id: string }[]).map((trace) => trace.trace_id);
}

/** The whole list by number of page and again by cursor. */
async function checkPaging(
  client: HttpClient,
  base: string,
  expected: readonly string[],
  size: number,
): Promise<void> {
  const pages = Math.ceil(expected.length / size);
  for (let page = 1; page <= pages + 1; page += 1) {
    const found = await data(client, `${base}&page=${page}`);
    assert.deepEqual(idsOf(found), expected.slice((page - 1) * size, page * size), base);
    assert.deepEqual(
      [found['total_traces'], found['total_pages'], found['page'], found['page_size']],
      [expected.length, pages, page, size],
      base,
    );
  }
  const seen: string[] = [];
  for (let cursor = ''; ; ) {
    const found: Record<string, unknown> = await data(client, base + cursor);
    seen.push(...idsOf(found));
    if (found['next_cursor'] === null) break;
    cursor = `&cursor=${found['next_cursor']}`;
  }
  assert.deepEqual(seen, expected, base);
}

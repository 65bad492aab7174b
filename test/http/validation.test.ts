import assert from 'node:assert/strict';
import { test } from 'node:test';
import { post, testApp } from '../support/app.ts';
import { wireEvent } from '../support/events.ts';

/** Queries that are refused, and what the client reads. */
const queries: readonly (readonly [query: string, error: string])[] = [
  ['page=0', 'query.page: must be from 1 to 1000000'],
  ['page=two', 'query.page: must be a whole number from 1 to 1000000'],
  ['page=1&page=2', 'query.page: may be given only once'],
  ['service=', 'query.service: must not be empty'],
  [`q=${'x'.repeat(257)}`, 'query.q: must have at most 256 characters'],
  ['sort=up', 'query.sort: must be asc or desc'],
  ['has_errors=yes', 'query.has_errors: must be true or false'],
  ['since=today', 'query.since: must be an RFC 3339 time such as 2024-05-01T00:00:00Z'],
  ['pagesize=5', 'query: there is no parameter "pagesize"; did you mean page_size?'],
  ['page=0&sort=1', 'query.page: must be from 1 to 1000000; query.sort: must be asc or desc'],
];

test('a refused query is one sentence that says what and where', async (t) => {
  const { app } = await testApp(t);
  for (const [query, error] of queries) {
    const reply = await app.inject(`/api/traces?${query}`);
    assert.deepEqual(reply.json(), { success: false, data: null, error, code: 'bad_request' });
  }
  const { error } = (await app.inject('/api/traces?zzz=1')).json();
  assert.match(error, /^query: there is no parameter "zzz"; known are page, page_size, /);
});

/** Events that are refused: what is written over a good one, and the fault. */
const events: readonly (readonly [change: object, path: string, message: string])[] = [
  [{ id: undefined }, 'id', 'is missing'],
  [{ id: 7 }, 'id', 'must be a string'],
  [{ id: 'x' }, 'id', 'must be a UUID'],
  [{ trace_id: '' }, 'trace_id', 'must not be empty'],
  [{ trace_id: 'x'.repeat(129) }, 'trace_id', 'must have at most 128 characters'],
  [{ kind: 'StateChange' }, 'kind', 'must be an object'],
  [{ kind: { AsyncAwait: { future_id: 'f' } } }, 'kind.AsyncAwait.awaited_at', 'is missing'],
  [
    { kind: { MemoryFence: { ordering: 'None', location: 'a:1' } } },
    'kind.MemoryFence.ordering',
    'must be Relaxed, Acquire, Release, AcqRel or SeqCst',
  ],
  [{ lock_set: 'lock' }, 'lock_set', 'must be a list'],
  [{ causality_vector: [['a']] }, 'causality_vector[0]', 'must have at least 2 items'],
];

test('a refused event says what and where, in words', async (t) => {
  const { app } = await testApp(t);
  for (const [change, path, message] of events) {
    const reply = await post(app, [{ ...wireEvent({}), ...change }]);
    const { error, details } = reply.json();
    assert.deepEqual(details.rejected[0].errors, [{ path, message }]);
    assert.equal(error, `the event is invalid: events[0].${path} ${message}`);
  }
});

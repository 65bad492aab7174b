import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBatch } from '../../src/domain/event/batch.ts';
import { eventText } from '../../src/domain/event/event.ts';
import { compileRedaction, type RedactionRules } from '../../src/domain/event/redaction.ts';
import { redactionPathFault } from '../../src/domain/event/redaction-path.ts';
import { freshId, wireEvent } from '../support/events.ts';

const nothing: RedactionRules = { headers: [], tags: [], paths: [] };

/** What would be stored of an event, and the event as it was sent. */
function stored(text: string, rules: Partial<RedactionRules>) {
  const batch = readBatch(
    Buffer.from(`{"events":[${text}]}`),
    compileRedaction({ ...nothing, ...rules }),
  );
  const [record] = batch?.events ?? [];
  assert.ok(record, JSON.stringify(batch?.rejected));
  return { record, event: JSON.parse(eventText(record)) };
}

function request(payload: object, tags: object = {}): string {
  const whole = { method: 'GET', url: '/a?token=1', headers: {}, body: null, ...payload };
  return JSON.stringify(wireEvent({ id: freshId(), kind: 'HttpRequest', payload: whole, tags }));
}

test('headers are redacted in any case, of requests and responses, whatever their value', () => {
  const headers = { Authorization: 'secret', 'SET-COOKIE': ['secret', 'b'], accept: 'x' };
  const expected = { Authorization: '[redacted]', 'SET-COOKIE': '[redacted]', accept: 'x' };
  const rules = { headers: ['authorization', 'set-cookie'] };
  assert.deepEqual(stored(request({ headers }), rules).event.kind.HttpRequest.headers, expected);
  const response = wireEvent({
    kind: 'HttpResponse',
    payload: { status: 200, headers, body: null, duration_ms: 1 },
  });
  assert.deepEqual(
    stored(JSON.stringify(response), rules).event.kind.HttpResponse.headers,
    expected,
  );
  assert.equal(stored(request({ headers: null }), rules).event.kind.HttpRequest.headers, null);
});

test('tags and paths are redacted, everything else stays as it was sent', () => {
  const body = { user: { password: 'p', name: 'n' }, list: [{ card: 1 }, { card: 2 }], 'a.b': 3 };
  const { event } = stored(request({ body }, { email: 'e', 'user.id': 7, other: 1 }), {
    tags: ['email', 'user.id', 'absent'],
    paths: [
      'kind.HttpRequest.body.user.password',
      'kind.*.body.list.*.card',
      'kind.HttpRequest.body."a.b"',
      'kind.HttpRequest.body.list.length',
      'kind.HttpRequest.body.user.name.deeper',
    ],
  });
  assert.deepEqual(event.kind.HttpRequest.body, {
    user: { password: '[redacted]', name: 'n' },
    list: [{ card: '[redacted]' }, { card: '[redacted]' }],
    'a.b': '[redacted]',
  });
  assert.deepEqual(event.metadata.tags, {
    email: '[redacted]',
    'user.id': '[redacted]',
    other: 1,
  });
});

test('what is derived from a redacted value is redacted, and long numbers stay exact', () => {
  const { record, event } = stored(request({}), { paths: ['kind.HttpRequest.url'] });
  assert.equal(record.operation, 'GET [redacted]');
  assert.equal(event.kind.HttpRequest.url, '[redacted]');
  const text = request({ body: { id: 0, list: [0] } }).replace(
    '"body":{"id":0,"list":[0]}',
    '"body":{"id":9007199254740993,"list":[9007199254740993],"__proto__":"p"}',
  );
  const paths = ['kind.HttpRequest.body.list.0', 'kind.*.body.id.text', 'kind.*.body.__proto__'];
  assert.match(
    stored(text, { paths }).record.payload,
    /"body":\{"id":9007199254740993,"list":\["\[redacted\]"\],"__proto__":"\[redacted\]"\}/,
  );
});

test('unknown members of an event can be redacted', () => {
  const text = request({}).replace('{', '{"note":{"who":"me"},');
  assert.deepEqual(stored(text, { paths: ['note.who'] }).event.note, { who: '[redacted]' });
});

test('a path that would leave no sound event is refused with a reason', () => {
  for (const path of [
    'kind.HttpRequest.body',
    'kind.*.body.*.password',
    'kind.HttpRequest.headers.x-token',
    'kind.HttpRequest.url',
    'kind.Custom.data',
    'metadata.tags.*',
    'metadata.tags."user.id"',
    'metadata.note',
    'note',
  ]) {
    assert.equal(redactionPathFault(path), null, path);
  }
  for (const [path, reason] of [
    ['', /is no path/],
    ['a..b', /is no path/],
    ['kind.HttpRequest.', /is no path/],
    ['kind.HttpRequest."body', /is no path/],
    ['*.body', /whole event/],
    ['trace_id', /order of events/],
    ['lock_set.0', /order of events/],
    ['kind', /names no kind/],
    ['kind.HttpReqest.body', /names no kind.*HttpRequest/],
    ['kind.HttpRequest', /whole payload/],
    ['kind.HttpRequest.headers', /kind.HttpRequest.headers, which can be no text/],
    ['kind.HttpResponse.status', /can be no text/],
    ['kind.*.*', /can be no text/],
    ['metadata', /order of events/],
    ['metadata.thread_id', /order of events/],
    ['metadata.*', /order of events/],
    ['metadata.tags', /metadata.tags.\*/],
  ] as const) {
    assert.match(redactionPathFault(path) ?? '', reason, path);
  }
});

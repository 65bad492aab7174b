import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readBatch } from '../../src/domain/event/batch.ts';
import { eventText } from '../../src/domain/event/event.ts';
import { parseTimestamp, TimestampReader } from '../../src/domain/timestamp.ts';
import { canonicalUuid } from '../../src/domain/uuid.ts';
import { access, wireEvent } from '../support/events.ts';

test('every spelling of a UUID has one canonical form', () => {
  const canonical = '518c01f4-90bf-494f-b981-ccaec08fed13';
  for (const text of [
    canonical,
    canonical.toUpperCase(),
    canonical.replaceAll('-', ''),
    `{${canonical}}`,
    `urn:uuid:${canonical}`,
  ]) {
    assert.equal(canonicalUuid(text), canonical, text);
  }
  for (const text of [
    '',
    'not-a-uuid',
    `{${canonical}`,
    `${canonical}}`,
    `${canonical}0`,
    '518c01f490bf-494f-b981-ccaec08fed13',
  ]) {
    assert.equal(canonicalUuid(text), null, text);
  }
});

test('timestamps are read to the nanosecond, and nonsense is refused', () => {
  for (const [text, ns] of [
    ['1970-01-01T00:00:00Z', 0n],
    ['1970-01-01T00:00:00.000000001Z', 1n],
    ['1970-01-01t00:00:00.1234567899z', 123_456_789n],
    ['1970-01-01 01:00:00+01:00', 0n],
    ['1969-12-31T23:00:00-01:00', 0n],
    ['1972-06-30T23:59:60Z', 78_796_800_000_000_000n],
    ['2261-12-31T23:59:59.999999999Z', 9_214_646_399_999_999_999n],
  ] as const) {
    assert.equal(parseTimestamp(text), ns, text);
  }
  for (const text of [
    '1969-12-31T23:59:59Z',
    '0070-01-01T00:00:00Z',
    '0099-12-31T23:59:59Z',
    '2262-01-01T00:00:00Z',
    '2024-02-30T00:00:00Z',
    '2024-13-01T00:00:00Z',
    '2024-01-01T24:00:00Z',
    '2024-01-01T00:60:00Z',
    '2024-01-01T00:00:61Z',
    '2024-01-01T00:00:00',
    '2024-01-01',
    '2024-01-01T00:00:00.Z',
    '2024-01-01T00:00:00+24:00',
    'yesterday',
  ]) {
    assert.equal(parseTimestamp(text), null, text);
  }
});

test('a timestamp is read alike whatever was read before it', () => {
  const seconds = ['2024-01-01T00:00:59', '2024-01-01t00:00:59', '2024-01-01T00:00:60', '2024'];
  const ends = ['', '.', '.5', '.123456789', '.1234567891', '.5x', '.x'].flatMap((fraction) =>
    ['', 'Z', 'z', '+00:00', '-00:00', '+01:00', '+00:0Z', 'ZZ'].map((offset) => fraction + offset),
  );
  const texts = seconds.flatMap((second) => ends.map((end) => second + end));
  for (const before of texts) {
    const reader = new TimestampReader();
    for (const text of texts) {
      reader.read(before);
      assert.equal(reader.read(text), parseTimestamp(text), `${text} after ${before}`);
    }
  }
});

function read(event: object) {
  const batch = readBatch(Buffer.from(JSON.stringify({ events: [event] })));
  assert.ok(batch);
  return batch;
}

/** A wire event with one change, made on the parsed form. */
function changed(change: (event: Record<string, never> & { metadata: never }) => void): object {
  const event = structuredClone(wireEvent()) as never;
  change(event);
  return event;
}

test('what comes back is what was sent, with absent members filled in', () => {
  const sent = {
    ...wireEvent({ kind: 'StateChange', payload: access('x', 'Write') }),
    lock_set: undefined,
    causality_vector: undefined,
    parent_id: undefined,
    colour: { deep: [1, null] },
  };
  const [record] = read(sent).events;
  assert.ok(record);
  const { metadata, kind } = sent as unknown as { metadata: object; kind: { StateChange: object } };
  assert.deepEqual(JSON.parse(eventText(record)), {
    ...JSON.parse(JSON.stringify(sent)),
    parent_id: null,
    lock_set: [],
    causality_vector: [],
    metadata,
    kind: { StateChange: { ...kind.StateChange, old_value: null } },
  });
});

test('what real SDKs send beyond the reference is accepted', () => {
  for (const event of [
    wireEvent({
      kind: 'FunctionReturn',
      payload: { function_name: 'f', return_value: 1, file: 'f', line: 1 },
    }),
    wireEvent({
      kind: 'AsyncSpawn',
      payload: { task_id: 'task-1', task_name: 'n', spawned_at: 'x:1' },
    }),
    wireEvent({ kind: 'Error', payload: { error_type: 'E', message: 'm', stack_trace: null } }),
    wireEvent({ kind: 'StateChange', payload: access('x', 'Read', { new_value: undefined }) }),
    wireEvent({ kind: 'HttpResponse', payload: { status: 200, headers: {}, duration_ms: 12.5 } }),
    wireEvent({ durationNs: 12.5 }),
    wireEvent({ trace: 'test-trace-id' }),
    wireEvent({ tags: { n: 1, list: [true] } }),
    { ...wireEvent(), lock_set: null, causality_vector: null },
    wireEvent({ vector: [['a', 2 ** 53 - 1]], locks: Array.from({ length: 1024 }, () => 'l') }),
  ]) {
    assert.deepEqual(read(event).rejected, [], JSON.stringify(event));
  }
});

test('ambiguous events are refused with the place', () => {
  for (const [event, path] of [
    [wireEvent({ id: 'no-uuid' }), 'id'],
    [{ ...wireEvent(), parent_id: 5 }, 'parent_id'],
    [wireEvent({ trace: '' }), 'trace_id'],
    [wireEvent({ trace: 'x'.repeat(129) }), 'trace_id'],
    [wireEvent({ at: '2024-01-01' }), 'timestamp'],
    [{ ...wireEvent(), timestamp: 1 }, 'timestamp'],
    [{ ...wireEvent(), kind: 'FunctionCall' }, 'kind'],
    [{ ...wireEvent(), kind: {} }, 'kind'],
    [{ ...wireEvent(), kind: { A: {}, B: {} } }, 'kind'],
    [{ ...wireEvent(), kind: { Surprise: {} } }, 'kind.Surprise'],
    [{ ...wireEvent(), kind: { constructor: {} } }, 'kind.constructor'],
    [
      wireEvent({ kind: 'StateChange', payload: access('x', 'write') }),
      'kind.StateChange.access_type',
    ],
    [
      wireEvent({ kind: 'LockAcquire', payload: { lock_id: 'l', location: 'x' } }),
      'kind.LockAcquire.lock_type',
    ],
    [
      wireEvent({ kind: 'HttpResponse', payload: { status: 70_000, headers: {}, duration_ms: 1 } }),
      'kind.HttpResponse.status',
    ],
    [wireEvent({ durationNs: -1 }), 'metadata.duration_ns'],
    [wireEvent({ vector: [['a', -1]] }), 'causality_vector[0][1]'],
    [wireEvent({ vector: [['a', 1.5]] }), 'causality_vector[0][1]'],
    [{ ...wireEvent(), lock_set: ['a', 1] }, 'lock_set[1]'],
    [{ ...wireEvent(), lock_set: 'a' }, 'lock_set'],
    [{ ...wireEvent(), lock_set: new Array(1025).fill(0) }, 'lock_set'],
    [{ ...wireEvent(), causality_vector: new Array(1025).fill(0) }, 'causality_vector'],
    [
      wireEvent({
        kind: 'Error',
        payload: { error_type: 'E', message: 'm', stack_trace: new Array(10_001).fill(0) },
      }),
      'kind.Error.stack_trace',
    ],
    [changed((event) => Object.assign(event['metadata'], { tags: [] })), 'metadata.tags'],
    [{ ...wireEvent(), kind: { ['x'.repeat(9999)]: {} } }, `kind.${'x'.repeat(251)}`],
    [
      changed((event) => Object.assign(event['metadata'], { process_id: '1' })),
      'metadata.process_id',
    ],
    [{ id: wireEvent()['id'] }, 'trace_id'],
  ] as const) {
    const { events, rejected } = read(event);
    assert.equal(events.length, 0, path);
    assert.equal(rejected[0]?.errors[0]?.path, path);
  }
});

test('one bad event does not spoil its neighbours', () => {
  const good = wireEvent();
  const batch = readBatch(
    Buffer.from(JSON.stringify({ events: [good, 5, { id: 'x' }, wireEvent()] })),
  );
  assert.equal(batch?.events.length, 2);
  assert.deepEqual(
    batch?.rejected.map(({ index, id }) => [index, id]),
    [
      [1, null],
      [2, 'x'],
    ],
  );
});

test('a body of another shape is no batch', () => {
  for (const text of ['null', '[]', '5', '{}', '{"events":{}}', '{"events":null}']) {
    assert.equal(readBatch(Buffer.from(text)), null, text);
  }
  assert.deepEqual(
    { ...readBatch(Buffer.from('{"events":[]}')) },
    {
      events: [],
      rejected: [],
      rejectedPaths: [],
      rejectedServices: [],
    },
  );
});

test('the greatest unsigned 64-bit counter is one', () => {
  const text = JSON.stringify(wireEvent({ vector: [['a', 1]] }));
  for (const [counter, accepted] of [
    ['18446744073709551615', true],
    ['18446744073709555712', false],
  ] as const) {
    const batch = readBatch(
      Buffer.from(`{"events":[${text.replace('["a",1]', `["a",${counter}]`)}]}`),
    );
    assert.equal(batch?.events.length === 1, accepted, counter);
  }
});

test('bodies that would take more than they are worth are refused before they are read', () => {
  const million = 1_000_000;
  for (const [text, code] of [
    ['['.repeat(3 * million), 'too_large'],
    [`{"events":[${'{},'.repeat(million)}{}]}`, 'too_large'],
    [`{"events":[${'0,'.repeat(million)}0]}`, 'bad_request'],
    [`{"events":[${'-0,'.repeat(million)}0]}`, 'bad_request'],
  ] as const) {
    assert.throws(() => readBatch(Buffer.from(text)), { code }, text.slice(0, 20));
  }
});

test('of many refused events the first thousand are listed, and all are counted', () => {
  const filler = 'x'.repeat(200);
  const bad = Array.from({ length: 1500 }, (_, index) => ({ id: index, filler }));
  const batch = readBatch(Buffer.from(JSON.stringify({ events: [...bad, wireEvent()] })));
  assert.equal(batch?.events.length, 1);
  assert.equal(batch?.rejected.length, 1000);
  assert.equal(batch?.rejectedPaths.length, 1500);
  assert.ok(batch?.rejectedPaths.every((path) => path === 'id'));
});

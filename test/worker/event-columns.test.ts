import assert from 'node:assert/strict';
import { test } from 'node:test';
import { columnsOf, eventsOf } from '../../src/worker/event-columns.ts';

test('events come out of columns as they went in, whatever they have in common', () => {
  const texts = [null, '', 'a', 'a', 'ab', 'ä😀', '{"x":"\\u0000"}'];
  const events = texts.flatMap((parentId, place) =>
    texts.map((text) => ({
      id: `id ${place}`,
      traceId: text ?? 'trace',
      parentId,
      timestamp: '2026-01-01T00:00:00Z',
      timestampNs: BigInt(place) * 2n ** 40n - 1n,
      kind: 'Custom' as const,
      payload: text ?? '{}',
      metadata: parentId ?? '{}',
      vector: '[]',
      lockSet: text ?? '[]',
      extra: '',
    })),
  );
  assert.deepEqual(eventsOf(structuredClone(columnsOf(events))), events);
  assert.deepEqual(eventsOf(columnsOf([])), []);
});

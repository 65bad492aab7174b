import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diagnose } from '../../../src/analysis/order/diagnostics.ts';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import { freshId, traceEvents, wireEvent } from '../../support/events.ts';

test('edges are counted by source and confidence, and what is missing or dropped is said', () => {
  const [root, go, lost] = [freshId(), freshId(), freshId()];
  const span = (letter: string) => letter.repeat(16);
  const events = traceEvents([
    wireEvent({ id: root, span: span('a') }),
    wireEvent({
      id: go,
      parent: root,
      at: 1,
      span: span('a'),
      kind: 'AsyncSpawn',
      payload: { task_id: 'task', spawned_by: 'main' },
    }),
    wireEvent({ parent: go, at: 2, thread: 'task' }),
    wireEvent({ parent: root, at: 3, thread: 'other' }),
    wireEvent({
      parent: go,
      at: 4,
      span: span('a'),
      kind: 'AsyncAwait',
      payload: { future_id: 'task', awaited_at: 'main' },
    }),
    wireEvent({ at: 5, thread: 'called', span: span('b'), upstream: span('a') }),
    wireEvent({ at: 6, thread: 'loop', span: span('c'), upstream: span('c') }),
    wireEvent({ at: 7, thread: 'orphan', parent: lost }),
  ]);
  assert.deepEqual(diagnose(analyseOrder(events)), {
    incomplete: true,
    missing_parents: 1,
    dropped_edges: 1,
    strands: 6,
    edges: [
      { source: 'parent', confidence: 'high', count: 1 },
      { source: 'spawn', confidence: 'high', count: 1 },
      { source: 'await', confidence: 'high', count: 1 },
      { source: 'call', confidence: 'low', count: 1 },
    ],
  });
});

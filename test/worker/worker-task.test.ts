import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayHaveStatements } from '../../src/worker/worker-task.ts';
import { records, wireEvent } from '../support/events.ts';

test('only a task about spans is given the parser of statements', () => {
  const tasksOf = (extra: string) => {
    const events = records([wireEvent(), wireEvent()]).map((event) => ({ ...event, extra }));
    const group = {
      traceId: 'a',
      written: [],
      characters: 0,
      truncatedBy: null,
      leavesTracesOut: false,
    };
    const trace = { ...group, events, eventCount: 2, mark: 1 };
    const switches = { races: true, spans: true };
    return { kind: 'records', traces: [trace], switches } as const;
  };
  assert.equal(mayHaveStatements(tasksOf('{}')), false);
  assert.equal(mayHaveStatements(tasksOf('{"otel":{"span_id":"00f067aa0ba902b7"}}')), true);
  assert.equal(mayHaveStatements({ kind: 'comparisons', comparisons: [] }), false);
});

/** Who called whom: by span ids, by parent links, each call once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serviceCalls, traceDependencies } from '../../src/analysis/dependencies.ts';
import { orderOf, type SpanSketch } from '../support/spans.ts';

function calls(steps: readonly SpanSketch[]): string[] {
  return traceDependencies(orderOf(steps)).dependencies.map(
    ({ from, to, call_count }) => `${from} → ${to} ${call_count}`,
  );
}

test('a call that spans and parent links tell of counts once, however many events it has', () => {
  const steps = [
    { name: 'a1', at: 0, service: 'a', span: 's1', thread: 'a' },
    { name: 'b1', in: 'a1', at: 1, service: 'b', span: 's2', upstream: 's1', thread: 'b' },
    { name: 'b2', in: 'b1', at: 2, service: 'b', span: 's2', upstream: 's1', thread: 'b' },
    { name: 'b3', in: 'a1', at: 3, service: 'b', span: 's2', upstream: 's1', thread: 'b' },
  ];
  assert.deepEqual(calls(steps), ['a → b 1']);
  const unlinked = steps.map(({ in: _, ...step }) => step);
  assert.deepEqual(calls(unlinked), ['a → b 1']);
  const unspanned = steps.map(({ span: _, upstream: __, ...step }) => step);
  assert.deepEqual(calls(unspanned), ['a → b 1']);
});

test('each called strand is a call; the link of an answer is none', () => {
  const steps = [
    { name: 'a1', at: 0, service: 'a', thread: 'a' },
    { name: 'b1', in: 'a1', at: 1, service: 'b', thread: 'b' },
    { name: 'b2', in: 'a1', at: 1, service: 'b', thread: 'b2' },
    { name: 'c1', in: 'a1', at: 1, service: 'a', thread: 'helper' },
    { name: 'a2', in: 'b1', at: 2, service: 'a', thread: 'a' },
  ];
  assert.deepEqual(calls(steps), ['a → b 2']);
});

test('the nearest named caller stands in for what has no name', () => {
  const steps = [
    { name: 'a', at: 0, service: 'a' },
    { name: 'x', in: 'a', at: 1, service: '' },
    { name: 'y', in: 'x', at: 2, service: '' },
    { name: 'b', in: 'y', at: 3, service: 'b' },
    { name: 'a2', in: 'y', at: 4, service: 'a' },
  ];
  const { services } = traceDependencies(orderOf(steps));
  assert.deepEqual(services, [
    { name: 'a', event_count: 2 },
    { name: 'b', event_count: 1 },
  ]);
  assert.deepEqual(calls(steps), ['a → b 1']);
  assert.deepEqual(calls(steps.slice(1)), []);
});

test('the first event of a call says what kind of link it is', () => {
  const web = { name: 'a', at: 0, service: 'a', span: 's1' };
  const query = { query: 'SELECT 1', database: 'main', duration_ms: 1 };
  const request = { method: 'GET', url: '/', headers: {}, body: null };
  const steps: SpanSketch[] = [
    web,
    { name: 'b', at: 1, service: 'b', span: 's2', upstream: 's1' },
    { name: 'c', in: 'a', at: 2, service: 'b', kind: 'DatabaseQuery', payload: query },
    { name: 'd', in: 'a', at: 3, service: 'b', kind: 'HttpRequest', payload: request },
    { name: 'e', in: 'a', at: 4, service: 'b', kind: 'HttpRequest', payload: request },
  ];
  assert.deepEqual(serviceCalls(orderOf(steps)), [
    { from: 'a', to: 'b', linkType: 'Custom', calls: 1 },
    { from: 'a', to: 'b', linkType: 'DatabaseQuery', calls: 1 },
    { from: 'a', to: 'b', linkType: 'HttpCall', calls: 2 },
  ]);
  assert.deepEqual(calls(steps), ['a → b 4']);
});

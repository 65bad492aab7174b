import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import { traceEvents, uncheckedTraceEvents, wireEvent } from '../../support/events.ts';
import { assertProperty } from '../../support/properties.ts';
import { delivered, deliveryKeys, execute, moves } from '../within/oracle.ts';

test('both relations agree with the closure of what happened, in any order of arrival', (t) => {
  assertProperty(
    t,
    800,
    fc.property(moves(48), deliveryKeys, (list, random) => {
      const execution = execute(list, { locks: true });
      const order = analyseOrder(uncheckedTraceEvents(delivered(execution, random)));
      const numbers = execution.sketches.map(({ id }) => order.find(0, id));
      for (let a = 0; a < numbers.length; a += 1) {
        for (let b = 0; b < numbers.length; b += 1) {
          const [from, to] = [numbers[a] as number, numbers[b] as number];
          assert.equal(order.must.precedes(from, to), execution.must[a]?.[b], `must ${a} ${b}`);
          const observed = execution.observed[a]?.[b];
          assert.equal(order.observed.precedes(from, to), observed, `observed ${a} ${b}`);
        }
      }
    }),
  );
});

test('span edges that lead to themselves or in a circle are dropped, whatever the order', (t) => {
  const spans = fc.array(fc.tuple(fc.nat(5), fc.nat(5), fc.nat(5)), {
    minLength: 1,
    maxLength: 20,
  });
  assertProperty(
    t,
    300,
    fc.property(spans, deliveryKeys, (list, random) => {
      const sketches = list.map(([span, upstream, at], place) =>
        wireEvent({
          id: `00000000-0000-4000-9000-${String(place).padStart(12, '0')}`,
          parent: `00000000-0000-4000-9000-${String((place * 7 + at) % 20).padStart(12, '0')}`,
          at,
          span: `s${span}`,
          upstream: `s${upstream}`,
          instance: `web-${span}`,
        }),
      );
      const order = analyseOrder(traceEvents(sketches));
      const key = (place: number) => random[place % random.length] ?? 0;
      const mixed = [...sketches.keys()].sort((a, b) => key(a) - key(b));
      const again = analyseOrder(traceEvents(mixed.map((place) => sketches[place] as object)));
      assert.deepEqual(again.sequence, order.sequence);
      assert.deepEqual(again.diagnostics, order.diagnostics);
      for (const a of order.sequence) {
        for (const b of order.sequence) {
          if (a === b) continue;
          assert.ok(!(order.must.precedes(a, b) && order.must.precedes(b, a)));
          assert.equal(order.must.precedes(a, b), again.must.precedes(a, b));
        }
      }
    }),
  );
});

test('a chain of calls between three services is one order, by what each SDK sends', () => {
  const span = (letter: string) => letter.repeat(16);
  const step = (id: string, at: number, of: object, more: object = {}) =>
    wireEvent({ id: `${id.repeat(8)}-0000-4000-8000-000000000000`, at, ...of, ...more });
  const id = (letter: string) => `${letter.repeat(8)}-0000-4000-8000-000000000000`;
  const ts = {
    service: 'ts',
    instance: 'ts-1',
    thread: 'node-1-a',
    span: span('a'),
    tags: { sdk_language: 'typescript' },
  };
  const python = {
    service: 'py',
    instance: 'py-1',
    thread: 'python-1-b',
    span: span('b'),
    upstream: span('a'),
    tags: { sdk_language: 'python' },
  };
  const order = analyseOrder(
    traceEvents([
      step('1', 0, ts),
      // The last three digits come from another clock: this event is before the next one.
      step('2', 0.9, ts, { parent: id('1'), vector: [[id('1'), 1]] }),
      step('3', 0.1, ts, { parent: id('2'), vector: [[id('1'), 2]] }),
      step('4', 3, python, {
        vector: [
          ['ts#ts-1', 4],
          ['py#py-1', 1],
        ],
      }),
      step('5', 5.7, python, {
        parent: id('4'),
        vector: [
          ['ts#ts-1', 4],
          ['py#py-1', 2],
        ],
      }),
      step('6', 5.2, ts, { parent: id('3'), vector: [[id('1'), 3]] }),
      step('7', 9, ts, { parent: id('6'), vector: [[id('1'), 4]] }),
    ]),
  );
  const number = (letter: string) => order.find(0, id(letter));
  assert.deepEqual(
    [...order.sequence].map((event) => order.events[event]?.id[0]).join(''),
    '1234567',
  );
  for (const [a, b] of ['12', '23', '34', '56', '67']) {
    assert.ok(order.must.precedes(number(a as string), number(b as string)), `${a} before ${b}`);
  }
  assert.deepEqual(order.calls, [
    {
      upstream: 0,
      downstream: 1,
      sent: number('3'),
      received: number('4'),
      answered: number('5'),
      returned: number('6'),
      confidence: 'medium',
    },
  ]);
});

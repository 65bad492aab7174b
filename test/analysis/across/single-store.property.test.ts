import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { traceEvents } from '../../support/events.ts';
import { assertProperty } from '../../support/properties.ts';
import { scheduled } from '../../support/schedules.ts';
import { crossFindings, footprints } from './footprint-world.ts';

const moves = fc.array(fc.tuple(fc.nat(3), fc.nat(5), fc.nat(1)), { maxLength: 24, size: 'max' });

/** Plays requests against one store in which every write shows at once; each value is written once. */
function play(list: readonly (readonly [number, number, number])[]): readonly string[] {
  const store = new Map<string, number>();
  return list.map(([request, action, slot], place) => {
    const variable = `db:v${slot}`;
    if (action < 4) return `${request} r ${variable} ${store.get(variable) ?? slot}`;
    store.set(variable, 100 + place);
    return `${request} w ${variable} ${100 + place}`;
  });
}

/** Whether the order of operations that conflict leads from some request back to it. */
function isCircular(steps: readonly string[]): boolean {
  const operations = steps.map((step) => step.split(' '));
  let edges = operations.flatMap(([from, action, variable], place) =>
    operations
      .slice(place + 1)
      .filter(
        ([to, other, same]) => to !== from && same === variable && `${action}${other}` !== 'rr',
      )
      .map(([to]) => [from, to]),
  );
  for (;;) {
    const targets = new Set(edges.map(([, to]) => to));
    const left = edges.filter(([from]) => targets.has(from));
    if (left.length === edges.length) return left.length > 0;
    edges = left;
  }
}

test('nothing is proven of requests whose conflicts agree with some serial order', (t) => {
  assertProperty(
    t,
    250,
    fc.property(moves, fc.boolean(), (list, areTransactions) => {
      const steps = play(list);
      fc.pre(!isCircular(steps));
      const names = [...new Set(steps.map((step) => step.split(' ')[0]))];
      const ends = areTransactions ? names.map((name) => `${name} commit`) : [];
      const proven = crossFindings(footprints(traceEvents(scheduled([...steps, ...ends])))).filter(
        ({ evidence }) => evidence === 'E3' || evidence === 'E4',
      );
      assert.deepEqual(
        proven.map(({ witness }) => witness.explanation),
        [],
        steps.join('; '),
      );
    }),
  );
});

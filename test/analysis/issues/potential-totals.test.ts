/** Totals over rows, as single requests show them: what may change meanwhile, although no run has shown it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changeCourses } from '../../../src/analysis/issues/courses.ts';
import { potentialRaces } from '../../../src/analysis/issues/potential-races.ts';
import type { CourseCounts } from '../../../src/domain/findings/variable-state.ts';
import {
  footprintsOfRequests,
  pgStack,
  type RequestSketch,
  step,
} from '../../support/invented-requests.ts';

const addItem: RequestSketch = {
  route: 'POST /carts/{id}/items',
  path: '/carts/7/items',
  steps: [step('INSERT INTO items (cart_id, price) VALUES ($1, $2)', 25, 26, [7, 5])],
};

function checkout(begin: string, sum: string): RequestSketch {
  return {
    route: 'POST /carts/{id}/checkout',
    path: '/carts/7/checkout',
    steps: [
      step(begin, 1, 1.1),
      step(sum, 2, 3, [7]),
      step('UPDATE carts SET total = $1 WHERE id = $2', 4, 5, [50, 7]),
      step('COMMIT', 6, 7),
    ],
  };
}

async function possible(...requests: readonly RequestSketch[]): Promise<readonly string[]> {
  const courses = new Map<string, CourseCounts>();
  for (const footprint of await footprintsOfRequests({ stack: pgStack, requests })) {
    const counts = changeCourses(courses.get(footprint.variable), footprint, 1);
    if (counts !== undefined) courses.set(footprint.variable, counts);
  }
  const variables = [...courses].map(([variable, counts]) => ({ variable, courses: counts }));
  return potentialRaces(variables).map(
    ({ pattern, variable, actor, rival }) =>
      `${pattern} ${variable}: ${actor.operation}, ${rival.operation}`,
  );
}

const SUM = 'SELECT sum(price) FROM items WHERE cart_id = $1';

test('a total that is written after its rows were read may miss a row that is added meanwhile', async () => {
  assert.deepEqual(await possible(checkout('BEGIN', SUM), addItem), [
    'check_then_act db:shop.items[cart_id=*].exists: POST /carts/*/checkout, POST /carts/*/items',
  ]);
});

test('where nobody adds rows, or the store puts both in an order, nothing is possible', async () => {
  assert.deepEqual(await possible(checkout('BEGIN', SUM)), []);
  assert.deepEqual(
    await possible(checkout('BEGIN ISOLATION LEVEL SERIALIZABLE', SUM), addItem),
    [],
  );
});

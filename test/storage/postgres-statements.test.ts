/** Every statement has a bound to what it reads; `npm run test:plans` holds it to that. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { exportedNames, places } from '../plans/places.ts';

test('every statement has a place in the table of bounds, and every place a statement', async () => {
  const placed = Object.entries(places).map(([file, names]) => [file, Object.keys(names).sort()]);
  assert.deepEqual(Object.fromEntries(placed), await exportedNames());
});

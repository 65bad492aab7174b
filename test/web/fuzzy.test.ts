/** How names fit what is typed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fitOf } from '../../web/src/model/fuzzy.ts';

const best = (wanted: string, names: readonly string[]) =>
  names
    .map((name) => ({ name, fit: fitOf(name, wanted) }))
    .filter(({ fit }) => fit !== null)
    .sort((a, b) => (b.fit ?? 0) - (a.fit ?? 0))
    .map(({ name }) => name);

test('the whole text first, then its letters in their order, best at the beginnings of words', () => {
  assert.deepEqual(best('map', ['Service map', 'Maple', 'my apple', 'Races']), [
    'Maple',
    'Service map',
    'my apple',
  ]);
  assert.deepEqual(best('sm', ['Service map', 'assume']), ['Service map', 'assume']);
  assert.deepEqual(best('lost bal', ['Lost update of ledger.balance', 'ledger']), [
    'Lost update of ledger.balance',
  ]);
  assert.deepEqual(best('xyz', ['Service map']), []);
});

test('any text is taken as text, and a name fits itself', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (name, wanted) => {
      const fit = fitOf(name, wanted);
      assert.ok(fit === null || Number.isFinite(fit));
      assert.notEqual(fitOf(name, name), null);
    }),
  );
});

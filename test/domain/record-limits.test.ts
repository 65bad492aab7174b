import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgets } from '../../src/analysis/budgets.ts';
import { firstLimit, recordLimits } from '../../src/domain/trace/trace-record.ts';

test('every limit by itself is named, so that none can be met in silence', () => {
  for (const limit of recordLimits) assert.equal(firstLimit(new Set([limit])), limit);
  assert.equal(firstLimit(new Set()), null);
});

test('of several limits the one that an analysis meets first is named', () => {
  for (const [place, limit] of recordLimits.entries()) {
    assert.equal(firstLimit(new Set(recordLimits.slice(place).toReversed())), limit);
  }
});

/** Of the memory of the process, whose shares are dealt out in src/memory. */
const ofMemory = ['analysis_memory'];

test('every limit is the wire name of a budget or of one side of it, and stands once', () => {
  const names = new Set([...Object.keys(budgets).map(wireName), ...ofMemory]);
  assert.deepEqual(
    recordLimits.filter((limit) => !names.has(limit.replace(/_(before|after)$/, ''))),
    [],
  );
  assert.equal(new Set(recordLimits).size, recordLimits.length);
});

function wireName(budget: string): string {
  return budget.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

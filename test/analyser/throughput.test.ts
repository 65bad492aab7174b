import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Throughput } from '../../src/analyser/throughput.ts';

test('the rate is that of the last ten seconds, or since the start', () => {
  let nowMs = 5000;
  const throughput = new Throughput(() => nowMs);
  assert.equal(throughput.perSecond, 0);
  throughput.note(30);
  assert.equal(throughput.perSecond, 30);
  nowMs += 3000;
  assert.equal(throughput.perSecond, 10);
  throughput.note(60);
  assert.equal(throughput.perSecond, 30);
  nowMs += 9000;
  assert.equal(throughput.perSecond, 6);
  nowMs += 1000;
  assert.equal(throughput.perSecond, 0);
});

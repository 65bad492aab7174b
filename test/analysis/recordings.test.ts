/** What real requests of the SDKs against small banks show. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding } from '../../src/domain/finding.ts';
import { traceEvents } from '../support/events.ts';
import { recordedTraces } from '../support/recordings.ts';
import { crossFindings, footprints, groupBy } from './across/footprint-world.ts';

function findingsOf(recording: string): readonly Finding[] {
  return crossFindings(footprints(traceEvents(recordedTraces(recording).flat())));
}

for (const [recording, accounts] of [
  ['ts-race', ['alice.balance', 'bob.balance']],
  ['python-race', ['carol.balance', 'dave.balance']],
] as const) {
  test(`${recording} shows one lost update per account, proven by values`, () => {
    const lost = findingsOf(recording).filter(({ pattern }) => pattern === 'lost_update');
    const issues = groupBy(lost, ({ subject }) => subject.fingerprint);
    assert.deepEqual(
      [...issues.values()].map(([finding]) => finding?.subject.variable).sort(),
      accounts,
    );
    for (const issue of issues.values()) {
      assert.ok(issue.some(({ evidence }) => evidence === 'E3'));
      assert.ok(issue.every(({ subject }) => subject.severity === 'CRITICAL'));
    }
  });
}

for (const recording of ['ts-locked', 'go-locked', 'chain']) {
  test(`${recording} shows nothing between its requests`, () => {
    assert.deepEqual(findingsOf(recording), []);
  });
}

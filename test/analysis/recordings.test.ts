/** What real requests of the SDKs against small banks show. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyseOrder } from '../../src/analysis/order/order.ts';
import { criticalPath, noCriticalPath } from '../../src/analysis/time/critical-path.ts';
import type { Finding } from '../../src/domain/findings/finding.ts';
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

/** The steps of each trace of recordings, by name, with those after the response apart. */
function stepsOf(...recordings: readonly string[]) {
  const events = groupBy(
    traceEvents(recordings.flatMap((name) => recordedTraces(name).flat())),
    ({ traceId }) => traceId,
  );
  return [...events.values()].map((trace) => {
    const { path, other_roots, after_response } =
      criticalPath(analyseOrder(trace)) ?? noCriticalPath;
    const names = (steps: readonly { kind: string }[]) => steps.map(({ kind }) => kind).join(', ');
    return [
      names(path),
      names(other_roots),
      after_response.event_count,
      names(after_response.steps),
    ];
  });
}

test('functions that the Go SDK tells of in two events, and decorated ones of Python, are steps', () => {
  const functions = (...names: string[]) => names.map((name) => `FunctionCall(${name})`).join(', ');
  const go = ['HttpRequest(GET /nested)', functions('go.outer', 'go.middle', 'go.inner')].join(
    ', ',
  );
  assert.deepEqual(stepsOf('svc-go-nested').slice(2), Array(3).fill([go, '', 0, '']));
  const python = functions('py.outer', 'py.middle', 'py.inner', '__main__.deco');
  assert.deepEqual(
    stepsOf('svc-py-nested').slice(2),
    Array(3).fill([`HttpRequest(GET /nested), ${python}`, '', 0, '']),
  );
});

test('a job that goes on after a 202 is after the response, not time of the request', () => {
  const job = Array(5).fill('FunctionCall(ts.job.step)').join(', ');
  assert.deepEqual(stepsOf('svc-ts-job'), Array(2).fill(['HttpRequest(POST /job)', '', 6, job]));
  assert.deepEqual(
    stepsOf('svc-go-job', 'svc-go-nested').slice(0, 2),
    Array(2).fill(['HttpRequest(POST /job)', '', 6, '']),
  );
});

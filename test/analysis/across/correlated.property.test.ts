/** What is found over variables that are written together depends on what happened, not on how it came. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TraceComparison } from '../../../src/analysis/across/across.ts';
import type { Finding } from '../../../src/domain/findings/finding.ts';
import { analyseAll, everyIssue } from '../../support/analyser.ts';
import { type Backend, backends, memoryBackend } from '../../support/backends.ts';
import { keyless, records, traceEvents } from '../../support/events.ts';
import { assertAsyncProperty, assertProperty } from '../../support/properties.ts';
import { scheduled } from '../../support/schedules.ts';
import { footprints, groupBy } from './footprint-world.ts';

/** One access of one of a few requests to one of three variables. */
const step = fc
  .tuple(fc.nat(3), fc.boolean(), fc.constantFrom('total', 'items', 'other'), fc.nat(2))
  .map(([request, isWrite, variable, value]) => {
    const text = value === 0 ? '?' : String(value);
    return `${request + 1} ${isWrite ? 'w' : 'r'} ${variable} ${text}`;
  });
const steps = fc.array(step, { minLength: 4, maxLength: 14, size: 'max' });

/** Twenty-one requests, one after the other, that write two of the variables. */
const before = Array.from({ length: 21 }, (_, place) => [
  `${100 + place} w total ?`,
  `${100 + place} w items ?`,
]).flat();

function told({ subject, evidence, pattern, traceIds, witness }: Finding): string {
  return JSON.stringify([subject.fingerprint, evidence, pattern, traceIds, witness.explanation]);
}

test('the order of footprints changes nothing, and requests under one lock are never told of', (t) => {
  let overTwo = 0;
  assertProperty(
    t,
    100,
    fc.property(steps, fc.infiniteStream(fc.nat()), (list, keys) => {
      const all = footprints(traceEvents(scheduled([...before, ...list])));
      const traces = [...new Set(all.map(({ traceId }) => traceId))].sort();
      const find = (some: typeof all) => {
        const comparison = new TraceComparison(some);
        return traces.flatMap((traceId) => comparison.findingsOf(traceId));
      };
      const findings = find(all);
      const shuffled = all
        .map((footprint) => ({ footprint, key: keys.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ footprint }) => footprint);
      assert.deepEqual(find(shuffled).map(told), findings.map(told));
      overTwo += findings.filter(({ witness }) =>
        / are written together;/.test(witness.explanation),
      ).length;
      const crossLocks = [{ name: '["service","one","L"]', mode: 'exclusive' as const }];
      const locked = all.map((footprint) => ({
        ...footprint,
        signatures: footprint.signatures.map((signature) => ({ ...signature, crossLocks })),
      }));
      for (const { witness } of find(locked)) {
        assert.doesNotMatch(witness.explanation, / are written together;/);
      }
    }),
  );
  assert.ok(overTwo > 0, 'the property saw what it is about');
});

test('batches and the order of arrival change nothing', async (t) => {
  await assertAsyncProperty(
    t,
    5,
    fc.asyncProperty(steps, fc.infiniteStream(fc.nat()), async (list, keys) => {
      const events = scheduled([...before, ...list]);
      const atOnce = await issuesAfter([events]);
      const ofTrace = groupBy(events, (event) => String(event['trace_id']));
      const shuffled = [...ofTrace.values()]
        .map((own) => ({ own, key: keys.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ own }) => own);
      const half = shuffled.length >> 1;
      assert.deepEqual(
        await issuesAfter([shuffled.slice(0, half).flat(), shuffled.slice(half).flat()]),
        atOnce,
      );
    }),
  );
});

for (const backend of backends) {
  test(`${backend.name}: traces that met on no variable at one time are compared`, async () => {
    const all = scheduled([...before, '1 r total ?', '2 w total ?', '2 w items ?', '1 r items ?']);
    const isOf = (trace: string) => (event: Record<string, unknown>) => event['trace_id'] === trace;
    const batches = ['trace-0001', 'trace-0002'].map((trace) => all.filter(isOf(trace)));
    const context = all.filter((event) => !batches.flat().includes(event));
    for (const arrival of [
      [context, ...batches],
      [...batches.reverse(), context],
    ]) {
      const issues = await issuesAfter(arrival, backend);
      assert.deepEqual(
        issues.map((text) => JSON.parse(text).slice(1)),
        [['E2', 'non_repeatable_read', 1]],
      );
    }
  });
}

/** The issues of a storage of its own after some batches, each analysed before the next one comes. */
async function issuesAfter(
  batches: readonly (readonly object[])[],
  backend: Backend = memoryBackend,
): Promise<readonly string[]> {
  const storage = await backend.open();
  try {
    for (const batch of batches) {
      await storage.append(keyless(records(batch)), 1_900_000_000_000_000_000n);
      await analyseAll(storage);
    }
    const { issues } = await storage.derived.issues({ ...everyIssue, evidenceMin: 'E1' });
    return issues.map(({ subject, evidence, pattern, count }) =>
      JSON.stringify([subject.fingerprint, evidence, pattern, count]),
    );
  } finally {
    await storage.close();
  }
}

/** What is found in a history by halving is what a look at every pair of traces finds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { TraceComparison } from '../../../src/analysis/across/across.ts';
import type { Act } from '../../../src/analysis/across/history/acts.ts';
import { surestFor } from '../../../src/analysis/across/history/decisions.ts';
import { VariableHistory } from '../../../src/analysis/across/history/history.ts';
import { overlap } from '../../../src/analysis/across/history/timeline.ts';
import {
  compareVisits,
  tracesOf,
  type Visit,
} from '../../../src/analysis/across/history/visits.ts';
import { overlapConflicts } from '../../../src/analysis/across/overlap-conflicts.ts';
import { sceneOf } from '../../../src/analysis/across/scene.ts';
import { scopeBetween } from '../../../src/analysis/across/scope-inference.ts';
import { crossConflict } from '../../../src/analysis/issues/issue-subject.ts';
import { absorbedPatterns, type Finding } from '../../../src/domain/findings/finding.ts';
import type { Footprint } from '../../../src/domain/findings/footprint.ts';
import { compareRankedFindings, rankedFinding } from '../../../src/domain/findings/ranking.ts';
import { access, type EventSketch, freshId, traceEvents, wireEvent } from '../../support/events.ts';
import { assertProperty } from '../../support/properties.ts';
import { crossFindings, footprints } from './footprint-world.ts';

/** One access of a trace: when, whether it writes, and which values it saw and left. */
type Move = readonly [trace: number, slot: number, isWrite: boolean, seen: number, left: number];

const move: fc.Arbitrary<Move> = fc.tuple(
  fc.nat(5),
  fc.nat(12),
  fc.boolean(),
  fc.nat(4),
  fc.nat(4),
);
const moves = fc.array(move, { minLength: 2, maxLength: 18, size: 'max' });

/** A value that may be unknown. */
const someValue = (number: number) => (number === 0 ? null : number);

/** Wire events of a history on one variable, a slot every ten milliseconds. */
function eventsOf(
  list: readonly Move[],
  name: string,
  sketchOf: (trace: number, place: number) => EventSketch & { readonly jitterMs?: number },
): Record<string, unknown>[] {
  const last = new Map<number, string>();
  const inOrder = list.map((each, place) => ({ each, place }));
  inOrder.sort((a, b) => a.each[1] - b.each[1] || a.place - b.place);
  return inOrder.map(({ each: [trace, slot, isWrite, seen, left], place }) => {
    const { jitterMs = 0, ...sketch } = sketchOf(trace, place);
    const id = freshId();
    const parent = last.get(trace) ?? null;
    last.set(trace, id);
    const values = isWrite
      ? { old_value: someValue(seen), new_value: someValue(left) }
      : { new_value: someValue(seen) };
    return wireEvent({
      id,
      parent,
      trace: `trace-${trace}`,
      at: slot * 10 + jitterMs,
      thread: `thread-${trace}`,
      kind: 'StateChange',
      payload: access(name, isWrite ? 'Write' : 'Read', {
        location: `code:${trace % 2}`,
        ...values,
      }),
      ...sketch,
    });
  });
}

const typescript = { tags: { sdk_language: 'typescript' } };

function historyOf(all: readonly Footprint[]): VariableHistory {
  return new VariableHistory(tracesOf(all).flatMap(({ visits }) => [...visits.values()]));
}

/** Every pair of visits, the earlier one first. */
function pairsOf(visits: readonly Visit[]): (readonly [Visit, Visit])[] {
  const sorted = [...visits].sort(compareVisits);
  return sorted.flatMap((two, place) => sorted.slice(0, place).map((one) => [one, two] as const));
}

test('accesses at one time are counted as a look at every pair counts them', (t) => {
  const world = fc.tuple(moves, fc.boolean(), fc.boolean(), fc.constantFrom('x', 'db:x'));
  assertProperty(
    t,
    1500,
    fc.property(world, ([list, isInexact, areTwo, name]) => {
      const sketchOf = (trace: number) => ({
        instance: areTwo && trace % 3 === 0 ? 'two' : 'one',
        ...(isInexact ? typescript : {}),
      });
      const history = historyOf(footprints(traceEvents(eventsOf(list, name, sketchOf))));
      const found = new Map<string, number>();
      for (const visit of history.visits) {
        for (const occurrence of overlapConflicts(sceneOf(history, visit))) {
          // Kept so that lists can say what they leave out: it stands for no pair.
          if (occurrence.isRequestLocal) {
            assert.equal(occurrence.overlappingPairs, 0);
            continue;
          }
          const [one, two] = occurrence.events.map(({ signature }) => signature);
          const key = [one?.location, two?.location, one?.access_type, two?.access_type]
            .sort()
            .concat(occurrence.scope)
            .join(' ');
          found.set(key, (found.get(key) ?? 0) + occurrence.overlappingPairs);
        }
      }
      const expected = new Map<string, number>();
      for (const [one, two] of pairsOf(history.visits)) {
        const { inferred } = sceneOf(history, two);
        for (const a of one.footprint.signatures) {
          for (const b of two.footprint.signatures) {
            const scope = crossConflict(a, b) === null ? null : scopeBetween(a, b, inferred);
            if (scope === null || !overlap(surestFor(one, a), surestFor(two, b))) continue;
            const key = [a.location, b.location, a.access_type, b.access_type]
              .sort()
              .concat(scope)
              .join(' ');
            expected.set(key, (expected.get(key) ?? 0) + a.count * b.count);
          }
        }
      }
      assert.deepEqual([...found].sort(), [...expected].sort());
    }),
  );
});

test('acts on one value are counted as a look at every pair counts them', (t) => {
  assertProperty(
    t,
    1500,
    fc.property(moves, (list) => {
      // A tenth of a millisecond apart in a slot, so that nothing happens at one moment.
      const sketchOf = (_trace: number, place: number) => ({ jitterMs: place / 10 });
      const history = historyOf(footprints(traceEvents(eventsOf(list, 'db:x', sketchOf))));
      const firstOf = (visit: Visit, act: Act) =>
        history.acts(visit).find((other) => isSameBase(history, act, other));
      for (const visit of history.visits) {
        for (const act of history.acts(visit)) {
          if (act.base === null) continue;
          const expected = history.visits.filter(
            (other) =>
              compareVisits(other, visit) < 0 &&
              overlap(other.widest, visit.widest) &&
              firstOf(other, act) !== undefined,
          ).length;
          const found = history.bases.earlier(act, true);
          assert.equal(
            found.reduce((sum, { count }) => sum + count, 0),
            expected,
          );
        }
      }
    }),
  );
});

function isSameBase(history: VariableHistory, a: Act, b: Act): boolean {
  if (a.base !== b.base || a.base === null) return false;
  const [from, to] = [a.basis.ns, b.basis.ns].sort((x, y) => (x < y ? -1 : 1)) as [bigint, bigint];
  return !history.visits.some(({ accesses }) =>
    accesses.some(
      ({ writes, ns, source }) =>
        writes && from <= ns && ns < to && (source.newValue ?? a.base) === a.base,
    ),
  );
}

/** Findings of every trace, as far as a reader sees them. */
function toldBy(all: readonly Footprint[]): string[] {
  const comparison = new TraceComparison(all);
  const ids = [...new Set(all.map(({ traceId }) => traceId))].sort();
  return ids.flatMap((id) => comparison.findingsOf(id).map((finding) => `${id} ${told(finding)}`));
}

function told(finding: Finding): string {
  const { evidence, pattern, provenPairs, overlappingPairs, subject, otherTraceId } = finding;
  return [evidence, pattern, provenPairs, overlappingPairs, subject.fingerprint, otherTraceId].join(
    ' ',
  );
}

test('what else is compared in the same step changes no finding', (t) => {
  assertProperty(
    t,
    300,
    fc.property(moves, (list) => {
      const all = footprints(traceEvents(eventsOf(list, 'db:x', () => ({}))));
      // Far away in time, on the same variable, with the same values.
      const far = footprints(
        traceEvents(
          eventsOf(
            list.map(([trace, slot, ...rest]) => [trace + 10, slot + 1000, ...rest]),
            'db:x',
            () => ({}),
          ),
        ),
      );
      const own = toldBy(all);
      const together = toldBy([...far, ...all]).filter((line) => /^trace-\d /.test(line));
      assert.deepEqual(together, own);
    }),
  );
});

/** What is listed of acts and reads, whoever of two traces at one time owns it: the best of each issue. */
function issuesOf(events: readonly object[]): readonly string[] {
  const ranked = crossFindings(footprints(traceEvents(events)))
    .map(rankedFinding)
    .sort(compareRankedFindings);
  const issues = new Map<string, string>();
  for (const { fingerprint, finding } of ranked) {
    if (absorbedPatterns.includes(finding.pattern) || issues.has(fingerprint)) continue;
    issues.set(fingerprint, `${finding.evidence} ${finding.pattern}`);
  }
  return [...issues].map(([fingerprint, told]) => `${told} ${fingerprint}`).sort();
}

/** Plays a history against one store, in the order of its slots: reads see what is there. */
function played(list: readonly Move[]): readonly Move[] {
  let stored = 1;
  let latest = 1;
  const known = new Map<number, number>();
  const inOrder = [...list].sort((a, b) => a[1] - b[1]);
  return inOrder.map(([trace, slot, isWrite, choice]): Move => {
    if (!isWrite) {
      known.set(trace, stored);
      return [trace, slot, false, stored, 0];
    }
    // Some writers say what they knew, others what was there, and some nothing.
    const seen = [known.get(trace) ?? 0, stored, 0][choice % 3] as number;
    latest += 1;
    stored = latest;
    return [trace, slot, true, seen, stored];
  });
}

test('what a clock cannot tell changes no finding', (t) => {
  const jitters = fc.array(fc.integer({ min: -99, max: 99 }), { minLength: 18, maxLength: 18 });
  assertProperty(
    t,
    600,
    fc.property(moves, jitters, (list, jitter) => {
      const history = played(list);
      const events = (factor: number) =>
        eventsOf(history, 'db:x', (_trace, place) => ({
          ...typescript,
          jitterMs: ((jitter[place] as number) / 100) * factor,
        }));
      const [exact, shaken] = [0, 1].map((factor) => issuesOf(events(factor)));
      assert.deepEqual(shaken, exact);
    }),
  );
});

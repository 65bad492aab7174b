/** Where a plain name lives is found out from values alone: names and the order of arrival say nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { VariableHistory } from '../../../src/analysis/across/history/history.ts';
import { tracesOf } from '../../../src/analysis/across/history/visits.ts';
import { type InferredScope, inferScope } from '../../../src/analysis/across/scope-inference.ts';
import type { Footprint } from '../../../src/domain/findings/footprint.ts';
import { access, freshId, traceEvents, wireEvent } from '../../support/events.ts';
import { assertProperty } from '../../support/properties.ts';
import { crossFindings, footprints } from './footprint-world.ts';

/** A request that reads, waits, and writes what it read and something. */
interface Move {
  readonly start: number;
  readonly gap: number;
  readonly process: number;
  readonly added: number;
}

/** What the name truly is: one variable, one for each process, or one for each request. */
type Truth = 'store' | 'process' | 'request';

interface Names {
  readonly variable: string;
  readonly service: string;
  readonly processes: readonly [string, string];
  readonly trace: (number: number) => string;
  readonly value: (value: number) => number;
}

const plain: Names = {
  variable: 'total',
  service: 'web',
  processes: ['web-1', 'web-2'],
  trace: (number) => `trace-${number}`,
  value: (value) => value,
};

const renamed: Names = {
  variable: 'ledger.sum',
  service: 'bank',
  processes: ['z', 'a'],
  trace: (number) => `request-${99 - number}`,
  value: (value) => 3 * value + 100,
};

const moves = fc.array(
  fc.record({
    start: fc.nat(60),
    gap: fc.integer({ min: 1, max: 6 }),
    process: fc.nat(1),
    added: fc.integer({ min: 1, max: 9 }),
  }),
  { minLength: 4, maxLength: 10 },
);
const truths = fc.constantFrom<Truth>('store', 'process', 'request');

/** What the requests leave, each in its place of the list. */
function played(list: readonly Move[], truth: Truth, names: Names): readonly Footprint[] {
  const steps = list.flatMap((move, trace) =>
    [0, move.gap].map((wait, step) => ({ move, trace, step, at: move.start + wait + trace / 50 })),
  );
  steps.sort((a, b) => a.at - b.at);
  const stored = new Map<string, number>();
  const known = new Map<number, { readonly value: number; readonly id: string }>();
  const events = steps.map(({ move, trace, step, at }) => {
    const place = { store: '', process: `${move.process}`, request: `request ${trace}` }[truth];
    const id = freshId();
    const read = known.get(trace) ?? { value: stored.get(place) ?? 0, id };
    known.set(trace, read);
    // No two requests leave one value.
    const left = read.value + move.added + (trace + 1) * 1000;
    if (step === 1) stored.set(place, left);
    const values =
      step === 0
        ? { new_value: names.value(read.value) }
        : { old_value: names.value(read.value), new_value: names.value(left) };
    return wireEvent({
      id,
      parent: step === 0 ? null : read.id,
      trace: names.trace(trace),
      thread: names.trace(trace),
      at: at * 10,
      service: names.service,
      instance: names.processes[move.process] ?? '',
      kind: 'StateChange',
      payload: access(names.variable, step === 0 ? 'Read' : 'Write', {
        location: `code:${step}`,
        ...values,
      }),
    });
  });
  return footprints(traceEvents(events));
}

/** What is found out around each request, in the order of the list. */
function inferred(all: readonly Footprint[], names: Names, count: number) {
  const visits = tracesOf(all).flatMap((trace) => [...trace.visits.values()]);
  const history = new VariableHistory(visits);
  const byTrace = new Map<string, InferredScope>(
    visits.map((visit) => [visit.trace.traceId, inferScope(history, visit)]),
  );
  return Array.from({ length: count }, (_, number) => byTrace.get(names.trace(number)) ?? null);
}

function told(all: readonly Footprint[]): readonly string[] {
  return crossFindings(all)
    .map(({ evidence, pattern, provenPairs, overlappingPairs, isRequestLocal }) =>
      [evidence, pattern, provenPairs, overlappingPairs, isRequestLocal].join(' '),
    )
    .sort();
}

test('names and order change nothing of where a variable lives, and of what is found for that', (t) => {
  const seen = new Set<InferredScope>();
  assertProperty(
    t,
    400,
    fc.property(moves, truths, fc.infiniteStream(fc.nat()), (list, truth, keys) => {
      const own = played(list, truth, plain);
      const scopes = inferred(own, plain, list.length);
      for (const scope of scopes) seen.add(scope);
      const other = played(list, truth, renamed);
      const shuffled = other
        .map((footprint) => ({ footprint, key: keys.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ footprint }) => footprint);
      assert.deepEqual(inferred(shuffled, renamed, list.length), scopes);
      assert.deepEqual(told(shuffled), told(own));
    }),
  );
  assert.deepEqual([...seen].map(String).sort(), ['null', 'request_local', 'shared']);
});

test('one variable is never taken for many, nor many for one', (t) => {
  assertProperty(
    t,
    600,
    fc.property(moves, truths, (list, truth) => {
      const scopes = new Set(inferred(played(list, truth, plain), plain, list.length));
      if (truth !== 'request') assert.ok(!scopes.has('request_local'));
      if (truth !== 'store') assert.ok(!scopes.has('shared'));
    }),
  );
});

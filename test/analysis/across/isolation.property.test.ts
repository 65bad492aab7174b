import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { findingsAcross } from '../../../src/analysis/across/across.ts';
import { traceEvents } from '../../support/events.ts';
import { assertProperty } from '../../support/properties.ts';
import { scheduled } from '../../support/schedules.ts';
import { crossFindings, footprints } from './footprint-world.ts';

type Move = readonly [transaction: number, action: number, variable: number];

const moves = fc.array(fc.tuple(fc.nat(3), fc.nat(7), fc.nat(2)), { maxLength: 40, size: 'max' });

interface Played {
  readonly steps: readonly string[];
  /** Whether the true dependencies of the committed transactions lead in a circle. */
  readonly isCyclic: boolean;
}

interface Running {
  readonly snapshot: ReadonlyMap<string, number>;
  readonly written: Map<string, number>;
  readonly read: Map<string, number>;
}

/**
 * Plays moves against a store with snapshot reads and row locks that lets every transaction commit,
 * and works out from what it did (not from values) which transaction depends on which.
 */
function play(list: readonly Move[]): Played {
  const steps: string[] = [];
  const committed = new Map<string, number>();
  const running = new Map<string, Running>();
  /** Per variable the committed transactions that wrote it, in order. */
  const writers = new Map<string, string[]>();
  /** Committed transaction to how many versions of each variable existed that it could see. */
  const readers = new Map<string, Map<string, number>>();
  const ends = new Set<string>();
  let value = 100;
  const commit = (name: string) => {
    const state = running.get(name);
    if (state === undefined) return;
    for (const [variable, written] of state.written) {
      committed.set(variable, written);
      writers.set(variable, [...(writers.get(variable) ?? []), name]);
    }
    readers.set(name, state.read);
    running.delete(name);
    ends.add(name);
    steps.push(`${name} commit`);
  };
  for (const [transaction, action, slot] of list) {
    const name = `${transaction + 1}`;
    const variable = `db:v${slot}`;
    if (ends.has(name)) continue;
    let state = running.get(name);
    if (state === undefined) {
      const versions = new Map([...writers].map(([key, names]) => [`#${key}`, names.length]));
      state = {
        snapshot: new Map([...committed, ...versions]),
        written: new Map(),
        read: new Map(),
      };
      running.set(name, state);
      steps.push(`${name} begin`);
    } else if (action === 0) commit(name);
    else if (action < 4) {
      const own = state.written.get(variable);
      if (own === undefined) state.read.set(variable, state.snapshot.get(`#${variable}`) ?? 0);
      steps.push(`${name} r ${variable} ${own ?? state.snapshot.get(variable) ?? slot}`);
    } else {
      const isLocked = [...running].some(
        ([key, other]) => key !== name && other.written.has(variable),
      );
      if (isLocked) continue;
      value += 1;
      state.written.set(variable, value);
      steps.push(`${name} w ${variable} ${value}`);
    }
  }
  for (const name of [...running.keys()]) commit(name);
  return { steps, isCyclic: hasCycle(edges(writers, readers)) };
}

function edges(
  writers: ReadonlyMap<string, readonly string[]>,
  readers: ReadonlyMap<string, ReadonlyMap<string, number>>,
): [string, string][] {
  const found: [string, string][] = [];
  for (const names of writers.values()) {
    names.slice(1).forEach((name, place) => {
      found.push([names[place] as string, name]);
    });
  }
  for (const [reader, read] of readers) {
    for (const [variable, versions] of read) {
      const names = writers.get(variable) ?? [];
      if (versions > 0) found.push([names[versions - 1] as string, reader]);
      const next = names.slice(versions).find((name) => name !== reader);
      if (next !== undefined) found.push([reader, next]);
    }
  }
  return found.filter(([from, to]) => from !== to);
}

function hasCycle(list: readonly (readonly [string, string])[]): boolean {
  let left = [...list];
  for (;;) {
    const targets = new Set(left.map(([, to]) => to));
    const next = left.filter(([from]) => targets.has(from));
    if (next.length === left.length) return left.length > 0;
    left = next;
  }
}

test('under snapshot reads something is proven exactly when no serial order explains the transactions', (t) => {
  assertProperty(
    t,
    400,
    fc.property(moves, (list) => {
      const { steps, isCyclic } = play(list);
      const proven = crossFindings(footprints(traceEvents(scheduled(steps)))).filter(
        ({ evidence }) => evidence === 'E3' || evidence === 'E4',
      );
      assert.equal(
        proven.length > 0,
        isCyclic,
        `${steps.join('; ')}: ${proven.map(({ witness }) => witness.explanation).join()}`,
      );
    }),
  );
});

test('transactions one after the other prove nothing against each other', (t) => {
  assertProperty(
    t,
    100,
    fc.property(moves, (list) => {
      const inOrder = [...list].sort(([a], [b]) => a - b);
      const serial = [0, 1, 2, 3].flatMap((one) => [
        ...inOrder.filter(([transaction, action]) => transaction === one && action > 0),
        [one, 0, 0] as const,
      ]);
      const { steps } = play(serial);
      assert.deepEqual(crossFindings(footprints(traceEvents(scheduled(steps)))), []);
    }),
  );
});

test('the findings of a trace do not depend on the order in which others are given', (t) => {
  assertProperty(
    t,
    100,
    fc.property(moves, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (list, keys) => {
      const isPlain = (keys[0] as number) % 2 === 0;
      const steps = play(list).steps.filter((step) => !isPlain || !step.endsWith('commit'));
      const all = footprints(traceEvents(scheduled(steps)));
      const shuffled = all
        .map((footprint, place) => ({ footprint, key: keys[place] as number }))
        .sort((a, b) => a.key - b.key)
        .map(({ footprint }) => footprint);
      for (const trace of new Set(all.map(({ traceId }) => traceId))) {
        const [one, two] = [all, shuffled].map((footprintsGiven) =>
          findingsAcross(
            footprintsGiven.filter(({ traceId }) => traceId === trace),
            footprintsGiven.filter(({ traceId }) => traceId !== trace),
          ),
        );
        assert.deepEqual(one, two);
        const keysOf = one?.map(
          ({ subject, otherTraceId }) => `${subject.fingerprint} ${otherTraceId}`,
        );
        assert.equal(new Set(keysOf).size, keysOf?.length);
      }
    }),
  );
});

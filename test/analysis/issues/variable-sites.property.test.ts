import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { changedPairs, changeVariable } from '../../../src/analysis/issues/variable-sites.ts';
import { accessTypes } from '../../../src/domain/event/event-kind.ts';
import type { Footprint, FootprintSignature } from '../../../src/domain/findings/footprint.ts';
import { assertProperty } from '../../support/properties.ts';

const lock = (name: string, mode: 'exclusive' | 'read') => ({ name, mode });
const lockSets = [[], [lock('L', 'exclusive')], [lock('L', 'read')], [lock('M', 'exclusive')]];

/** Sites that differ in all that decides whether they can race; each has a location of its own. */
const sites: readonly FootprintSignature[] = accessTypes.flatMap((access_type, type) =>
  lockSets.flatMap((locks, held) =>
    (['shared', 'process', 'plain'] as const).map((scope, place): FootprintSignature => {
      const service = (type + held + place) % 2 === 0 ? 'web' : 'search';
      return {
        service,
        location: `${access_type} ${held} ${scope}`,
        access_type,
        locks,
        scope,
        process: JSON.stringify([service, 'one']),
        crossLocks: locks,
        environment: 'test',
        operation: null,
        functionName: null,
        clockErrorNs: 0,
        isOldValueTracked: false,
        undone: false,
        count: 0,
      };
    }),
  ),
);

const writeSite = sites.find(
  ({ access_type, locks, scope }) =>
    access_type === 'Write' && locks.length === 0 && scope === 'shared',
) as FootprintSignature;

/** For each trace the sites it uses and how often. */
const worlds = fc.array(
  fc.dictionary(fc.nat(sites.length - 1).map(String), fc.integer({ min: 1, max: 4 }), {
    maxKeys: 5,
  }),
  {
    maxLength: 12,
  },
);

function footprintOf(uses: Readonly<Record<string, number>>, trace: number): Footprint {
  return {
    traceId: `t${trace}`,
    variable: 'db:row.7',
    firstNs: String(1000 + trace),
    lastNs: String(2000 + trace),
    signatures: Object.entries(uses).map(([site, count]) => ({
      ...(sites[Number(site)] as FootprintSignature),
      count,
    })),
    accesses: [],
    complete: true,
    transaction: null,
    group: [`t${trace}`],
  };
}

/** Brute force over all pairs of accesses in different traces. */
function truePairs(world: readonly Footprint[]): Map<string, { events: number; traces: number }> {
  const pairs = new Map<string, { events: number; traces: Set<string> }>();
  world.forEach((one, place) => {
    for (const two of world.slice(place + 1)) {
      for (const a of one.signatures) {
        for (const b of two.signatures) {
          if (!canRace(a, b)) continue;
          const key = [a.location, b.location].sort().join(' | ');
          const known = pairs.get(key) ?? { events: 0, traces: new Set<string>() };
          known.events += a.count * b.count;
          known.traces.add(`${one.traceId} ${two.traceId}`);
          pairs.set(key, known);
        }
      }
    }
  });
  return new Map(
    [...pairs].map(([key, { events, traces }]) => [key, { events, traces: traces.size }]),
  );
}

function canRace(a: FootprintSignature, b: FootprintSignature): boolean {
  const writes = [a, b].some(({ access_type: type }) => type.includes('W'));
  const atomic = [a, b].every(({ access_type: type }) => type.startsWith('Atomic'));
  const excluded = a.crossLocks.some((held) =>
    b.crossLocks.some(
      (other) =>
        held.name === other.name && (held.mode === 'exclusive' || other.mode === 'exclusive'),
    ),
  );
  const both = a.scope === 'shared' && b.scope === 'shared';
  const neverShared = a.scope === 'shared' || b.scope === 'shared' || a.service !== b.service;
  const apart = neverShared && (a.scope === 'process' || b.scope === 'process');
  return writes && !atomic && !excluded && (both || !apart);
}

test('possible pairs of sites are counted as brute force over all pairs of accesses does', (t) => {
  assertProperty(
    t,
    500,
    fc.property(worlds, (uses) => {
      const world = uses.map(footprintOf);
      const found = changedPairs(null, changeVariable(null, [], world)).map(
        ({ subject, eventPairs, tracePairs }) =>
          [
            subject.sites
              .map(({ location }) => location)
              .sort()
              .join(' | '),
            { events: eventPairs, traces: tracePairs },
          ] as const,
      );
      assert.deepEqual(new Map([...found].sort()), new Map([...truePairs(world)].sort()));
    }),
  );
});

test('what one more trace changes of the possible pairs is the difference of all of them', (t) => {
  assertProperty(
    t,
    300,
    fc.property(worlds, worlds, (uses, others) => {
      const gone = uses.map(footprintOf);
      const come = others.map((use, place) => footprintOf(use, 100 + place));
      const before = changeVariable(null, [], gone);
      const after = changeVariable(before, gone.slice(1), come);
      const sums = new Map<string, number[]>();
      for (const { subject, ...counts } of [
        ...changedPairs(null, before),
        ...changedPairs(before, after),
        ...changedPairs(after, null),
      ]) {
        const known = sums.get(subject.fingerprint) ?? [0, 0, 0];
        const added = [counts.tracePairs, counts.eventPairs, counts.sitePairs];
        sums.set(
          subject.fingerprint,
          known.map((sum, place) => sum + (added[place] as number)),
        );
      }
      for (const left of sums.values()) assert.deepEqual(left, [0, 0, 0]);
    }),
  );
});

test('a trace at one of many sites of a variable changes the pairs of that site only', () => {
  const one = footprintOf({}, 0);
  const at = (trace: number, place: number): Footprint => ({
    ...one,
    traceId: `t${trace}`,
    signatures: [{ ...writeSite, location: `a.ts:${place}`, count: 1 }],
  });
  const world = Array.from({ length: 200 }, (_, place) => at(place, place));
  const before = changeVariable(null, [], world);
  const after = changeVariable(before, [], [at(200, 7)]);
  assert.equal(changedPairs(null, before).length, (200 * 199) / 2);
  assert.equal(changedPairs(before, after).length, 200);
});

test('the state of a variable depends on what is there, not on how it came to be', (t) => {
  assertProperty(
    t,
    300,
    fc.property(worlds, worlds, fc.nat(), (uses, others, turn) => {
      const world = uses.map(footprintOf);
      const passing = others.map((use, place) => footprintOf(use, 100 + place));
      const direct = changeVariable(null, [], world);
      const turned = [
        ...world.slice(turn % (world.length + 1)),
        ...world.slice(0, turn % (world.length + 1)),
      ];
      let state = changeVariable(null, [], passing);
      for (const footprint of turned) state = changeVariable(state, [], [footprint]);
      state = changeVariable(state, passing.toReversed(), []);
      assert.deepEqual(withoutTimes(state), withoutTimes(direct));
      assert.deepEqual(changeVariable(JSON.parse(JSON.stringify(state)), [], []), state);
    }),
  );
});

/** The times of a site stay as wide as they ever were. */
function withoutTimes(state: ReturnType<typeof changeVariable>): unknown {
  const sitesLeft = Object.entries(state.sites).map(([key, { traces, accesses }]) => [
    key,
    traces,
    accesses,
  ]);
  return { ...state, variable: '', sites: sitesLeft };
}

test('beyond the budget the same sites are left out in any order, and the rest stays exact', () => {
  const world = Array.from({ length: 300 }, (_, trace) => ({
    ...footprintOf({ 0: 1 }, trace),
    signatures: [{ ...(sites[0] as FootprintSignature), location: `place ${trace}`, count: 1 }],
  }));
  const state = changeVariable(null, [], world);
  assert.equal(Object.keys(state.sites).length, 256);
  assert.deepEqual(changeVariable(null, [], world.toReversed()), state);
  assert.equal(state.traces, 300);
  assert.notEqual(state.leftOutFrom, null);
});

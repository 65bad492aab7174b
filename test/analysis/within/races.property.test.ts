import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import { auditTrails } from '../../../src/analysis/within/audit-trail.ts';
import type { RaceDetail } from '../../../src/analysis/within/race-detail.ts';
import { searchRaces } from '../../../src/analysis/within/races.ts';
import type { HeldLock } from '../../../src/domain/findings/footprint.ts';
import { access, type EventSketch, uncheckedTraceEvents } from '../../support/events.ts';
import { assertProperty } from '../../support/properties.ts';
import { findRaces } from '../../support/races.ts';
import {
  delivered,
  deliveryKeys,
  type Execution,
  execute,
  moves,
  type TrueAccess,
  trulyRace,
} from './oracle.ts';

/** The races of an execution by pair of sites: how many event pairs, how many of them confirmed. */
function trueRaces(execution: Execution): Map<string, { count: number; confirmed: boolean }> {
  const races = new Map<string, { count: number; confirmed: boolean }>();
  for (const [place, a] of execution.accesses.entries()) {
    for (const b of execution.accesses.slice(place + 1)) {
      if (!trulyRace(execution, a, b)) continue;
      const key = pairKey(a.variable, trueSite(a), trueSite(b));
      const known = races.get(key) ?? { count: 0, confirmed: false };
      known.count += 1;
      known.confirmed ||= execution.observed[a.event]?.[b.event] !== true;
      races.set(key, known);
    }
  }
  return races;
}

function trueSite({ location, type, locks }: TrueAccess): string {
  const held = [...locks].map(([lock, exclusive]) => `${lock}:${exclusive ? 'exclusive' : 'read'}`);
  return `${location} ${type} ${held.sort().join()}`;
}

function foundSites({ variable, access_types, locks1, locks2, ...detail }: RaceDetail): string {
  const held = (locks: readonly HeldLock[]) => locks.map(({ name, mode }) => `${name}:${mode}`);
  return pairKey(
    variable,
    `${detail.event1_location} ${access_types[0]} ${held(locks1).join()}`,
    `${detail.event2_location} ${access_types[1]} ${held(locks2).join()}`,
  );
}

function pairKey(variable: string, a: string, b: string): string {
  return [variable, ...[a, b].sort()].join(' | ');
}

function racesOf(events: readonly Record<string, unknown>[]) {
  return findRaces(analyseOrder(uncheckedTraceEvents(events)));
}

/** Pairs of locations that race; with own places that is pairs of events. */
function racingPlaces(sketches: readonly EventSketch[]): Set<string> {
  const { race_details } = racesOf(delivered({ sketches: sketches as Execution['sketches'] }, [0]));
  return new Set(
    race_details.map((race) => pairKey(race.variable, race.event1_location, race.event2_location)),
  );
}

test('races, counts and verdicts are those of brute force over the closure', (t) => {
  assertProperty(
    t,
    700,
    fc.property(moves(60), deliveryKeys, (list, random) => {
      const execution = execute(list, { locks: true });
      const found = racesOf(delivered(execution, random));
      const expected = trueRaces(execution);
      const counts = new Map(
        found.race_details.map((race) => [
          foundSites(race),
          { count: race.pair_count, confirmed: race.verdict === 'confirmed' },
        ]),
      );
      assert.deepEqual(new Map([...counts].sort()), new Map([...expected].sort()));
      const total = [...expected.values()].reduce((sum, { count }) => sum + count, 0);
      assert.equal(found.potential_races, total);
      assert.equal(found.complete, true);
    }),
  );
});

test('an access is marked in the audit trail exactly when it races with one before it', (t) => {
  assertProperty(
    t,
    400,
    fc.property(moves(60), deliveryKeys, (list, random) => {
      const execution = execute(list, { locks: true });
      const order = analyseOrder(uncheckedTraceEvents(delivered(execution, random)));
      const trails = auditTrails(order, searchRaces(order), new Map());
      for (const [variable, trail] of trails) {
        const accesses = execution.accesses.filter((one) => one.variable === variable);
        const expected = accesses.map((later, place) =>
          accesses.slice(0, place).some((earlier) => trulyRace(execution, earlier, later)),
        );
        assert.deepEqual(
          trail.map(({ is_race }) => is_race),
          expected,
        );
        const links = accesses.map(({ event }, place) => {
          const previous = accesses[place - 1];
          return previous === undefined || execution.must[previous.event]?.[event] === true;
        });
        assert.deepEqual(
          trail.map(({ has_causal_link_to_previous }) => has_causal_link_to_previous),
          links,
        );
      }
    }),
  );
});

test('neither the order of arrival nor a second delivery changes a finding', (t) => {
  assertProperty(
    t,
    300,
    fc.property(moves(50), deliveryKeys, deliveryKeys, (list, first, second) => {
      const execution = execute(list, { locks: true });
      assert.deepEqual(racesOf(delivered(execution, first)), racesOf(delivered(execution, second)));
    }),
  );
});

test('another edge adds no race, and another access removes none', (t) => {
  assertProperty(
    t,
    250,
    fc.property(moves(40), fc.nat(), fc.nat(), (list, from, to) => {
      const { sketches } = execute(list, { locks: true, ownPlaces: true });
      fc.pre(sketches.length > 1);
      const before = racingPlaces(sketches);
      const target = 1 + (to % (sketches.length - 1));
      const source = sketches[from % target];
      fc.pre(sketches[target]?.parent === null);
      // A child of an AsyncSpawn also begins a task: that may end another, or be awaited too early.
      fc.pre(source?.kind !== 'AsyncSpawn');
      const linked = sketches.map((sketch, place) =>
        place === target ? { ...sketch, parent: source?.id ?? null } : sketch,
      );
      for (const race of racingPlaces(linked)) assert.ok(before.has(race), `${race} is new`);

      const payload = access('x0', from % 2 === 0 ? 'Read' : 'Write', { location: 'added' });
      const added: EventSketch = {
        ...sketches[target],
        id: 'ffffffff-0000-4000-8000-000000000000',
        kind: 'StateChange',
        payload,
        vector: [],
        parent: sketches[target]?.id ?? null,
      };
      const after = racingPlaces([...sketches, added]);
      for (const race of before) assert.ok(after.has(race), `${race} is gone`);
    }),
  );
});

test('new names for threads, locks and variables change no race', (t) => {
  assertProperty(
    t,
    300,
    fc.property(moves(50), (list) => {
      const { sketches } = execute(list, { locks: true });
      const before = racesOf(delivered({ sketches }, [0]));
      const text = JSON.stringify(delivered({ sketches }, [0]))
        .replaceAll(/"(svc#)?t(\d)"/g, '"$1worker-$2"')
        .replaceAll('"variable":"x', '"variable":"balance')
        .replaceAll('"lock_id":"lock', '"lock_id":"mutex');
      const after = racesOf(JSON.parse(text) as Record<string, unknown>[]);
      assert.equal(after.potential_races, before.potential_races);
      assert.deepEqual(
        after.race_details.map((race) => [race.event1_id, race.event2_id, race.verdict]),
        before.race_details.map((race) => [race.event1_id, race.event2_id, race.verdict]),
      );
    }),
  );
});

test('a common exclusive lock around every access leaves no race', (t) => {
  assertProperty(
    t,
    400,
    fc.property(moves(60), deliveryKeys, (list, random) => {
      const execution = execute(list, { locks: true, guarded: true });
      assert.equal(racesOf(delivered(execution, random)).potential_races, 0);
    }),
  );
});

test('without any lock there are no fewer races', (t) => {
  assertProperty(
    t,
    300,
    fc.property(moves(50), (list) => {
      const { sketches } = execute(list, { locks: true, ownPlaces: true });
      const unlocked = sketches.map((sketch) =>
        sketch.kind === 'LockAcquire' || sketch.kind === 'LockRelease'
          ? { ...sketch, kind: 'Custom' as const, payload: { name: 'step', data: null } }
          : sketch,
      );
      const without = racingPlaces(unlocked);
      for (const race of racingPlaces(sketches)) assert.ok(without.has(race), race);
    }),
  );
});

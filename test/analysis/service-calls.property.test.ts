import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { analyseOrder } from '../../src/analysis/order/order.ts';
import { uncheckedTraceEvents } from '../support/events.ts';
import { assertProperty } from '../support/properties.ts';
import { findRaces } from '../support/races.ts';
import { callMoves, playCalls } from './service-calls.ts';
import { delivered, deliveryKeys, trulyRace } from './within/oracle.ts';

test('calls between services of all SDKs are ordered as they happened, in any order of arrival', (t) => {
  assertProperty(
    t,
    500,
    fc.property(callMoves(50), deliveryKeys, (list, random) => {
      const execution = playCalls(list);
      const order = analyseOrder(uncheckedTraceEvents(delivered(execution, random)));
      const numbers = execution.sketches.map(({ id }) => order.find(0, id));
      for (const [a, from] of numbers.entries()) {
        for (const [b, to] of numbers.entries()) {
          assert.equal(order.must.precedes(from, to), execution.must[a]?.[b], `must ${a} ${b}`);
          const observed = execution.observed[a]?.[b];
          assert.equal(order.observed.precedes(from, to), observed, `observed ${a} ${b}`);
        }
      }
    }),
  );
});

test('races between services of all SDKs are those of brute force', (t) => {
  assertProperty(
    t,
    300,
    fc.property(callMoves(60), deliveryKeys, (list, random) => {
      const execution = playCalls(list);
      const { race_details, complete } = findRaces(
        analyseOrder(uncheckedTraceEvents(delivered(execution, random))),
      );
      const expected = execution.accesses.flatMap((a, place) =>
        execution.accesses
          .slice(place + 1)
          .filter((b) => trulyRace(execution, a, b))
          .map((b) => {
            const isConfirmed = execution.observed[a.event]?.[b.event] !== true;
            return [a.location, b.location, isConfirmed ? 'confirmed' : 'predicted'].join(' ');
          }),
      );
      const found = race_details.map((race) => {
        const places = [race.event1_location, race.event2_location];
        places.sort((a, b) => Number(a.slice(5)) - Number(b.slice(5)));
        return [...places, race.verdict].join(' ');
      });
      assert.deepEqual(found.sort(), expected.sort());
      assert.equal(complete, true);
    }),
  );
});

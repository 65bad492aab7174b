import assert from 'node:assert/strict';
import { test } from 'node:test';
import { budgets } from '../../../src/analysis/budgets.ts';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import { access, traceEvents, wireEvent } from '../../support/events.ts';
import { findRaces } from '../../support/races.ts';

/** Steps of two or more threads of one trace, a millisecond apart: `a R x`. */
function dependences(steps: readonly string[]): Record<string, readonly string[]> {
  const types: Record<string, string> = { R: 'Read', W: 'Write' };
  const events = steps.map((step, at) => {
    const [thread = '', type = '', variable = ''] = step.split(' ');
    const payload = access(variable, types[type] as string, { location: step });
    return wireEvent({ trace: 't', at, thread, kind: 'StateChange', payload });
  });
  const { race_details } = findRaces(analyseOrder(traceEvents(events)));
  const nameOf = (detail: (typeof race_details)[number]) =>
    [detail.event1_location, detail.event2_location].sort().join(' ~ ');
  const names = new Map(race_details.map((detail) => [detail.fingerprint, nameOf(detail)]));
  return Object.fromEntries(
    race_details.map((detail) => [
      nameOf(detail),
      detail.depends_on.map((fingerprint) => names.get(fingerprint) as string).sort(),
    ]),
  );
}

test('a race behind a racing read of the same two threads may depend on it', () => {
  assert.deepEqual(dependences(['a R flag', 'b W flag', 'a W data', 'b W data']), {
    'a R flag ~ b W flag': [],
    'a W data ~ b W data': ['a R flag ~ b W flag'],
  });
  assert.deepEqual(dependences(['b W data', 'b W flag', 'a R flag', 'a W data']), {
    'a R flag ~ b W flag': [],
    'a W data ~ b W data': ['a R flag ~ b W flag'],
  });
});

test('a read that comes later, only writes, or meets another thread decides nothing', () => {
  assert.deepEqual(dependences(['a W data', 'b W data', 'a R flag', 'b W flag']), {
    'a R flag ~ b W flag': [],
    'a W data ~ b W data': [],
  });
  assert.deepEqual(dependences(['a W flag', 'b R flag', 'a W data', 'c W data']), {
    'a W flag ~ b R flag': [],
    'a W data ~ c W data': [],
  });
});

test('of many reads the first are named', () => {
  const flags = Array.from({ length: budgets.raceDependences + 4 }, (_, flag) => `f${flag}`);
  const found = dependences([
    ...flags.map((flag) => `a R ${flag}`),
    'a W data',
    ...flags.map((flag) => `b W ${flag}`),
    'b W data',
  ]);
  const first = flags.slice(0, budgets.raceDependences);
  assert.deepEqual(
    found['a W data ~ b W data'],
    first.map((flag) => `a R ${flag} ~ b W ${flag}`).sort(),
  );
});

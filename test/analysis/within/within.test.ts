/** Races inside a causal group as findings. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyseOrder } from '../../../src/analysis/order/order.ts';
import { searchRaces } from '../../../src/analysis/within/races.ts';
import { findingsWithin } from '../../../src/analysis/within/within.ts';
import { access, freshId, traceEvents, wireEvent } from '../../support/events.ts';
import { findRaces } from '../../support/races.ts';

/** Two branches of one request that each read and write some rows, in turn. */
function branches(rows: readonly number[]) {
  const root = freshId();
  const events = rows.flatMap((row, place) =>
    ['a', 'b'].flatMap((thread, branch) =>
      ['Read', 'Write'].map((type, step) =>
        wireEvent({
          parent: root,
          thread,
          at: 1 + place * 4 + step * 2 + branch,
          kind: 'StateChange',
          payload: access(`db:row.${row}`, type, {
            location: type,
            new_value: 10 + step + branch * step,
            old_value: type === 'Write' ? 10 : null,
          }),
        }),
      ),
    ),
  );
  const order = analyseOrder(traceEvents([wireEvent({ id: root }), ...events]));
  const races = findRaces(order);
  return { races, findings: findingsWithin(order, searchRaces(order).races) };
}

test('one finding per fingerprint, with the pairs of all rows and the best witness', () => {
  const { races, findings } = branches([1, 2, 3]);
  assert.equal(races.race_details.length, 6);
  assert.deepEqual(
    findings.map(({ subject, evidence, pattern, verdict, provenPairs, overlappingPairs }) => [
      subject.sites.map(({ location }) => location).join('-'),
      evidence,
      pattern,
      verdict,
      provenPairs,
      overlappingPairs,
    ]),
    [
      ['Write-Write', 'E3', 'lost_update', 'confirmed', 3, 3],
      ['Read-Write', 'E2', 'read_write', 'confirmed', 0, 6],
    ],
  );
  const [lost] = findings;
  assert.deepEqual(
    [lost?.subject.variable, lost?.subject.severity, lost?.subject.services, lost?.otherTraceId],
    ['db:row.*', 'CRITICAL', ['web'], null],
  );
  // That of a finding names its environments too; what is shown of one race is the part before.
  assert.equal(lost?.subject.fingerprint.split('-')[0], races.race_details[0]?.fingerprint);
  assert.equal(lost?.witness.variable, 'db:row.3', 'the one seen last');
  assert.deepEqual(
    lost?.witness.steps.map(({ column, access_type, new_value }) =>
      [column, access_type, new_value].join(' '),
    ),
    ['1 Read 10', '2 Read 10', '1 Write 11', '2 Write 12'],
  );
});

/** The steps of a race where values were not told, where there are several variables, and in words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Issue, Witness } from '../../web/src/api/types.ts';
import {
  interleavingText,
  isUntold,
  sentenceParts,
  variablesOf,
} from '../../web/src/model/race/interleaving.ts';
import { layOut } from '../../web/src/model/race/space-time.ts';
import { shortPlace } from '../../web/src/model/words.ts';
import { toldSteps } from './told-steps.ts';

type Did = readonly [column: 1 | 2, type: string, value: unknown, variable?: string];

function witnessOf(dids: readonly Did[], racing: readonly [number, number]): Witness {
  const steps = dids.map(([column, type, value, variable = 'x'], place) => ({
    ...{ column, variable, trace_id: `${column}`.repeat(12), event_id: `${place}` },
    timestamp: new Date(Date.UTC(2026, 0, 1) + place).toISOString(),
    ...{ thread: 't', service: 's', operation: 'PUT /x', function: null, location: 'x.ts:1' },
    ...{ access_type: type, old_value: null, new_value: value },
  }));
  const events = racing.map((place) => steps[place]);
  return { variable: 'x', events, check: null, steps, explanation: '' } as unknown as Witness;
}

const of = (pattern: Issue['pattern']) => ({ pattern });

test('what nobody told is no value: nothing is claimed to be stored, and what was lost is still lost', () => {
  const witness = witnessOf(
    [
      [1, 'Read', null],
      [2, 'Read', null],
      [1, 'Write', null],
      [2, 'Write', null],
    ],
    [2, 3],
  );
  const steps = toldSteps(of('lost_update'), witness);
  assert.ok(isUntold(steps));
  assert.deepEqual(
    steps.map(({ stored, lost, isOverwriting }) => [stored, lost, isOverwriting]),
    [
      [null, null, false],
      [null, null, false],
      [null, null, false],
      [null, null, true],
    ],
  );
  assert.equal(layOut(steps, false).segments.filter(({ isLost }) => isLost).length, 1);
  const text = interleavingText('t', steps, '');
  assert.doesNotMatch(text, /null/);
  assert.match(text, /what A wrote is gone/);
});

test('each variable holds its own value, in a lane of its own', () => {
  const witness = witnessOf(
    [
      [1, 'Read', 50, 'y'],
      [1, 'Read', 50],
      [2, 'Read', 50, 'y'],
      [1, 'Write', -10, 'y'],
      [2, 'Write', -20],
    ],
    [1, 4],
  );
  const steps = toldSteps(of('write_skew'), witness);
  assert.deepEqual(
    steps.map(({ stored }) => stored),
    ['50', '50', '50', '-10', '-20'],
  );
  const variables = variablesOf(witness, steps);
  assert.deepEqual(variables, ['x', 'y']);
  const { segments, y } = layOut(steps, false, [], variables);
  assert.deepEqual(
    segments.map(({ lane, value, writer }) => [lane, value, writer]),
    [
      [0, '50', null],
      [0, '-20', 'B'],
      [1, '50', null],
      [1, '-10', 'A'],
    ],
  );
  assert.equal(segments[3]?.top, y[3]);
});

test('a value that was taken back never was; two reads that differ are held together', () => {
  const dirty = witnessOf(
    [
      [1, 'Write', 'paid'],
      [2, 'Read', 'paid'],
    ],
    [0, 1],
  );
  const taken = toldSteps(of('dirty_read'), dirty);
  assert.deepEqual(
    taken.map(({ isTakenBack }) => isTakenBack),
    [true, false],
  );
  assert.equal(layOut(taken, false).segments[1]?.isLost, true);
  const twice = witnessOf(
    [
      [1, 'Read', 1],
      [2, 'Write', 2],
      [1, 'Read', 2],
    ],
    [0, 1],
  );
  const found = layOut(toldSteps(of('non_repeatable_read'), twice), false);
  assert.deepEqual(found.twice, { side: 'A', from: found.y[0], to: found.y[2] });
  assert.equal(layOut(taken, false).twice, null);
});

test('the words of the server name the sides where it names their requests', () => {
  const witness = witnessOf(
    [
      [1, 'Write', 1],
      [2, 'Write', 2],
    ],
    [0, 1],
  );
  assert.deepEqual(
    sentenceParts('PUT /x (request 11111111) wrote; request 22222222 read: A <b>', witness),
    ['A', ' wrote; ', 'B', ' read: A <b>'],
  );
  assert.deepEqual(sentenceParts('nobody', witness), ['nobody']);
  assert.deepEqual(sentenceParts('', witness), []);
});

test('a place is short where it names a file, and does not say the operation again', () => {
  const places = [
    ['/srv/app/orders.ts:12 (put)', 'orders.ts:12 (put)'],
    ['/srv/app/Makefile:3', 'Makefile:3'],
    ['/mem/:k/:kind request handler - /mem/:k/:kind', undefined],
    ['POST /a/b', undefined],
    ['POST /a: UPDATE t', 'UPDATE t'],
    ['POST /ab: UPDATE t', undefined],
    ['', undefined],
  ] as const;
  for (const [place, short = place] of places) assert.equal(shortPlace(place, 'POST /a'), short);
  assert.equal(shortPlace('POST /a: UPDATE t'), 'POST /a: UPDATE t');
  assert.equal(shortPlace(': x', ''), ': x');
});

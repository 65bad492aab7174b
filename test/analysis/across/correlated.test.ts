/** Variables that are always written together are compared as one, by the clock alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { traceEvents } from '../../support/events.ts';
import { scheduled } from '../../support/schedules.ts';
import { crossFindings, footprints } from './footprint-world.ts';

/** What requests 1 and 2 did to each other after others, one after the other, had written as told. */
function found(
  steps: readonly string[],
  before: readonly (readonly string[])[] = together(20),
): readonly string[] {
  const earlier = before.flatMap((writes, place) =>
    writes.map((variable) => `${100 + place} w ${variable} ?`),
  );
  const findings = crossFindings(footprints(traceEvents(scheduled([...earlier, ...steps]))));
  return findings
    .filter(({ evidence }) => evidence !== 'E1')
    .map(({ evidence, pattern, subject, witness }) => {
      const check = witness.check === null ? '' : ` checked ${witness.check.location}`;
      const sites = subject.sites.map(({ location }) => location).join(', ');
      return `${evidence} ${pattern} ${sites}${check}`;
    });
}

/** So many requests that wrote both variables. */
function together(count: number): readonly (readonly string[])[] {
  return Array.from({ length: count }, () => ['total', 'items']);
}

const torn = ['1 r total ?', '2 w total ?', '2 w items ?', '1 r items ?'];
const tornFinding = ['E2 non_repeatable_read 1:r items, 2:w items'];

test('halves that do not belong together are found', () => {
  const cases: Readonly<Record<string, readonly [readonly string[], readonly string[]]>> = {
    'read before and after': [torn, tornFinding],
    'read half an update': [
      ['1 w total ?', '2 r total ?', '2 r items ?', '1 w items ?'],
      ['E2 non_repeatable_read 1:w total, 2:r total'],
    ],
    'acted on the one after the other had changed': [
      ['1 r total ?', '2 w total ?', '2 w items ?', '1 w items ?'],
      ['E2 check_then_act 1:w items, 2:w items checked 1:r total'],
    ],
    'each decided on what the other changed': [
      ['1 r total ?', '2 r items ?', '1 w items ?', '2 w total ?'],
      ['E2 write_skew 1:r total, 2:w total'],
    ],
    'went past each other': [
      ['1 w total ?', '2 w total ?', '2 w items ?', '1 w items ?'],
      ['E2 write_write 1:w items, 2:w items'],
    ],
  };
  for (const [name, [steps, expected]] of Object.entries(cases)) {
    assert.deepEqual(found(steps), expected, name);
    assert.deepEqual(found(steps, []), [], `${name}, nothing known`);
  }
});

test('twenty that wrote one of them are enough, of whom nine of ten wrote both', () => {
  // Request 2 writes both; request 1 writes neither.
  assert.deepEqual(found(torn, together(18)), []);
  assert.deepEqual(found(torn, together(19)), tornFinding);
  const alone = (variable: string, count: number) =>
    Array.from({ length: count }, () => [variable]);
  assert.deepEqual(found(torn, [...together(26), ...alone('items', 3)]), tornFinding);
  assert.deepEqual(found(torn, [...together(26), ...alone('items', 4)]), []);
  assert.deepEqual(found(torn, [...together(26), ...alone('total', 4)]), []);
  assert.deepEqual(found(torn, [...together(26), ...alone('other', 40)]), tornFinding);
});

test('nothing is said of who came one after the other, looked again, or knew by its values', () => {
  const quiet: readonly (readonly string[])[] = [
    ['1 r total ?', '1 r items ?', '2 w total ?', '2 w items ?'],
    ['1 r total ?', '2 w total ?', '1 r items ?', '2 w items ?'],
    ['1 r total ?', '2 w total ?', '2 w items ?', '1 r total ?', '1 w items ?'],
    // It read what had been there before, as from a snapshot.
    ['1 r total 1', '2 w total 1>2', '2 w items 5>6', '1 r items 5'],
  ];
  for (const steps of quiet) {
    const told = found(steps).filter((line) => !line.includes('non_repeatable_read 1:r total'));
    assert.deepEqual(told, [], steps.join('; '));
  }
});

test('write skew over three variables is told of each', () => {
  const sum = (request: string) => ['a', 'b', 'c'].map((variable) => `${request} r ${variable} 0`);
  const looks = ['1', '2', '3'].flatMap(sum);
  const acts = ['1 w a 0>1', '2 w b 0>2', '3 w c 0>3'];
  const pairs = (of: readonly string[]) => of.filter((line) => line.startsWith('E4 write_skew'));
  for (const ends of [[], ['1 commit', '2 commit', '3 commit']]) {
    assert.deepEqual(pairs(found([...looks, ...acts, ...ends], [])).sort(), [
      'E4 write_skew 1:r b, 2:w b',
      'E4 write_skew 1:r c, 3:w c',
      'E4 write_skew 1:w a, 2:r a',
      'E4 write_skew 1:w a, 3:r a',
      'E4 write_skew 2:r c, 3:w c',
      'E4 write_skew 2:w b, 3:r b',
    ]);
  }
});

test('write skew that leads round three transactions is told of each variable', () => {
  const steps = ['1 r a 0', '2 r b 0', '3 r c 0', '1 w b 0>1', '2 w c 0>2', '3 w a 0>3'];
  const ends = ['1 commit', '2 commit', '3 commit'];
  assert.deepEqual([...found([...steps, ...ends], [])].sort(), [
    'E4 write_skew 1:r a, 3:w a',
    'E4 write_skew 1:w b, 2:r b',
    'E4 write_skew 2:w c, 3:r c',
  ]);
  // Without the last step, the third comes before the second, which comes before the first.
  assert.deepEqual(found([...steps.slice(0, -1), ...ends], []), []);
});

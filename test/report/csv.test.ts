import assert from 'node:assert/strict';
import { test } from 'node:test';
import { racesCsv } from '../../src/report/csv.ts';
import { readRace } from '../../src/report/race.ts';

/** The cell of the variable of a race that is called so. */
function cellOf(variable: string): string {
  const race = readRace({ fingerprint: 'f', variable, evidence: 'E2', count: 1 });
  const [, row = ''] = racesCsv([{ race, state: 'open', owner: '=cmd' }]).split('\r\n');
  const [, cell = ''] = /^f,E2,,,(.*),1,,,open,"'=cmd",/.exec(row) ?? [];
  return cell;
}

const cells: readonly (readonly [string, string])[] = [
  ['x', 'x'],
  ['a,b', '"a,b"'],
  ['a"b', '"a""b"'],
  ['=1+1', `"'=1+1"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['  =1', `"'  =1"`],
  ['\t=1', String.raw`\x09=1`],
  ['a\r\nb', String.raw`a\x0d\x0ab`],
  ['"=1', '"""=1"'],
];
for (const [variable, cell] of cells) {
  test(`a spreadsheet takes ${JSON.stringify(variable)} for a text`, () => {
    const found = cellOf(variable);
    assert.equal(found, cell);
    assert.doesNotMatch(found, /^"?\s*[=+\-@|]/);
  });
}

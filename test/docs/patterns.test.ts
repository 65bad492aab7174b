/** The pages of patterns say what the code does: their histories are run, their examples made anew. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { patternPage, patternPages } from '../../scripts/pattern-docs/page.ts';
import { evidenceLevels } from '../../src/domain/findings/finding.ts';
import { repositoryRoot } from '../support/repository.ts';
import { findIn, type ScheduleTable, scheduleTables } from './schedule-table.ts';

for (const { pattern, path } of patternPages) {
  const page = readFileSync(join(repositoryRoot, path), 'utf8');
  const tables = scheduleTables(page);
  const below = (heading: RegExp) => tables.filter((table) => heading.test(table.heading));

  test(`${path}: every history gives what the page says`, () => {
    for (const table of tables) assert.deepEqual(findIn(table), table.found, stepsOf(table));
  });

  test(`${path}: each rung is the pattern at that level, what it is not is not it`, () => {
    const rungs = below(/^E\d,/);
    assert.ok(rungs.length > 0);
    for (const rung of rungs) {
      const level = rung.heading.slice(0, 2);
      assert.ok(evidenceLevels.some((known) => known === level));
      assert.ok(
        rung.found.some((line) => line.includes(`: ${level} ${pattern}`)),
        rung.heading,
      );
    }
    const others = below(/^What it is not$/);
    assert.ok(others.length > 0);
    assert.deepEqual(
      others.flatMap(({ found }) => found.filter((line) => line.includes(` ${pattern}`))),
      [],
    );
  });

  test(`${path}: what was seen, and how to close it, are as the server tells them`, async () => {
    assert.match(page, /<!-- seen in /);
    assert.match(page, /<!-- remedies -->/);
    assert.equal(await patternPage(pattern, page), page, 'write it anew with: npm run docs');
  });
}

function stepsOf({ heading, steps }: ScheduleTable): string {
  return `${heading}: ${steps.map(({ does }) => does).join('; ')}`;
}

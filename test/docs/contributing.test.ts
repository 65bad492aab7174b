import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot, sourceFiles } from '../support/repository.ts';

test('CONTRIBUTING.md names every file of statements, and none that is not there', () => {
  const home = 'src/storage/postgres';
  const page = readFileSync(join(repositoryRoot, 'CONTRIBUTING.md'), 'utf8');
  const named = [...page.matchAll(/`([\w/-]+-queries\.ts)`/g)].map(([, name]) => `${home}/${name}`);
  const files = sourceFiles(home).map(({ path }) => path);
  assert.deepEqual(named.sort(), files.filter((path) => path.endsWith('-queries.ts')).sort());
});

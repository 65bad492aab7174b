import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { importsOf, repositoryRoot, sourceFiles } from './support/repository.ts';

const page = readFileSync(join(repositoryRoot, 'ARCHITECTURE.md'), 'utf8');

/** The code map: what each folder of src may import. */
const allowed = new Map(
  [...page.matchAll(/^\| `(src\/[a-z/]+)` \|.*\| ([^|]+) \|$/gm)].map(
    ([, folder = '', imports = '']) => [folder, new Set(imports.split(', '))],
  ),
);

/** The folder's own row, or that of the nearest folder above. */
function rowOf(path: string): string {
  let folder = dirname(path);
  while (folder !== 'src' && !allowed.has(folder)) folder = dirname(folder);
  return folder;
}

/** What an import is called in the code map: a package, `node:name`, a folder of src or a file in it. */
function importName(file: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return normalize(join(dirname(file), specifier)).split('/')[1] ?? '';
}

test('every folder of src has a row in the code map of ARCHITECTURE.md', () => {
  const homeless = sourceFiles('src').filter(
    ({ path }) => dirname(path) !== 'src' && rowOf(path) === 'src',
  );
  assert.deepEqual(homeless, []);
});

test('imports obey the code map of ARCHITECTURE.md', () => {
  const faults: string[] = [];
  for (const { path, text } of sourceFiles('src')) {
    const row = rowOf(path);
    const own = row.split('/')[1] ?? '';
    for (const specifier of importsOf(text)) {
      const name = importName(path, specifier);
      if (row === 'src' || (name === own && !crossesBackends(path, specifier))) continue;
      const may = allowed.get(row);
      if (may?.has(name) || (name.startsWith('node:') && may?.has('node'))) continue;
      faults.push(`${path} imports ${specifier}`);
    }
  }
  assert.deepEqual(faults, []);
});

/** A storage backend may see the contract, never the other backend. */
function crossesBackends(file: string, specifier: string): boolean {
  const target = normalize(join(dirname(file), specifier));
  return rowOf(target) !== rowOf(file) && rowOf(target) !== 'src/storage';
}

test('every path named in ARCHITECTURE.md exists', () => {
  const named = page.matchAll(
    /`((?:src|test|docs|bench|scripts|migrations|deploy)(?:\/[\w./-]+)?|\w[\w.]*\.(?:json|example))`/g,
  );
  const missing = [...new Set([...named].map(([, path = '']) => path))].filter(
    (path) => !existsSync(join(repositoryRoot, path)),
  );
  assert.deepEqual(missing, []);
});

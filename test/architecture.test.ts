import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';
import { importsOf, repositoryRoot, sourceFiles } from './support/repository.ts';

const page = readFileSync(join(repositoryRoot, 'ARCHITECTURE.md'), 'utf8');

/** The code map: what each folder of src may import, beside what lies in it. */
const allowed = new Map(
  [...page.matchAll(/^\| `(src\/[a-z/]+)` \|.*\| ([^|]+) \|$/gm)].map(
    ([, folder = '', imports = '']) => [folder, imports === 'nothing' ? [] : imports.split(', ')],
  ),
);

/** What a file takes from others: a file of src, or the name of a package. */
const imports = sourceFiles('src').flatMap(({ path, text }) =>
  importsOf(text).map((specifier) => ({
    from: path,
    to: specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier,
  })),
);

/** Whether a name of the code map stands for what is imported. */
function covers(name: string, imported: string): boolean {
  if (name === 'node' && imported.startsWith('node:')) return true;
  return imported === name || imported === `src/${name}` || dirname(imported) === `src/${name}`;
}

test('every folder of src has a row in the code map of ARCHITECTURE.md', () => {
  const folders = new Set(sourceFiles('src').map(({ path }) => dirname(path)));
  folders.delete('src');
  assert.deepEqual([...allowed.keys()].sort(), [...folders].sort());
});

test('imports obey the code map of ARCHITECTURE.md', () => {
  const faults = imports.filter(({ from, to }) => {
    const row = allowed.get(dirname(from));
    return (
      row !== undefined && dirname(to) !== dirname(from) && !row.some((name) => covers(name, to))
    );
  });
  assert.deepEqual(faults, []);
});

test('every name in the code map is used', () => {
  const idle = [...allowed].flatMap(([folder, names]) =>
    names
      .filter(
        (name) => !imports.some(({ from, to }) => dirname(from) === folder && covers(name, to)),
      )
      .map((name) => `${folder}: ${name}`),
  );
  assert.deepEqual(idle, []);
});

test('no files import each other in a circle', () => {
  const files = sourceFiles('src', 'scripts', 'test', 'bench');
  const importers = new Map(files.map(({ path }) => [path, new Set<string>()]));
  const open = new Map<string, number>();
  for (const { path, text } of files) {
    const own = new Set(
      importsOf(text)
        .map((specifier) => normalize(join(dirname(path), specifier)))
        .filter((target) => importers.has(target)),
    );
    open.set(path, own.size);
    for (const target of own) importers.get(target)?.add(path);
  }
  // What imports nothing that is left goes; what cannot go is in a circle, or above one.
  const free = [...open.keys()].filter((path) => open.get(path) === 0);
  for (let path = free.pop(); path !== undefined; path = free.pop()) {
    open.delete(path);
    for (const importer of importers.get(path) ?? []) {
      const left = (open.get(importer) ?? 0) - 1;
      open.set(importer, left);
      if (left === 0) free.push(importer);
    }
  }
  assert.deepEqual([...open.keys()], []);
});

test('every path named in ARCHITECTURE.md exists', () => {
  const named = page.matchAll(
    /`((?:src|test|docs|bench|scripts|migrations|deploy)(?:\/[\w./-]+)?|\w[\w.]*\.(?:json|example))`/g,
  );
  const missing = [...new Set([...named].map(([, path = '']) => path))].filter(
    (path) => !existsSync(join(repositoryRoot, path)),
  );
  assert.deepEqual(missing, []);
});

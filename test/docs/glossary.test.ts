import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { codeOnly, repositoryRoot, sourceFiles } from '../support/repository.ts';

const page = readFileSync(join(repositoryRoot, 'docs/glossary.md'), 'utf8');
const [terms = '', unused = ''] = page.split('## Words that are not used');

/** The cells of the rows of all tables, their heads left out. */
function rowsOf(text: string): string[][] {
  const tables = text.matchAll(/^\|-.*\n((?:\|.*\n)+)/gm);
  return [...tables].flatMap(([, rows = '']) =>
    rows
      .trim()
      .split('\n')
      .map((row) =>
        row
          .slice(1, -1)
          .split('|')
          .map((cell) => cell.trim()),
      ),
  );
}

const entries = rowsOf(terms).map(([word = '', meaning = '', place = '']) => {
  const [, name = '', file = ''] = /^`(\w+)` in `(src\/[\w/-]+\.ts)`$/.exec(place) ?? [];
  return { word, meaning, name, file };
});

test('every word of the glossary is in the code of the file where it lives', () => {
  const gone = entries.filter(({ name, file }) => {
    const path = join(repositoryRoot, file);
    if (file === '' || !existsSync(path)) return true;
    const { text } = codeOnly({ path, text: readFileSync(path, 'utf8') });
    return !new RegExp(`\\b${name}\\b`).test(text);
  });
  assert.deepEqual(gone, []);
  assert.ok(entries.length > 50);
});

test('the glossary says each word once, in order, in a sentence or two', () => {
  for (const section of terms.split(/^## /m).slice(1)) {
    const words = rowsOf(section).map(([word = '']) => word);
    assert.deepEqual(words, [...new Set(words)].sort(), section.split('\n')[0]);
  }
  const words = entries.map(({ word }) => word);
  assert.deepEqual(words.length, new Set(words).size);
  const wrong = entries.filter(({ meaning }) => !/^[A-Z].*[.)]$/.test(meaning));
  assert.deepEqual(wrong, []);
});

test('no name of the code is a word that is not used', () => {
  const words = rowsOf(unused).flatMap(([cell = '']) =>
    [...cell.matchAll(/`(\w+)`/g)].map(([, word]) => word),
  );
  assert.ok(words.length > 5);
  const pattern = new RegExp(words.join('|'), 'i');
  const found = sourceFiles('src', 'test', 'bench')
    .filter(({ path }) => path !== 'test/docs/glossary.test.ts')
    .map(codeOnly)
    .flatMap(({ path, text }) => {
      const name = text.match(/[\w#]+/g)?.find((one) => pattern.test(one));
      return name === undefined ? [] : [`${path}: ${name}`];
    });
  assert.deepEqual(found, []);
});

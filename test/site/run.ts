/**
 * Looks at the documentation as a site, once `npm run site` has built it: `npm run test:site`.
 * A link that leads nowhere ends the build already.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import { test } from 'node:test';
import { documents, filesBelow, repositoryRoot } from '../support/repository.ts';

const site = join(repositoryRoot, 'site/dist');
const pages = filesBelow(['site/dist'], (name) => name.endsWith('.html')).map(({ path, text }) => ({
  path: relative('site/dist', path),
  text,
}));

test('every document is a page', () => {
  const built = new Set(pages.map(({ path }) => path));
  const missing = documents()
    .map(({ path }) => (path === 'docs/index.md' ? 'index.md' : path))
    .filter((path) => !path.startsWith('bench/') && !built.has(path.replace(/\.md$/, '.html')));
  assert.deepEqual(missing, []);
});

test('links, files and anchors of the built pages are there, and none is loaded from elsewhere', () => {
  const faults: string[] = [];
  for (const { path, text } of pages) {
    for (const [, attribute, target = ''] of text.matchAll(/\s(href|src)="([^"]+)"/g)) {
      if (/^(?:https?:|mailto:)/.test(target)) {
        if (attribute === 'src' || /<link[^>]+$/.test(text.slice(0, text.indexOf(target)))) {
          faults.push(`${path} loads ${target}`);
        }
        continue;
      }
      const [file = '', anchor] = target.split('#');
      const full =
        file === ''
          ? path
          : posix.join('.', file.startsWith('/') ? file : posix.join(posix.dirname(path), file));
      const found = [full, `${full}.html`, posix.join(full, 'index.html')]
        .map((name) => join(site, decodeURIComponent(name)))
        .find((name) => existsSync(name));
      if (found === undefined) faults.push(`${path}: ${target} leads nowhere`);
      else if (
        anchor !== undefined &&
        anchor !== '' &&
        found.endsWith('.html') &&
        !readFileSync(found, 'utf8').includes(`id="${decodeURIComponent(anchor)}"`)
      ) {
        faults.push(`${path}: ${target} names no heading`);
      }
    }
  }
  assert.deepEqual(faults, []);
});

test('the search is part of the site and knows what the pages say', () => {
  const index = filesBelow(['site/dist/assets'], (name) => /localSearchIndex.*\.js$/i.test(name));
  assert.ok(index.length > 0);
  const text = index.map((file) => file.text).join('');
  for (const word of ['unrepeatable', 'grace', 'sarif']) {
    assert.ok(text.includes(word), word);
  }
});

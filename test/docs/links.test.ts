import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { type Entry, sidebar } from '../../site/.vitepress/sidebar.ts';
import { documents, repositoryRoot } from '../support/repository.ts';

/** The prose of a page: what stands in code is no link and no heading. */
function withoutCode(text: string): string {
  return text.replace(/^(```+)[^\n]*\n[\s\S]*?^\1\s*$/gm, '').replace(/`[^`\n]*`/g, '``');
}

/** The anchors that forges give to the headings of a page. */
function anchorsOf(text: string): Set<string> {
  const seen = new Map<string, number>();
  const anchors = new Set<string>();
  const headings = text.replace(/^(```+)[^\n]*\n[\s\S]*?^\1\s*$/gm, '').matchAll(/^#+ +(.+)$/gm);
  for (const [, heading = ''] of headings) {
    const plain = heading.trim().toLowerCase();
    const slug = plain.replace(/[^\p{L}\p{N}\- _]/gu, '').replaceAll(' ', '-');
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    anchors.add(times === 0 ? slug : `${slug}-${times}`);
  }
  return anchors;
}

function faultOf(page: string, target: string): string | null {
  const [file = '', anchor] = target.split('#');
  const path = file === '' ? page : join(dirname(page), decodeURIComponent(file));
  if (relative('.', path).startsWith('..')) return 'leads out of the repository';
  const full = join(repositoryRoot, path);
  if (!existsSync(full)) return 'leads nowhere';
  if (anchor === undefined) return null;
  if (statSync(full).isDirectory()) return 'names a heading of a folder';
  return anchorsOf(readFileSync(full, 'utf8')).has(anchor) ? null : 'names no heading';
}

test('links between documents lead somewhere, and so do their anchors', () => {
  const faults = documents().flatMap(({ path, text }) =>
    [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
      if (/^[a-z]+:/.test(target)) return [];
      const fault = faultOf(path, target);
      return fault === null ? [] : [`${path}: ${target} ${fault}`];
    }),
  );
  assert.deepEqual(faults, []);
});

test('every page of docs can be reached from the README', () => {
  const pages = new Map(documents().map(({ path, text }) => [path, withoutCode(text)]));
  const reached = new Set(['README.md']);
  for (const page of reached) {
    for (const [, target = ''] of (pages.get(page) ?? '').matchAll(/\]\(([^)#\s]+)[^)]*\)/g)) {
      const path = join(dirname(page), target);
      if (pages.has(path)) reached.add(path);
    }
  }
  const lost = [...pages.keys()].filter((path) => path.startsWith('docs/') && !reached.has(path));
  assert.deepEqual(lost, []);
});

test('every page of docs stands beside the pages of the site, and nothing else does', () => {
  const inSite = (items: readonly Entry[]): string[] =>
    items.flatMap(({ link, items: below = [] }) => [
      ...(link === undefined ? [] : [link]),
      ...inSite(below),
    ]);
  const linked = inSite(sidebar).map(
    (link) => `${link.slice(1)}${link.endsWith('/') ? 'index' : ''}.md`,
  );
  const known = new Set(documents().map(({ path }) => path));
  assert.deepEqual(
    linked.filter((path) => !known.has(path)),
    [],
  );
  const docs = [...known].filter((path) => path.startsWith('docs/') && path !== 'docs/index.md');
  assert.deepEqual(
    docs.filter((path) => !linked.includes(path)),
    [],
  );
});

test('every npm script that a page names exists, and CI runs the test command of the README', () => {
  const { scripts } = JSON.parse(readFileSync(join(repositoryRoot, 'package.json'), 'utf8'));
  const named = documents().flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm run ([\w:]+)/g)].map(([, name = '']) => ({ path, name })),
  );
  assert.deepEqual(
    named.filter(({ name }) => !(name in scripts)),
    [],
  );
  const command = /^npm ci && npm run check$/m;
  assert.match(readFileSync(join(repositoryRoot, 'README.md'), 'utf8'), command);
  assert.match(readFileSync(join(repositoryRoot, '.ci/run'), 'utf8'), command);
});

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot, sourceFiles } from '../support/repository.ts';

interface Operation {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
}

const page = readFileSync(join(repositoryRoot, 'docs/api.md'), 'utf8');
const { paths } = JSON.parse(readFileSync(join(repositoryRoot, 'openapi.json'), 'utf8')) as {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
};

/** The query parameters of each route of openapi.json, sorted. */
const described = new Map(
  Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { parameters = [] }]) => [
      routeName(method, path),
      parameters
        .filter((parameter) => parameter.in === 'query')
        .map(({ name }) => name)
        .sort(),
    ]),
  ),
);

/** Routes that openapi.json leaves out as well. */
const registered = sourceFiles('src/http').flatMap(({ text }) =>
  [...text.matchAll(/\bapp\.(get|post|put|patch|delete)\(\s*'([^']+)'/g)].map(
    ([, method = '', path = '']) => routeName(method, path),
  ),
);

/** The names of path parameters are for the reader. */
function routeName(method: string, path: string): string {
  return `${method.toUpperCase()} ${path.replace(/\{\w+\}|:\w+/g, ':')}`;
}

/** The part of the page below a heading. */
function section(heading: string): string {
  const [, text = ''] = page.split(`\n## ${heading}\n`);
  return text.split('\n## ')[0] ?? '';
}

function namesIn(text: string): string[] {
  return [...text.matchAll(/`(\w+)`/g)].map(([, name = '']) => name);
}

/** The names in the first column of the table of a section. */
function parametersOf(heading: string): string[] {
  const rows = [...section(heading).matchAll(/^\| (`.*?`) \|/gm)];
  return rows.flatMap(([, cell = '']) => namesIn(cell));
}

/** What a row says of the query: names, or the names of lists but for some. */
function queryOf(cell: string): string[] {
  const [before = '', without = ''] = cell.split(' without ');
  if (!before.includes('(#lists)')) return namesIn(cell).sort();
  const left = namesIn(without);
  return parametersOf('Lists')
    .filter((name) => !left.includes(name))
    .sort();
}

const rows = [...section('Routes').matchAll(/^\| `([A-Z]+) (\S+)` \| .+ \| (.*?) ?\|$/gm)].map(
  ([, method = '', path = '', query = '']) => [routeName(method, path), queryOf(query)] as const,
);

test('docs/api.md has a row for each route, and for no other', () => {
  const routes = new Set([...described.keys(), ...registered]);
  assert.ok(routes.size > described.size, 'no route was found in the source');
  assert.deepEqual(rows.map(([route]) => route).sort(), [...routes].sort());
});

test('each row names every parameter of the query, and no other', () => {
  const documented = rows.map(([route, names]) => [route, names]);
  assert.deepEqual(
    documented,
    rows.map(([route]) => [route, described.get(route) ?? []]),
  );
});

test('the parameters of selections are those of an erasure', () => {
  assert.deepEqual(
    [...parametersOf('Selections'), 'dry_run'].sort(),
    described.get('DELETE /api/traces'),
  );
});

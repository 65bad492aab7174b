/** Comments that cite a page: the page is in the repository, and has the heading. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { repositoryRoot, sourceFiles } from '../support/repository.ts';

/** Pages that the code writes: comments speak of them as of any file, and cite nothing. */
const written = new Set(['docs/configuration.md']);

/** The comments of a TypeScript file, each on one line. */
function commentsOf(text: string): string[] {
  const comments = text.matchAll(/\/\*[\s\S]*?\*\/|(?:^|[\s;{])\/\/ .*(?:\n\s*\/\/ .*)*/g);
  return [...comments].map(([comment]) => comment.replace(/\s*\n\s*(?:\*|\/\/)?\s*/g, ' '));
}

/** What is wrong with the pages that a comment cites. */
function faultsOf(comment: string): string[] {
  const cited = [...comment.matchAll(/([\w./-]*\w\.md)\b(?:, "([^"]+)")?/g)];
  const faults = cited.flatMap(([, page = '', heading]) => {
    if (written.has(page)) return [];
    if (!existsSync(join(repositoryRoot, page))) return [`${page} is not in the repository`];
    if (heading === undefined) return [`${page} is cited without a heading: write ${page}, "…"`];
    const text = readFileSync(join(repositoryRoot, page), 'utf8');
    const has = text.split('\n').some((line) => /^#+ /.test(line) && line.endsWith(` ${heading}`));
    return has ? [] : [`${page} has no heading "${heading}"`];
  });
  const numbers = [...comment.matchAll(/\(\d+\.\d+[a-z]?\)/g)];
  return [...faults, ...numbers.map(([number]) => `${number} is a section of no page`)];
}

test('comments cite pages that are there, by a heading that is there', () => {
  const faults = sourceFiles('src', 'test', 'bench', 'scripts').flatMap(({ path, text }) =>
    commentsOf(text).flatMap((comment) => faultsOf(comment).map((fault) => `${path}: ${fault}`)),
  );
  assert.deepEqual(faults, []);
});

test('a file that a comment of src names is there', () => {
  const files = sourceFiles('src', 'test');
  const lost = sourceFiles('src').flatMap(({ path, text }) =>
    commentsOf(text)
      .flatMap((comment) => [...comment.matchAll(/(?<![\w-])(?!tags\.)[\w-]+(?:\/[\w-]+)*\.ts\b/g)])
      .filter(([name]) => !files.some((file) => `/${file.path}`.endsWith(`/${name}`)))
      .map(([name]) => `${path}: ${name}`),
  );
  assert.deepEqual(lost, []);
});

test('a paper that a comment of src cites is among the sources of the page on analysis', () => {
  const [, sources = ''] = readFileSync(join(repositoryRoot, 'docs/analysis.md'), 'utf8').split(
    '\n## Sources\n',
  );
  const cited = sourceFiles('src/analysis', 'src/domain').flatMap(({ text }) =>
    commentsOf(text).flatMap((comment) =>
      [...comment.matchAll(/\b[A-Z]{3,}\w* (?:19|20)\d\d\b/g)].map(([paper]) => paper),
    ),
  );
  assert.ok(cited.length >= 5);
  const unlisted = cited.filter((paper) => !sources.includes(paper));
  assert.deepEqual(unlisted, []);
});

test('a citation without a heading, with a wrong one, or of a page nobody has is a fault', () => {
  const page = 'docs/analysis';
  assert.deepEqual(faultsOf(`as ${page}.md, "Evidence", says`), []);
  assert.equal(faultsOf(`as ${page}.md says`).length, 1);
  assert.equal(faultsOf(`as ${page}.md, "Levels of proof", says`).length, 1);
  assert.equal(faultsOf('see theory.md, "Evidence"').length, 1);
  assert.equal(faultsOf('nanoseconds (1.6)').length, 1);
  const spread = `/**\n * As ${page}.md,\n * "Causal groups".\n */\nlet x = 1; // see ${page}.md\n`;
  assert.deepEqual(commentsOf(spread).flatMap(faultsOf).length, 1);
});

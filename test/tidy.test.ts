import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'node:test';
import { storageBackends } from '../src/domain/storage-backend.ts';
import { backends } from './support/backends.ts';
import {
  codeOnly,
  filesBelow,
  type RepositoryFile,
  repositoryRoot,
  sourceFiles,
} from './support/repository.ts';

/** The rules of CONTRIBUTING.md, "House rules", that no linter has. */

const source = sourceFiles('src');
const all = sourceFiles('src', 'test', 'bench', 'scripts');
const linesMax = 400;

/** Paths and lines where a pattern is found. */
function placesOf(pattern: RegExp, files: readonly RepositoryFile[]): string[] {
  return files.flatMap(({ path, text }) =>
    text.split('\n').flatMap((line, at) => (pattern.test(line) ? [`${path}:${at + 1}`] : [])),
  );
}

test('nothing is left for later', () => {
  const files = [
    ...all,
    ...filesBelow(['docs', 'migrations', '.ci'], (name) => /\.(?!png$)/.test(name)),
  ];
  assert.deepEqual(placesOf(/\b(?:TO[D]O|FIX[M]E|XX[X])\b/, files), []);
});

test(`no file has more than ${linesMax} lines`, () => {
  const long = all.filter(({ text }) => text.split('\n').length > linesMax + 1);
  assert.deepEqual(
    long.map(({ path }) => path),
    [],
  );
});

test('no module holds state that changes', () => {
  const variable = /^(?:export )?(?:let|var)\b/;
  const emptyCollection =
    /^(?:export )?const [^=]+ = (?:new (?:Map|Set|WeakMap|WeakSet|Array)(?:<.*>)?\(\)|\[\]|\{\});/;
  assert.deepEqual(placesOf(variable, source), []);
  assert.deepEqual(placesOf(emptyCollection, source), []);
});

test('domain and analysis wait for nothing and know no clock and no chance', () => {
  const pure = sourceFiles('src/domain', 'src/analysis').map(codeOnly);
  const impure =
    /\b(?:async|await|Promise|setTimeout|setImmediate|queueMicrotask|performance)\b|\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\brandomUUID\b|\brandomBytes\b/;
  assert.deepEqual(placesOf(impure, pure), []);
});

test('only main.ts reads the environment of the process', () => {
  const others = source.filter(({ path }) => path !== 'src/main.ts').map(codeOnly);
  assert.deepEqual(placesOf(/\bprocess\s*\.\s*env\b/, others), []);
});

test('SQL stands in files named after queries', () => {
  // Scripts and advice that are written for others are no statements of ours, nor what others sent.
  const ours = source.filter(
    ({ path }) =>
      !path.startsWith('src/reproduction/') &&
      path !== 'src/analysis/issues/sql-remedies.ts' &&
      path !== 'src/storage/sealed/dictionary.ts',
  );
  const others = ours.filter(({ path }) => !basename(path).includes('queries'));
  const statement =
    /['"`]\s*(?:SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|CREATE|ALTER|DROP|TRUNCATE) \S/;
  assert.deepEqual(placesOf(statement, others), []);
});

test('a place in a sorted list is found by lowerBound alone', () => {
  const others = all.filter(({ path }) => path !== 'src/domain/lower-bound.ts').map(codeOnly);
  assert.deepEqual(
    placesOf(/\((?:low|left|start|from|first) \+ \w+\) (?:>>>? 1|\/ 2)/, others),
    [],
  );
});

test('what a type of access does is asked of its traits', () => {
  // The example makes events, as SDKs do; it asks nothing.
  const makers = ['src/domain/event/event-kind.ts', 'src/demo/request-recorder.ts'];
  const others = source.filter(({ path }) => !makers.includes(path));
  assert.deepEqual(placesOf(/['"`]Atomic|access\w*[tT]ype\.\w+With\(/, others), []);
});

test('a predicate asks and never acts', () => {
  const predicate =
    /^(?:export )?(?:async )?(?:function |const |get )?#?(?:is|are|has|have|was|can|may|must|should|needs)[A-Z]\w*(?: = (?:async )?)?[(<]/;
  const act =
    /\w\.#?\w+ [-+*/|&?]{0,2}= |\+\+|--|\bthis\.[\w.#]+\.(?:add|clear|delete|pop|push|set|shift|splice)\(|\b(?:evict\w*|post|query|release|send|session|write)\(/;
  const acting = all.map(codeOnly).flatMap(({ path, text }) => {
    const lines = text
      .replace(/`[^`]*`/g, (template) => template.replace(/[^\n]/g, ' '))
      .split('\n');
    return lines.flatMap((line, at) => {
      const indent = line.search(/\S/);
      if (!predicate.test(line.trimStart())) return [];
      const end = lines.findIndex(
        (other, place) => place > at && /^ *[^\s)]/.test(other) && other.search(/\S/) <= indent,
      );
      return lines.slice(at, end).some((inner) => act.test(inner)) ? [`${path}:${at + 1}`] : [];
    });
  });
  assert.deepEqual(acting, []);
});

const sharedByBackends: ReadonlySet<string> = new Set(['bytes', 'sealed']);

test('every storage backend is held to the contracts of events and of derived data', () => {
  const names = readdirSync(join(repositoryRoot, 'src/storage'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .filter((name) => !sharedByBackends.has(name));
  const free = names.flatMap((name) => {
    const path = join(repositoryRoot, 'test/storage', `${name}.test.ts`);
    const text = existsSync(path) ? readFileSync(path, 'utf8') : '';
    return ['storageContract', 'derivedContract']
      .filter((contract) => !new RegExp(`^${contract}\\(`, 'm').test(text))
      .map((contract) => `${name}: ${contract}`);
  });
  assert.deepEqual(free, []);
  assert.deepEqual(names.toSorted(), [...storageBackends].sort());
  const compared = backends.map(({ name }) => name).sort();
  assert.deepEqual(compared, names.sort(), 'test/support/backends.ts has all of them');
});

test('the contract of derived data calls every method that there is', () => {
  const methods = [
    ['src/storage/derived.ts', /export interface DerivedStore \{\n(.*?)^\}/ms, ''],
    ['src/storage/triage-store.ts', /export interface TriageStore \{\n(.*?)^\}/ms, 'triage.'],
  ].flatMap(([path = '', shape = '', prefix]) => {
    const contract = readFileSync(join(repositoryRoot, String(path)), 'utf8');
    const store = new RegExp(shape).exec(contract)?.[1] ?? '';
    const found = [...store.matchAll(/^ {2}(\w+)\(/gm)].map(([, name = '']) => `${prefix}${name}`);
    assert.ok(found.length > 0, 'the interface is where it was');
    return found;
  });
  // The questions of answers.ts are compared between storages, not with what is expected.
  const suite = sourceFiles('test/storage/derived').filter(
    ({ path }) => !/answers|history/.test(path),
  );
  const uncalled = methods.filter(
    (name) => !suite.some(({ text }) => new RegExp(`\\bderived\\.${name}\\(`).test(text)),
  );
  assert.deepEqual(uncalled, []);
});

test('everything that is exported is used somewhere', () => {
  const uses = new Map<string, number>();
  for (const { text } of all.map(codeOnly)) {
    for (const [word] of text.matchAll(/\b\w+\b/g)) uses.set(word, (uses.get(word) ?? 0) + 1);
  }
  const declaration = /^export (?:async )?(?:function\*?|const|class|interface|type) (\w+)/gm;
  const unused = all.flatMap(({ path, text }) =>
    [...text.matchAll(declaration)].flatMap(([, name = '']) =>
      uses.get(name) === 1 ? [`${path}: ${name}`] : [],
    ),
  );
  assert.deepEqual(unused, []);
});

test('every file of src is imported by another', () => {
  const imported = new Set<string>();
  for (const { path, text } of all) {
    for (const [, specifier = ''] of text.matchAll(/(?:\bfrom|\bimport\() ?'(\.[^']+)'/g)) {
      imported.add(join(dirname(path), specifier));
    }
  }
  const lost = source.map(({ path }) => path).filter((path) => !imported.has(path));
  assert.deepEqual(lost, ['src/main.ts', 'src/worker/worker.ts']);
});

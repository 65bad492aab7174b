import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readAudit } from '../../scripts/release/advisories.ts';
import { billOfMaterials } from '../../scripts/release/bill-of-materials.ts';
import { changelogSection, tagFaults } from '../../scripts/release/changelog.ts';
import { repositoryRoot } from '../support/repository.ts';

const changelog = `# Changelog

## [Unreleased]

## [1.1.0] - 2026-11-01

### Added

- More.

## [1.0.0] - 2026-10-01

- The first.

## [0.9.0]
`;

test('the notes of a release are its section of the changelog', () => {
  assert.deepEqual(changelogSection(changelog, '1.1.0'), {
    date: '2026-11-01',
    text: '### Added\n\n- More.',
  });
  assert.deepEqual(changelogSection(changelog, '1.0.0'), {
    date: '2026-10-01',
    text: '- The first.',
  });
  assert.equal(changelogSection(changelog, '1.0'), null);
});

test('a tag is released when package.json and the changelog know it', () => {
  assert.deepEqual(tagFaults('v1.1.0', '1.1.0', changelog), []);
  assert.deepEqual(tagFaults('v1.2.0', '1.1.0', changelog), [
    'the tag v1.2.0 is not v1.1.0 of package.json',
  ]);
  assert.deepEqual(tagFaults('v2.0.0', '2.0.0', changelog), [
    'CHANGELOG.md has no section [2.0.0]',
  ]);
  assert.deepEqual(tagFaults('v0.9.0', '0.9.0', changelog), [
    'the section [0.9.0] of CHANGELOG.md has no date',
  ]);
});

test('advisories of high severity keep a release back, and no answer is told as none', () => {
  const vulnerabilities = {
    a: { name: 'a', severity: 'critical' },
    b: { name: 'b', severity: 'moderate' },
  };
  assert.deepEqual(readAudit(JSON.stringify({ vulnerabilities })), {
    kind: 'answered',
    blocking: ['a (critical)'],
    otherCount: 1,
  });
  assert.deepEqual(readAudit('{"message":"405 Method Not Allowed"}'), {
    kind: 'unanswered',
    reason: '405 Method Not Allowed',
  });
  assert.deepEqual(readAudit(''), { kind: 'unanswered', reason: 'no answer in JSON' });
});

interface Bill {
  readonly components: readonly {
    readonly 'bom-ref': string;
    readonly purl: string;
    readonly hashes?: readonly { readonly alg: string; readonly content: string }[];
    readonly licenses?: readonly unknown[];
  }[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

const lock = JSON.parse(readFileSync(join(repositoryRoot, 'package-lock.json'), 'utf8'));
const bill = billOfMaterials(lock) as Bill;

test('the bill of materials names every package that runs, with its hash and licence', () => {
  const entries = Object.entries(lock.packages) as [string, { version: string; dev?: true }][];
  const runtime = entries
    .filter(([path, { dev }]) => path !== '' && (dev !== true || path.endsWith('/libpg-query')))
    .map(([path, { version }]) => `${path.replace(/^.*node_modules\//, '')}@${version}`);
  assert.deepEqual(
    bill.components.map(({ purl }) => decodeURIComponent(purl.replace('pkg:npm/', ''))).sort(),
    [...new Set(runtime)].sort(),
  );
  assert.ok(
    runtime.some((name) => name.startsWith('pg@')),
    'also what tests need too',
  );
  const poor = bill.components.filter(
    ({ hashes, licenses }) =>
      !/^[0-9a-f]{128}$/.test(hashes?.[0]?.content ?? '') || licenses === undefined,
  );
  assert.deepEqual(poor, []);
});

test('everything in the bill of materials is reached from Raceway', () => {
  const below = new Map(bill.dependencies.map(({ ref, dependsOn }) => [ref, dependsOn]));
  const [root = ''] = below.keys();
  assert.equal(root, `pkg:npm/${lock.name}@${lock.version}`);
  const reached = new Set([root]);
  for (const name of reached) for (const next of below.get(name) ?? []) reached.add(next);
  reached.delete(root);
  assert.deepEqual([...reached].sort(), bill.components.map((one) => one['bom-ref']).sort());
});

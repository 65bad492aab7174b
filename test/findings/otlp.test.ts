/**
 * What services truly did that were recorded by OpenTelemetry alone, and what is found of it: races that
 * happened, and nothing above E0 where none did.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { type ArrivalName, arrivals } from '../../scripts/otlp-gate/arrivals.ts';
import { outcomeOf } from '../../scripts/otlp-gate/outcome.ts';
import { type ListedIssue, readTruths, type Truth } from '../../scripts/otlp-gate/truth.ts';
import { compileRedaction } from '../../src/domain/event/redaction.ts';
import { rowCertaintyOf } from '../../src/domain/findings/row-certainty.ts';
import { OtlpReader } from '../../src/domain/otlp/otlp-batch.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { analyseAll, everyIssue } from '../support/analyser.ts';
import { memoryBackend, postgresBackend } from '../support/backends.ts';
import { keyless } from '../support/events.ts';
import { type RecordedExport, recordedExports } from '../support/otlp-recordings.ts';
import { repositoryRoot } from '../support/repository.ts';

const folder = join(repositoryRoot, 'test/fixtures/otlp-races');
const truths = readTruths(folder);
const redaction = compileRedaction({ headers: [], tags: [], paths: [] });

async function append(storage: Storage, exports: readonly RecordedExport[]): Promise<void> {
  const reader = new OtlpReader(redaction);
  for (const { path, body, format } of exports) {
    if (path === '/v1/metrics') continue;
    const { events } =
      path === '/v1/logs' ? reader.logs(body, format, null) : reader.traces(body, format, null);
    if (events.length > 0) await storage.append(keyless(events), 1_900_000_000_000_000_000n);
  }
}

async function listed(storage: Storage): Promise<readonly ListedIssue[]> {
  await analyseAll(storage);
  const { issues } = await storage.derived.issues(everyIssue);
  return issues.map(({ subject, witnesses, evidence, pattern, count }) => ({
    ...subject,
    evidence,
    pattern,
    count,
    row: rowCertaintyOf(subject.variable),
    witnesses: witnesses.map((text) => JSON.parse(text) as ListedIssue['witnesses'][number]),
  }));
}

async function found(exports: readonly RecordedExport[]): Promise<readonly ListedIssue[]> {
  const storage = await memoryBackend.open();
  await append(storage, exports);
  const issues = await listed(storage);
  await storage.close();
  return issues;
}

/** What is told of the issues, but for how often they happened. */
function told(issues: readonly ListedIssue[]): readonly string[] {
  return issues
    .map(({ fingerprint, variable, evidence, pattern, row }) =>
      [fingerprint, variable, evidence, pattern, row].join(' '),
    )
    .sort();
}

for (const [name, truth] of truths) {
  test(`${name}: ${truth.race ? truth.variable : 'nothing'}`, async () => {
    const { fault } = outcomeOf(
      name,
      truth,
      await found(recordedExports(name, folder)),
      'recorded',
    );
    assert.equal(fault, null);
  });
}

const sameWays = ['shuffled', 'single', 'twice', 'second half first'] as const;

for (const name of ['go-otelsql-params--pg-signup', 'py-sqlalchemy--pg-for-update']) {
  test(`${name}: the same however it comes`, async () => {
    const exports = recordedExports(name, folder);
    const expected = told(await found(exports));
    for (const way of sameWays) {
      assert.deepEqual(told(await found(arrivals[way](exports))), expected, way);
    }
  });
}

/** A recording in another arrival. */
async function foundIn(name: string, way: ArrivalName) {
  const issues = await found(arrivals[way](recordedExports(name, folder)));
  return { issues, outcome: outcomeOf(name, truths.get(name) as Truth, issues, way) };
}

test('thirty transfers between rows that are locked one by one are two issues at the most', async () => {
  const { issues } = await foundIn('node-params--pg-transfer', 'recorded');
  assert.ok(issues.length <= 2);
});

test('ten times as many requests are as many issues', async () => {
  const few = await foundIn('go-otelsql-params--pg-signup', 'recorded');
  const many = await foundIn('go-otelsql-params--pg-signup', 'ten times');
  assert.deepEqual(told(many.issues), told(few.issues));
});

test('without parameters less is certain, and nothing more', async () => {
  for (const name of ['node-params--pg-transfer', 'go-otelsql-params--pg-signup']) {
    const { outcome } = await foundIn(name, 'without parameters');
    assert.equal(outcome.fault, null, name);
    assert.notEqual(outcome.row, 'exact', name);
    assert.ok((outcome.told ?? 'E0') <= 'E1', name);
  }
});

test('a restart in between changes nothing', async () => {
  const exports = recordedExports('go-otelsql-params--pg-signup', folder);
  const half = exports.length >> 1;
  const storage = await postgresBackend.open();
  await append(storage, exports.slice(0, half));
  await listed(storage);
  await append(storage, exports.slice(half));
  assert.deepEqual(told(await listed(storage)), told(await found(exports)));
  await storage.close();
});

/** Databases that earlier versions filled. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { EventRecord } from '../../src/domain/event/event.ts';
import { compareRanked, type Ranked } from '../../src/domain/ranking.ts';
import { parseTimestamp } from '../../src/domain/timestamp.ts';
import { everyTrace } from '../../src/domain/trace-query.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { migrate, readMigrations } from '../../src/storage/postgres/schema/migrate.ts';
import type { Storage } from '../../src/storage/storage.ts';
import { getSettled, type Reply, testApp } from '../support/app.ts';
import { backends } from '../support/backends.ts';
import { keyless } from '../support/events.ts';
import { poolOptions, type TestDatabase, testDatabase } from '../support/postgres.ts';

/**
 * What a server stored of the recorded traffic and of small schedules, all analysed: the rows of all
 * tables as they were after migration 0007, and the list of races that the same server gave.
 */
const fixture = new URL('../fixtures/database-0007/', import.meta.url);

/** A database as it was before the migrations after 0007. */
async function restored(t: TestContext): Promise<TestDatabase> {
  const database = await testDatabase(t);
  const migrations = readMigrations().filter(({ name }) => name < '0008');
  await migrate({ ...poolOptions(database.connection), migrations });
  const rows = gunzipSync(readFileSync(new URL('filled.sql.gz', fixture))).toString('utf8');
  await database.run(rows);
  return database;
}

async function allEvents(storage: Storage): Promise<readonly EventRecord[]> {
  const { traces } = await storage.listTraces({ ...everyTrace, limit: 1000 });
  const events = await Promise.all(
    traces.map(({ traceId }) => storage.events(traceId, null, 1000)),
  );
  return events.flat();
}

/** All that the list of races says. */
async function racesOf(t: TestContext, storage: Storage): Promise<Reply> {
  const url = '/api/races?evidence=E0&scope=any&page_size=100';
  return (await getSettled(await testApp(t, { storage }), url)).issues;
}

/** Issues in no order, without their witnesses and some more members. */
function byFingerprint(issues: readonly Reply[], but: readonly string[] = []): object {
  const hidden = ['witnesses', ...but];
  return Object.fromEntries(
    issues.map((issue) => [
      issue.fingerprint,
      Object.fromEntries(Object.entries(issue).filter(([name]) => !hidden.includes(name))),
    ]),
  );
}

test('a database of the version before lists the same races, in the order of the rule of today', async (t) => {
  const database = await restored(t);
  const options = { ...poolOptions(database.connection), autoMigrate: true };
  const storage = await openPostgresStorage(options);
  assert.equal(await storage.derived.backlog(1), 0, 'nothing is analysed anew');
  const events = await allEvents(storage);
  const migrated = await racesOf(t, storage);

  const before: Reply[] = JSON.parse(readFileSync(new URL('issues.json', fixture), 'utf8'));
  assert.deepEqual(byFingerprint(migrated), byFingerprint(before));
  const ranks = await database.run(
    'SELECT fingerprint, coalesce(best_rank, possible_rank) AS rank FROM issues',
  );
  const rankOf = new Map(ranks.map(({ fingerprint, rank }) => [fingerprint, rank as number]));
  const ranked: readonly Ranked[] = migrated.map(({ fingerprint, last_seen }: Reply) => ({
    rank: rankOf.get(fingerprint),
    lastNs: last_seen === null ? null : parseTimestamp(last_seen),
    fingerprint,
  }));
  assert.deepEqual(ranked, [...ranked].sort(compareRanked));
  assert.deepEqual(
    migrated.slice(0, 9).map(({ evidence, pattern }: Reply) => `${evidence} ${pattern}`),
    [
      ...Array.from({ length: 5 }, () => 'E3 lost_update'),
      ...['E4 dirty_read', 'E4 dirty_read', 'E3 dirty_read', 'E4 write_skew'],
    ],
    'proven is proven',
  );

  // Whoever analyses the same events today finds the same, and sees more of it: of an issue that one
  // trace has several times all are looked at now for when it was seen.
  const known = (issues: readonly Reply[]) => byFingerprint(issues, ['first_seen', 'last_seen']);
  for (const backend of backends) {
    const fresh = await backend.open();
    await fresh.append(keyless(events), 1_800_000_000_000_000_000n);
    assert.deepEqual(known(migrated), known(await racesOf(t, fresh)), backend.name);
  }
});

test('what was ranked by the version before is stored as an analysis of today would store it', async (t) => {
  const database = await restored(t);
  const options = { ...poolOptions(database.connection), autoMigrate: true };
  const storage = await openPostgresStorage(options);
  const stored = () =>
    database.run(`
      SELECT
        trace_id, fingerprint, is_across, findings.rank, evidence, pattern, possible_rank,
        possible_pattern, best_rank, best_evidence, best_pattern
      FROM issues LEFT JOIN findings USING (fingerprint)
      ORDER BY fingerprint, trace_id, is_across`);
  const migrated = await stored();
  assert.ok(new Set(migrated.map(({ rank }) => rank)).size >= 12, 'many kinds of findings');
  const events = await allEvents(storage);
  await storage.eraseTraces([...new Set(events.map(({ traceId }) => traceId))]);
  assert.deepEqual(await stored(), []);
  await storage.append(keyless(events), 1_800_000_000_000_000_000n);
  await racesOf(t, storage);
  assert.deepEqual(await stored(), migrated);
});

test('a server of the version before cannot store its ranks after the migration', async (t) => {
  const database = await restored(t);
  await migrate(poolOptions(database.connection));
  await assert.rejects(database.run('UPDATE findings SET rank = 1010'), /findings_rank/);
  await assert.rejects(database.run('UPDATE issues SET possible_rank = 4411'), /issues_rank/);
});

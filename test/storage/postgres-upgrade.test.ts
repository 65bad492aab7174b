/** Databases that earlier versions filled. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import type { EventRecord } from '../../src/domain/event/event.ts';
import type { Locking, ValueEffect } from '../../src/domain/findings/finding.ts';
import {
  compareRanked,
  type Ranked,
  type RankedTraits,
  rankOf,
} from '../../src/domain/findings/ranking.ts';
import { parseTimestamp } from '../../src/domain/timestamp.ts';
import { everyTrace } from '../../src/domain/trace/trace-query.ts';
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

/** What keeps an issue the same over versions. */
function namesOf(issues: readonly Reply[]): readonly string[] {
  return issues.map(({ fingerprint, severity }) => `${fingerprint} ${severity}`).sort();
}

test('a database of the version before lists the same races once it is analysed anew', async (t) => {
  const database = await restored(t);
  const options = { ...poolOptions(database.connection), autoMigrate: true };
  const storage = await openPostgresStorage(options);
  const events = await allEvents(storage);
  const migrated = await racesOf(t, storage);

  const before: Reply[] = JSON.parse(readFileSync(new URL('issues.json', fixture), 'utf8'));
  // What acts say is said once: reads and writes of the same two operations are no issues beside them.
  const isTold = ({ pattern }: Reply) => pattern === 'write_write' || pattern === 'read_write';
  const names = new Set(namesOf(migrated));
  assert.deepEqual(
    namesOf(before.filter((issue) => !isTold(issue))).filter((name) => !names.has(name)),
    [],
  );
  assert.deepEqual(
    namesOf(migrated).filter((name) => !namesOf(before).includes(name)),
    [],
    'no fingerprint changed',
  );
  const ranks = await database.run(
    'SELECT left(fingerprint, 16) AS fingerprint, coalesce(best_rank, possible_rank) AS rank FROM issues',
  );
  const rankByName = new Map(ranks.map(({ fingerprint, rank }) => [fingerprint, rank as number]));
  const ranked: readonly Ranked[] = migrated.map(({ fingerprint, last_seen }: Reply) => ({
    rank: rankByName.get(fingerprint),
    lastNs: last_seen === null ? null : parseTimestamp(last_seen),
    fingerprint,
  }));
  assert.deepEqual(ranked, [...ranked].sort(compareRanked));

  // Whoever stores the same events today finds the same.
  for (const backend of backends) {
    const fresh = await backend.open();
    await fresh.append(keyless(events), 1_800_000_000_000_000_000n);
    assert.deepEqual(await racesOf(t, fresh), migrated, backend.name);
  }
});

const lockings: readonly Locking[] = ['inconsistent', 'none', 'reader_only'];
const valueEffects: readonly ValueEffect[] = ['different', 'unknown', 'same'];

test('the ranks that the version before stored are converted, and not stored any more', async (t) => {
  const database = await restored(t);
  const migrations = readMigrations().filter(({ name }) => name < '0009');
  await migrate({ ...poolOptions(database.connection), migrations });
  const rows = await database.run(
    'SELECT DISTINCT is_critical, rank, evidence, pattern, scope FROM findings JOIN issues USING (fingerprint)',
  );
  assert.ok(new Set(rows.map(({ rank }) => rank)).size >= 12, 'many kinds of findings');
  for (const { is_critical, rank, evidence, pattern, scope } of rows) {
    const traits = { evidence, pattern, scope } as Pick<
      RankedTraits,
      'evidence' | 'pattern' | 'scope'
    >;
    const severity = is_critical === true ? 'CRITICAL' : 'WARNING';
    const possible = lockings.flatMap((locking) =>
      valueEffects.map((valueEffect) => rankOf({ ...traits, severity, locking, valueEffect })),
    );
    assert.ok(possible.includes(rank as number), JSON.stringify({ rank, ...traits }));
  }
  await assert.rejects(database.run('UPDATE findings SET rank = 1010'), /findings_rank/);
  await assert.rejects(database.run('UPDATE issues SET possible_rank = 4411'), /issues_rank/);
});

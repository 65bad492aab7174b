/** What a program of an earlier version writes beside this one, while a new version is rolled out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { keyless, records, wireEvent } from '../support/events.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';
import { analyse, compare, finding, subject } from './derived/records.ts';

const x = subject('x');
const author = { by: 'ann', atMs: 2000 };

test('a pin outlives what a program that knows no pins says of its issue', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  t.after(() => storage.close());
  const events = ['a', 'b'].map((trace) => wireEvent({ trace }));
  await storage.append(keyless(records(events)), 1_000_000_000n);
  await analyse(storage, { b: { findings: [finding(x, ['a', 'b'])] } });
  await compare(storage);
  const { triage } = storage.derived;
  await triage.change(x.fingerprint, { isPinned: true }, author);
  const pinned = await triage.pins();
  assert.equal(pinned.length, 1);
  await database.run(`UPDATE triage SET record = json_build_object(
      'triage', (record -> 'triage')::jsonb - 'pin' - 'regressedReleases' || '{"note": "seen"}',
      'history', record -> 'history'
    )`);
  assert.deepEqual(await triage.pins(), pinned);
  const kept = (await triage.of(x.fingerprint))?.triage;
  assert.deepEqual([kept?.note, kept?.isPinned, kept?.pin], ['seen', true, pinned[0]]);
  assert.equal((await storage.statistics()).pinned.traces, 2);
  await triage.change(x.fingerprint, { isPinned: false }, author);
  assert.deepEqual(await triage.pins(), []);
});

test('no tag stays of a trace that such a program erases', async (t) => {
  const database = await testDatabase(t);
  const storage = await openPostgresStorage({
    ...poolOptions(database.connection),
    autoMigrate: true,
  });
  t.after(() => storage.close());
  const events = ['a', 'b'].map((trace) => wireEvent({ trace }));
  await storage.append(keyless(records(events)), 1_000_000_000n);
  await database.run(
    `INSERT INTO trace_tags (trace_id, tags) VALUES ('a', '{user:ann}'), ('b', '{user:bob}')`,
  );
  await database.run(`DELETE FROM traces WHERE trace_id = 'a'`);
  assert.deepEqual(await database.run(`SELECT trace_id FROM trace_tags`), [{ trace_id: 'b' }]);
});

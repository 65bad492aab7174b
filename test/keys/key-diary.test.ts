import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { configuredKeys, digestOf } from '../../src/keys/access-key.ts';
import { KeyDiary } from '../../src/keys/key-diary.ts';
import { generateKey } from '../../src/keys/key-format.ts';
import { reportOn } from '../../src/keys/key-report.ts';
import { KeyRing } from '../../src/keys/key-ring.ts';
import { KeyUsage } from '../../src/keys/key-usage.ts';
import { openPostgresStorage } from '../../src/storage/postgres/open.ts';
import { namedKey } from '../support/keys.ts';
import { poolOptions, testDatabase } from '../support/postgres.ts';

const dayMs = 86_400_000;
const nowMs = Date.UTC(2026, 10, 25);

test('a key is warned about from 90 days of age, 14 days before its end, and for weakness', () => {
  const key = generateKey();
  const cases: [more: Parameters<typeof namedKey>[1], warnings: RegExp[]][] = [
    [{}, []],
    [{ created_at: nowMs - 90 * dayMs + 1 }, []],
    [{ created_at: nowMs - 90 * dayMs }, [/^is 90 days old; rotate it$/]],
    [{ expires_at: nowMs + 15 * dayMs }, []],
    [
      { expires_at: nowMs + 14 * dayMs },
      [/^expires in 14 days, on 2026-12-09; make its successor/],
    ],
    [{ expires_at: nowMs + 1 }, [/^expires in a day or less, on 2026-11-25/]],
    [{ created_at: 0, expires_at: nowMs }, [/^expired on 2026-11-25; remove it$/]],
    [{ created_at: 0, expires_at: nowMs + dayMs }, [/days old/, /expires in/]],
  ];
  const unused = { requests: 0, networks: 0, lastUsedAtMs: null, firstSeenAtMs: null };
  for (const [more, warnings] of cases) {
    const [accessKey] = configuredKeys({ api_keys: [], keys: [namedKey(key, more)] });
    assert.ok(accessKey);
    const report = reportOn(accessKey, unused, nowMs);
    assert.equal(report.warnings.length, warnings.length, JSON.stringify(more));
    for (const [index, warning] of warnings.entries()) {
      assert.match(report.warnings[index] ?? '', warning);
    }
  }
  const [weak] = configuredKeys({ api_keys: ['your-secret-key-here'], keys: [] });
  assert.ok(weak);
  assert.match(reportOn(weak, unused, nowMs).warnings.join(), /made of words/);
  const old = { ...unused, firstSeenAtMs: nowMs - 100 * dayMs };
  assert.match(reportOn(weak, old, nowMs).warnings.join(), /^is 100 days old/);
});

function diaryOn(t: TestContext, noteKeys: ConstructorParameters<typeof KeyDiary>[2]['noteKeys']) {
  const lines: string[] = [];
  const keys = configuredKeys({ api_keys: ['your-secret-key-here', generateKey()], keys: [] });
  const usage = new KeyUsage();
  const log = { warn: (line: unknown) => void lines.push(String(line)) };
  const diary = new KeyDiary(new KeyRing(keys, true), usage, { noteKeys }, log);
  t.after(() => diary.close());
  return { lines, keys, usage, diary };
}

test('warnings are logged at the start and once a day, without the key', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: nowMs });
  const { lines, diary } = diaryOn(t, async () => new Map());
  await diary.start();
  await diary.turn();
  t.mock.timers.tick(dayMs - 1);
  await diary.turn();
  assert.equal(lines.length, 1);
  assert.match(lines[0] ?? '', /^the key api_keys\[0\] \(SHA-256 [0-9a-f]{8}…\) is made of words/);
  t.mock.timers.tick(1);
  await diary.turn();
  assert.equal(lines.length, 2);
  assert.ok(!lines.join().includes('your-secret'));
});

test('a storage hears of all keys once, then of those that were used', async (t) => {
  const told: number[] = [];
  const { keys, usage, diary } = diaryOn(t, async (notes) => {
    told.push(notes.length);
    return new Map();
  });
  await diary.start();
  await diary.turn();
  const [, key] = keys;
  assert.ok(key);
  assert.equal(usage.note(key, '10.0.0.0/16', nowMs), true);
  assert.equal(usage.note(key, '10.0.0.0/16', nowMs + 1), false);
  assert.equal(usage.note(key, '10.1.0.0/16', nowMs + 2), true);
  await diary.turn();
  await diary.turn();
  assert.deepEqual(told, [2, 1]);
  assert.deepEqual(usage.of(key), {
    requests: 3,
    networks: 2,
    lastUsedAtMs: nowMs + 2,
    firstSeenAtMs: null,
  });
});

test('in Postgres a key is remembered from its first sight, by every process', async (t) => {
  const { connection, run } = await testDatabase(t);
  const open = () => openPostgresStorage({ ...poolOptions(connection), autoMigrate: true });
  const storages = [await open(), await open()];
  t.after(() => Promise.all(storages.map((storage) => storage.close())));
  const [first, second] = storages;
  assert.ok(first && second);
  const digest = digestOf(generateKey()).toString('hex');
  const other = digestOf(generateKey()).toString('hex');
  const note = (usedAtMs: number | null) => ({ digest, usedAtMs });
  const seen = (lastUsedAtMs: number | null) => ({ firstSeenAtMs: nowMs, lastUsedAtMs });
  assert.deepEqual([...(await first.noteKeys([note(null)], nowMs))], [[digest, seen(null)]]);
  const used = await second.noteKeys(
    [note(nowMs + 7), { digest: other, usedAtMs: null }],
    nowMs + 9,
  );
  assert.deepEqual(used.get(digest), seen(nowMs + 7));
  assert.equal(used.get(other)?.firstSeenAtMs, nowMs + 9);
  assert.deepEqual(
    (await first.noteKeys([note(nowMs + 3)], nowMs + 9)).get(digest),
    seen(nowMs + 7),
  );
  const rows = await run('SELECT digest_start FROM key_sightings');
  assert.ok(rows.every((row) => String(row['digest_start']).length === 16));
});

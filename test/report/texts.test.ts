import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { baselineText, KnownRaces, readBaselineFile } from '../../src/report/baseline-file.ts';
import { plainText } from '../../src/report/plain-text.ts';
import { type Race, readRace } from '../../src/report/race.ts';
import { sourcePlace, withLocalPlaces } from '../../src/report/source-place.ts';
import { placeText } from '../../src/report/words.ts';

test('a plain text is one line without anything active, and ordinary text stays as it is', () => {
  assert.equal(plainText('Grüße, 日本 👍🏽: a/b "c"'), 'Grüße, 日本 👍🏽: a/b "c"');
  assert.equal(plainText('\u001b[2J\n\u0000\u009b'), '\\x1b[2J\\x0a\\x00\\x9b');
  assert.equal(plainText('\u202edesrever\u200b\ud800'), '\\u{202e}desrever\\u{200b}\\u{d800}');
  assert.equal(plainText('abcdef', 4), 'abc…');
  assert.equal(plainText('abcd', 4), 'abcd');
});

test('whatever a text holds, its plain form is short, printable and itself plain', () => {
  const anything = fc.string({ unit: 'binary', maxLength: 3000 });
  fc.assert(
    fc.property(anything, fc.integer({ min: 1, max: 300 }), (text, max) => {
      const plain = plainText(text, max);
      assert.ok([...plain].length <= max);
      assert.doesNotMatch(plain, /\p{Cc}|\p{Cs}|\p{Zl}|\p{Zp}|\p{Bidi_Control}/u);
      assert.equal(plainText(plain, max), plain);
    }),
  );
});

test('a place that tells its operation is not told it again', () => {
  const place = (operation: string | null, location: string) =>
    placeText({ operation, function: null, location, service: '', accessType: '', locks: [] });
  assert.equal(place('PUT /x', 'PUT /x: UPDATE t'), 'PUT /x: UPDATE t');
  assert.equal(place('PUT /x', 'PUT /x'), 'PUT /x');
  assert.equal(place('PUT /x', 'PUT /xy: UPDATE t'), 'PUT /x, PUT /xy: UPDATE t');
  assert.equal(place('handler - /x', '/x handler - /x'), '/x handler - /x');
  assert.equal(place('handler', '/x a-handler'), 'handler, /x a-handler');
  assert.equal(place(null, 'a.ts:1'), 'a.ts:1');
});

test('locations become places of files where they are', () => {
  const cases: readonly (readonly [string, string | null])[] = [
    ['/srv/app/src/bank.js:12', 'src/bank.js 12'],
    ['file:///srv/app/src/bank.js:12:5', 'src/bank.js 12'],
    ['src/bank.js:12', 'src/bank.js 12'],
    ['./bank.py:3', 'bank.py 3'],
    ['/elsewhere/bank.js:12', null],
    ['/srv/application/bank.js:12', null],
    ['../bank.js:12', null],
    ['/srv/app/node_modules/pg/lib/client.js:9', null],
    ['POST /pay', null],
    ['http://host.example:80', null],
    ['unknown:0', null],
    ['bank.js:0', null],
    ['', null],
  ];
  for (const [location, expected] of cases) {
    const race = withLocalPlaces(raceAt(location), '/srv/app');
    const place = sourcePlace(race.places[0].location);
    assert.equal(place === null ? null : `${place.path} ${place.line}`, expected, location);
  }
});

function raceAt(location: string, changes: Record<string, string> = {}): Race {
  const site = { service: 's', location, access_type: 'Write', locks: [] };
  const issue = { fingerprint: 'f1', variable: 'db:a', pattern: 'lost_update', evidence: 'E3' };
  return readRace({ ...issue, sites: [site, site], ...changes });
}

test('a baseline knows a race again in another folder and on another line, and no other', () => {
  const here = withLocalPlaces(raceAt('/here/src/a.js:4'), '/here');
  const text = baselineText([here]);
  const known = new KnownRaces(readBaselineFile(text, 'b.json'));
  assert.ok(known.has(here));
  const moved = raceAt('/there/src/a.js:9', { fingerprint: 'f2' });
  assert.ok(known.has(withLocalPlaces(moved, '/there')));
  for (const other of [
    raceAt('src/b.js:4', { fingerprint: 'f2' }),
    raceAt('src/a.js:4', { fingerprint: 'f2', variable: 'db:b' }),
    raceAt('src/a.js:4', { fingerprint: 'f2', pattern: 'write_write' }),
  ]) {
    assert.ok(!known.has(other));
  }
  assert.equal(baselineText([]), '{\n  "version": 1,\n  "races": []\n}\n');
});

test('the order in which races were found does not show in a baseline', () => {
  const races = ['c', 'a', 'b'].map((fingerprint) => raceAt('a.js:1', { fingerprint }));
  assert.equal(baselineText(races), baselineText(races.toReversed()));
});

test('a file that is no baseline is refused with what to do', () => {
  assert.throws(
    () => readBaselineFile('{', 'b.json'),
    /b\.json is no JSON; write it with --update/,
  );
  for (const text of ['[]', '{"version":2,"races":[]}', '{"version":1,"races":[{}]}']) {
    assert.throws(() => readBaselineFile(text, 'b.json'), /b\.json is no baseline of version 1/);
  }
});

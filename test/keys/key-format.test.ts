import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { test } from 'node:test';
import fc from 'fast-check';
import { apiKeyFault } from '../../src/config/values/api-key.ts';
import { generateKey, isGeneratedKey, isMistypedKey } from '../../src/keys/key-format.ts';
import { keyWeakness } from '../../src/keys/key-strength.ts';

test('a generated key is recognised by its prefix and checksum, and never alike another', () => {
  const keys = Array.from({ length: 200 }, generateKey);
  assert.equal(new Set(keys).size, keys.length);
  for (const key of keys) {
    assert.match(key, /^rwk_[0-9A-Za-z]{36}$/);
    assert.deepEqual([isGeneratedKey(key), isMistypedKey(key)], [true, false]);
    assert.equal(apiKeyFault(key), null);
  }
});

test('one wrong, lost, doubled or swapped character makes a mistyped key', () => {
  const places = fc.integer({ min: 4, max: 39 });
  const characters = fc.constantFrom(...'0123456789ABCxyz_- ');
  fc.assert(
    fc.property(places, characters, (place, character) => {
      const key = generateKey();
      const [before, at, after] = [key.slice(0, place), key.charAt(place), key.slice(place + 1)];
      const damaged = [before + character + after, before + after, before + at + at + after];
      if (after !== '') damaged.push(before + after.charAt(0) + at + after.slice(1));
      for (const text of damaged) {
        assert.equal(isMistypedKey(text), text !== key, `${key} ${text}`);
      }
    }),
    { numRuns: 200 },
  );
  for (const text of ['', 'rwk-0123456789', 'ghp_0123', randomUUID()]) {
    assert.deepEqual([isGeneratedKey(text), isMistypedKey(text)], [false, false]);
  }
});

test('what generators make is strong: openssl rand -hex 32, uuidgen, base64, keygen', () => {
  for (let count = 0; count < 1000; count += 1) {
    const strong = [
      randomBytes(32).toString('hex'),
      randomBytes(32).toString('hex').toUpperCase(),
      randomUUID(),
      randomUUID().toUpperCase(),
      randomBytes(24).toString('base64'),
      randomBytes(16).toString('hex'),
      generateKey(),
    ];
    for (const key of strong) assert.equal(keyWeakness(key), null, key);
  }
});

test('short, repeated and sample keys are weak, and the reason does not repeat them', () => {
  const weak: readonly (readonly [key: string, reason: RegExp])[] = [
    ['your-secret-key-here', /words/],
    ['my-very-long-password-for-raceway-production', /words/],
    ['changeme-changeme-changeme-changeme', /words/],
    ['0123456789abcdef', /repeats/],
    ['4f1c0f9a6f7b4d0c', /at most 64 random bits/],
    ['9182736450918264', /at most 53 random bits/],
    ['qkzjhwmxvbpltrgd', /at most 75 random bits/],
    ['a'.repeat(64), /repeats/],
    ['4f1c0f9a6f7b4d0c'.repeat(4), /repeats/],
    ['abcdefghijklmnopqrstuvwxyz012345', /repeats/],
    [`${generateKey().slice(0, -1)}_`, /mistyped/],
  ];
  for (const [key, reason] of weak) {
    assert.match(keyWeakness(key) ?? '', reason, key);
    assert.ok(!keyWeakness(key)?.includes(key));
  }
});

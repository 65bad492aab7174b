import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ExactNumber } from '../../src/domain/json.ts';
import { limits } from '../../src/domain/limits.ts';
import { tagsOfTrace } from '../../src/domain/trace/trace-tags.ts';

const tagged = (tags: Readonly<Record<string, unknown>> | null) => ({ tags });

test('each tag stands once, as people write it', () => {
  const proto = JSON.parse('{"__proto__": "x"}') as Record<string, unknown>;
  const events = [
    tagged(null),
    tagged({ user: '42', count: 42, big: new ExactNumber('12345678901234567890123') }),
    tagged({ user: '42', on: true, list: [1, { a: null }], none: null, url: 'http://x:1' }),
    tagged(proto),
  ];
  assert.deepEqual(tagsOfTrace(events), [
    '__proto__:x',
    'big:12345678901234567890123',
    'count:42',
    'list:[1,{"a":null}]',
    'on:true',
    'url:http://x:1',
    'user:42',
  ]);
});

test('what nobody can ask for is left out', () => {
  const fits = 'v'.repeat(limits.tagCharacters - 2);
  const events = [tagged({ '': 'x', 'a:b': 'c', l: `${fits}v`, k: fits })];
  assert.deepEqual(tagsOfTrace(events), [`k:${fits}`]);
});

test('of too many those of the most events stay, whatever their order', () => {
  const many = Array.from({ length: 300 }, (_, number) => tagged({ request: String(number) }));
  const shared = tagged({ tenant: 'z' });
  const events = [...many, shared, shared];
  const kept = tagsOfTrace(events);
  assert.equal(kept.length, limits.tagCount);
  assert.ok(kept.includes('tenant:z'));
  assert.ok(kept.includes('request:0') && !kept.includes('request:99'));
  assert.deepEqual(tagsOfTrace(events.toReversed()), kept);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TraceEvent } from '../../src/domain/event/event.ts';
import { releaseOf } from '../../src/domain/event/release.ts';
import { releasesIn, releaseText } from '../../src/domain/findings/seen-release.ts';

const resource = { attributes: { 'service.version': '2.0' } };

function event(tags: object | null, more: object = {}): TraceEvent {
  return { metadata: { tags }, ...more } as unknown as TraceEvent;
}

const cases: readonly (readonly [string, TraceEvent, string | null])[] = [
  ['a tag', event({ version: '1.4' }), '1.4'],
  ['the resource of a span', event(null, { otel: { resource } }), '2.0'],
  ['a tag before the resource', event({ version: '1.4' }, { otel: { resource } }), '1.4'],
  ['nobody', event(null), null],
  ['no text', event({ version: 7 }), null],
  ['an empty tag', event({ version: '' }, { otel: { resource } }), '2.0'],
  ['a tag that is too long', event({ version: 'v'.repeat(100_000) }), null],
  [
    'the span that a step follows from',
    event({ version: '9' }, { derived: { release: '3' } }),
    '3',
  ],
];
for (const [name, from, release] of cases) {
  test(`a release is that of ${name}`, () => assert.equal(releaseOf(from), release));
}

test('releases are told once for each service, as a text for people', () => {
  const events = [
    { service: 'web', release: '1' },
    { service: 'web', release: '1' },
    { service: 'shop', release: '7' },
  ];
  const seen = releasesIn(JSON.stringify({ events }));
  assert.deepEqual(seen, [events[0], events[2]]);
  assert.deepEqual(
    [releaseText(seen), releaseText(seen.slice(1)), releaseText([])],
    ['web 1, shop 7', '7', ''],
  );
  assert.deepEqual(releasesIn('{"events":[{"service":"web"}]}'), []);
});

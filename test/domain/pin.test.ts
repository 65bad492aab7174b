import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PinOffer, pinFor, pinTotals, pinWithout } from '../../src/domain/findings/pin.ts';

const room = { traces: 3, bytes: 100 };

function offer(part: Partial<PinOffer>): PinOffer {
  return {
    witnesses: [],
    sizes: new Map([
      ['a', 40],
      ['b', 40],
      ['c', 30],
      ['d', 10],
    ]),
    others: [],
    room,
    ...part,
  };
}

const pinned = (...ids: readonly string[]) => ({
  traces: ids.map((traceId) => ({ traceId, bytes: traceId === 'c' ? 30 : 40 })),
  leftOut: 0,
});

const cases: readonly (readonly [
  name: string,
  offer: PinOffer,
  ids: readonly string[],
  leftOut: number,
])[] = [
  ['all that fits', offer({ witnesses: [['a', 'b'], ['b']] }), ['a', 'b'], 0],
  ['whole witnesses, best first', offer({ witnesses: [['a'], ['b', 'c'], ['d']] }), ['a'], 3],
  [
    'no more traces than there is room for',
    offer({ witnesses: [['d'], ['c'], ['a'], ['b']] }),
    ['d', 'c', 'a'],
    1,
  ],
  [
    'what others hold for nothing',
    offer({ witnesses: [['a', 'b', 'd']], others: [pinned('a', 'b')] }),
    ['a', 'b', 'd'],
    0,
  ],
  ['witnesses whose traces are stored', offer({ witnesses: [['gone', 'a'], ['d']] }), ['d'], 2],
];
for (const [name, given, ids, leftOut] of cases) {
  test(`a pin takes ${name}`, () => {
    const pin = pinFor(given);
    assert.ok(typeof pin !== 'string', String(pin));
    assert.deepEqual([pin.traces.map(({ traceId }) => traceId), pin.leftOut], [ids, leftOut]);
  });
}

test('a pin for which there is no room says what takes it', () => {
  const full = offer({ witnesses: [['a', 'b']], others: [pinned('c')] });
  assert.equal(
    pinFor(full),
    'pinned: there is no room for the traces of its best witness: 3 traces and 1 KiB may be kept ' +
      'for pins, and 1 traces and 1 KiB are; unpin another race first, or export these traces',
  );
  assert.match(String(pinFor(offer({ witnesses: [['gone']] }))), /no stored trace shows this race/);
});

test('pins hold each trace once, and lose what is erased', () => {
  assert.deepEqual(pinTotals([pinned('a', 'c'), pinned('c')]), { traces: 2, bytes: 70 });
  assert.deepEqual(pinWithout(pinned('a', 'c'), new Set(['c'])), pinned('a'));
  assert.equal(pinWithout(pinned('c'), new Set(['c'])), null);
});

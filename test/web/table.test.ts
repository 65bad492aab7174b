/** Rows of lists: in another order, still while somebody is at them, and as text; and ranges of time. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { absoluteAddress, rangeText, sinceOf } from '../../web/src/model/since.ts';
import { held, inOrder, textRows } from '../../web/src/model/table-rows.ts';

interface Row {
  readonly name: string;
  readonly took: number;
}

const columns = [
  { name: 'Name', text: ({ name }: Row) => name },
  { name: 'Took', unit: 'ms', text: ({ took }: Row) => took },
] as const;
const rows: readonly Row[] = [
  { name: 'b', took: 10 },
  { name: 'a', took: 9 },
  { name: '__proto__', took: 9 },
];
const names = (list: readonly Row[]) => list.map(({ name }) => name);

test('a column orders rows by what it tells, numbers as numbers, what is alike as it was', () => {
  assert.deepEqual(names(inOrder(columns, rows, { name: 'Took', isDown: false })), [
    ...['a', '__proto__', 'b'],
  ]);
  assert.deepEqual(names(inOrder(columns, rows, { name: 'Took', isDown: true })), [
    ...['b', 'a', '__proto__'],
  ]);
  assert.deepEqual(names(inOrder(columns, rows, { name: 'Name', isDown: false })), [
    ...['__proto__', 'a', 'b'],
  ]);
  assert.equal(inOrder(columns, rows, null), rows);
  assert.equal(inOrder(columns, rows, { name: 'Gone', isDown: true }), rows);
});

test('rows leave the page with the units of their numbers', () => {
  assert.deepEqual(textRows(columns, rows.slice(0, 1)), [
    ['Name', 'Took (ms)'],
    ['b', '10'],
  ]);
});

test('held rows stay in their places, know what changed, and count what is new', () => {
  const keyOf = ({ name }: Row) => name;
  const now = [{ name: 'new', took: 1 }, { name: 'a', took: 7 }, ...rows.slice(0, 1)];
  const found = held(rows, now, keyOf);
  assert.deepEqual(
    found.rows.map(({ name, took }) => [name, took]),
    [
      ['b', 10],
      ['a', 7],
      ['__proto__', 9],
    ],
  );
  assert.equal(found.newer, 1);
  assert.ok(found.isMoved);
  assert.ok(!held(rows, rows.toReversed().toReversed(), keyOf).isMoved);
  assert.ok(held(rows, rows.toReversed(), keyOf).isMoved);
  assert.deepEqual(held([], now, keyOf), { rows: [], newer: 3, isMoved: true });
});

test('a range is said in words, and a link of it shows the same tomorrow', () => {
  const clockOf = (time: string) => time.slice(11, 16);
  const [from, to] = ['2026-01-01T10:00:00Z', '2026-01-01T12:30:00Z'];
  assert.equal(rangeText(null, null, clockOf), 'All time');
  assert.equal(rangeText('-6h', null, clockOf), 'Last 6 hours');
  assert.equal(rangeText('-3h', null, clockOf), 'Last 3h');
  assert.equal(rangeText(from, null, clockOf), 'Since 10:00');
  assert.equal(rangeText(null, to, clockOf), 'Until 12:30');
  assert.equal(rangeText(from, to, clockOf), '10:00 – 12:30');
  const now = Date.parse(to);
  assert.equal(
    absoluteAddress('http://h/p/races?since=-1h&q=%C3%BC', now),
    `http://h/p/races?since=${encodeURIComponent('2026-01-01T11:30:00.000Z')}&q=%C3%BC`,
  );
  for (const address of ['http://h/?since=nonsense', `http://h/?until=${encodeURIComponent(to)}`]) {
    assert.equal(absoluteAddress(address, now), address);
  }
  assert.equal(sinceOf('-1w', now), null);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareTraces } from '../../src/report/comparison.ts';
import type { TraceRow } from '../../src/report/trace-rows.ts';
import { durationText, fittedText, textWidth } from '../../src/report/units.ts';
import { waterfallLines } from '../../src/report/waterfall.ts';

test('durations have three digits and a unit', () => {
  const expected: [number, string][] = [
    [0, '0 µs'],
    [12.34, '12.3 µs'],
    [999.4, '999 µs'],
    [999.6, '1.00 ms'],
    [13_228, '13.2 ms'],
    [2_500_000, '2.50 s'],
    [180_000_000, '3 min'],
  ];
  for (const [microseconds, text] of expected) assert.equal(durationText(microseconds), text);
});

test('a fitted text takes exactly its columns, whatever it is made of', () => {
  assert.equal(textWidth('日本'), 4);
  assert.equal(textWidth('e\u0301'), 1);
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 40 }),
      fc.integer({ min: 2, max: 50 }),
      (text, width) => {
        assert.equal(textWidth(fittedText(text, width)), width);
      },
    ),
  );
});

const row: TraceRow = {
  ...{
    startUs: 0,
    tookUs: null,
    depth: 0,
    kind: 'FunctionCall',
    service: 's',
    name: 'f',
    place: '',
  },
  ...{ value: null, isError: false, isRacing: false, isCritical: false },
  ...{ isRead: false, isWrite: false, isLock: false },
};

test('every line of a waterfall fits its terminal', () => {
  const rows = fc.array(
    fc.record({
      startUs: fc.integer({ min: 0, max: 1e9 }),
      tookUs: fc.option(fc.integer({ min: 0, max: 1e9 })),
      depth: fc.integer({ min: 0, max: 100 }),
      name: fc.string({ maxLength: 200 }),
    }),
    { maxLength: 20 },
  );
  fc.assert(
    fc.property(rows, fc.integer({ min: 60, max: 200 }), (some, width) => {
      for (const { text } of waterfallLines(
        some.map((one) => ({ ...row, ...one })),
        width,
      )) {
        assert.ok(textWidth(text) <= width, `${textWidth(text)} of ${width}: ${text}`);
      }
    }),
  );
});

test('steps are matched by the nth of a name; ids in names do not part them', () => {
  const named = (...names: string[]) =>
    names.map(
      (name): TraceRow => ({
        ...row,
        name,
        kind: name.includes(' /') ? 'HttpRequest' : 'FunctionCall',
      }),
    );
  const steps = compareTraces(named('GET /a/1', 'load', 'load'), named('load', 'GET /a/2', 'save'));
  assert.deepEqual(
    steps.map(({ name, one, other }) => [name, one !== null, other !== null]),
    [
      ['GET /a/*', true, true],
      ['load', true, true],
      ['load', true, false],
      ['save', false, true],
    ],
  );
});

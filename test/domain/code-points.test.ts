import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { compareCodePoints, firstBehind } from '../../src/domain/code-points.ts';

test('texts are in the order of their bytes', () => {
  const text = fc.string({
    unit: fc.constantFrom(
      'a',
      'b',
      '\u007f',
      'é',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '😀',
      '\u{10ffff}',
    ),
    maxLength: 4,
  });
  fc.assert(
    fc.property(text, text, (a, b) => {
      const bytes = Buffer.compare(Buffer.from(a), Buffer.from(b));
      assert.equal(Math.sign(compareCodePoints(a, b)), bytes);
    }),
  );
});

test('the text behind a prefix ends what begins with it', () => {
  assert.equal(firstBehind('ab'), 'ac');
  assert.equal(firstBehind('a\ud7ff'), 'a\ue000');
  assert.equal(firstBehind('😀'), '😁');
  assert.equal(firstBehind('a\u{10ffff}\u{10ffff}'), 'b');
  assert.equal(firstBehind('\u{10ffff}'), null);
  assert.equal(firstBehind(''), null);
});

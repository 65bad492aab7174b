import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesOfInterned, Interned } from '../../src/storage/memory/bytes/interned.ts';

test('a value has one number for as long as it is used', () => {
  const texts = new Interned<string>();
  const first = texts.use('first', 'first');
  const second = texts.use('second', 'second');
  assert.notEqual(first, second);
  assert.equal(texts.use('first', 'first'), first);
  assert.equal(texts.bytes, bytesOfInterned(5) + bytesOfInterned(6));
  texts.release(first);
  assert.equal(texts.use('first', 'first'), first, 'one use was left');
  texts.release(first);
  texts.release(first);
  assert.equal(texts.bytes, bytesOfInterned(6));
  assert.equal(texts.use('third', 'third'), first, 'the number is given to others');
});

test('a test looks at each value once, and at none that is forgotten', () => {
  const texts = new Interned<string>();
  const numbers = ['ab', 'b', 'ac'].map((text) => texts.use(text, text));
  texts.release(numbers[2] as number);
  const looked: string[] = [];
  const passes = texts.passing((text) => {
    looked.push(text);
    return text.startsWith('a');
  });
  const found = [...numbers, ...numbers].filter((number) => passes(number));
  assert.deepEqual(found, [numbers[0], numbers[0]]);
  assert.deepEqual(looked, ['ab', 'b']);
});

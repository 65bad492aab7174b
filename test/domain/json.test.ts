import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ExactNumber,
  findViolation,
  hasMoreValues,
  JsonSyntaxError,
  parseJson,
  stringifyJson,
} from '../../src/domain/json.ts';
import { limits } from '../../src/domain/limits.ts';

function roundTrip(text: string): string {
  const { value, unusual } = parseJson(text);
  return stringifyJson(value, unusual);
}

test('numbers that a double would change keep their text', () => {
  for (const text of [
    '12345678901234567890',
    '-9223372036854775808',
    '-0',
    '1e5',
    '0.1234567890123456789',
    '[-0.0,1]',
    '{"a":[9007199254740993]}',
  ]) {
    assert.equal(roundTrip(text), text);
  }
});

test('short numbers are plain numbers in both parsers', () => {
  const { value } = parseJson('[1, 0.5, -12.25, 123456789012345, 12345678901234567890]');
  assert.deepEqual(value, [
    1,
    0.5,
    -12.25,
    123456789012345,
    new ExactNumber('12345678901234567890'),
  ]);
});

test('of a repeated member the last wins, and __proto__ is a member like any other', () => {
  assert.equal(roundTrip('{"a":1,"__proto__":{"x":2},"a":3}'), '{"a":3,"__proto__":{"x":2}}');
  assert.equal(roundTrip('{"a":1,"__proto__":{"x":-0},"a":3}'), '{"a":3,"__proto__":{"x":-0}}');
});

test('broken texts are refused with the place', () => {
  for (const [text, message] of [
    ['', /a value, but the text ends at line 1, column 1/],
    ['{"a":1,\n "b" 2}', /":", but something else stands at line 2, column 6/],
    ['[1,2', /"," or "\]", but the text ends at line 1, column 5/],
    ['[1]]', /the end of the text.*column 4/],
    ['{a:1}', /member name in double quotes/],
    ['"\\x"', /well-formed string/],
    ['"\u0001"', /well-formed string/],
    ['01', /the end of the text/],
    ['[1,]', /a value/],
    ['nul', /a value/],
  ] as const) {
    assert.throws(
      () => parseJson(text),
      (error: Error) => {
        assert.ok(error instanceof JsonSyntaxError, text);
        assert.match(error.message, message);
        return true;
      },
    );
  }
});

test('whatever JSON.stringify writes is read back, with the careful parser too', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);
      assert.deepEqual(JSON.parse(roundTrip(text)), JSON.parse(text));
      const careful = roundTrip(`[-0, ${text}]`);
      assert.deepEqual(JSON.parse(careful)[1], JSON.parse(text));
    }),
    { numRuns: 1000 },
  );
});

test('deep nesting is read without recursion and found', () => {
  for (const start of ['', '-0,']) {
    const { value, unusual } = parseJson(`[${start}${'['.repeat(100_000)}${']'.repeat(100_000)}]`);
    assert.match(findViolation(value, unusual, limits)?.message ?? '', /more than 64 levels/);
  }
  const { value, unusual } = parseJson(`${'['.repeat(64)}${']'.repeat(64)}`);
  assert.equal(findViolation(value, unusual, limits), null);
});

test('what storage could not keep is found, with its path', () => {
  for (const [text, path, message] of [
    ['{"a":["x","\\u0000"]}', ['a', 1], /NUL/],
    ['{"a":"\\ud800"}', ['a'], /lone surrogate/],
    ['{"a\\u0000":1}', [], /member name that holds a NUL/],
    [`{"n":${'9'.repeat(41)}}`, ['n'], /more than 40 digits/],
    ['{"n":1e309}', ['n'], /exponent beyond/],
  ] as const) {
    const { value, unusual } = parseJson(text);
    const violation = findViolation(value, unusual, limits);
    assert.deepEqual(violation?.path, path);
    assert.match(violation?.message ?? '', message);
  }
  const fine = parseJson('{"a":"\\ud83d\\ude00","n":1e308}');
  assert.equal(findViolation(fine.value, fine.unusual, limits), null);
});

test('a string of many escapes does not exhaust the parser', () => {
  const text = `[-0,"${'\\n'.repeat(2_000_000)}"]`;
  const { value } = parseJson(text);
  assert.equal((value as string[])[1]?.length, 2_000_000);
});

test('values are counted outside of strings only', () => {
  for (const [text, count] of [
    ['[1,2,3]', 3],
    ['{"a":[[],{}],"b":"x"}', 6],
    ['["a,b[{","\\"[[",",\\\\",[]]', 5],
    ['"[[[[[[[[', 0],
    ['["\\\\\\"[[["]', 1],
  ] as const) {
    assert.equal(hasMoreValues(text, count), false, text);
    if (count > 0) assert.equal(hasMoreValues(text, count - 1), true, text);
  }
});

import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { BodyTurns } from '../../../src/http/front/body-turns.ts';
import { httpLimits } from '../../../src/http/limits.ts';

const large = httpLimits.smallBodyBytes + 1;

test('bodies that take long have turns of their own, large ones behind small ones', async () => {
  let nowMs = 0;
  const turns = new BodyTurns(() => nowMs);
  let turn = 0;
  const done: string[] = [];
  const work = (name: string, bytes: number, ms: number) =>
    turns.work(bytes, () => {
      nowMs += ms;
      done.push(`${name} ${turn}`);
    });
  const long = httpLimits.bodyMsPerTurn + 1;
  work('first', large, long);
  work('large', large, long);
  work('larger', large, long);
  work('small', 100, 0);
  work('slow', 100, long);
  while (done.length < 5) {
    await new Promise(setImmediate);
    turn += 1;
  }
  const names = done.map((text) => text.split(' ')[0]);
  assert.deepEqual(names, ['first', 'small', 'slow', 'large', 'larger']);
  const [first, , slow, second, third] = done.map((text) => Number(text.split(' ')[1]));
  assert.equal(first, 0);
  // One large body at least gets on in each turn, whatever small ones take.
  assert.equal(second, slow);
  assert.ok(Number(third) > Number(second));
});

test('a turn reads so much of large bodies, and the others go on in the next', async () => {
  const turns = new BodyTurns();
  const part = Buffer.alloc(64 * 1024);
  const partsPerTurn = httpLimits.largeBytesPerTurn / part.length;
  const bodies = Array.from({ length: 3 * partsPerTurn }, () => {
    const body = new PassThrough({ highWaterMark: 2 * part.length });
    body.on('data', (bytes: Buffer) => turns.read(body, bytes.length));
    return body;
  });
  for (const body of bodies) body.write(part);
  for (let turn = 0; bodies.some((body) => turns.isResting(body)); turn += 1) {
    assert.ok(turn < 10, 'each goes on at last');
    await new Promise(setImmediate);
  }
  const refused = new PassThrough();
  turns.discard(refused);
  for (let count = 0; count < 4 * partsPerTurn; count += 1) refused.write(part);
  refused.end();
  let isOver = false;
  refused.once('end', () => {
    isOver = true;
  });
  let turn = 0;
  for (; !isOver; turn += 1) await new Promise(setImmediate);
  assert.ok(turn >= 3, `${turn} turns`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReplyRoom } from '../../../src/http/front/reply-room.ts';

test('a reply waits for room, in the order of asking, and is refused when that takes long', async () => {
  const room = new ReplyRoom(100, 60_000);
  const first = await room.enter(60);
  const entered: string[] = [];
  const second = room.enter(60).then((hold) => {
    entered.push('second');
    return hold;
  });
  const third = room.enter(10).then((hold) => {
    entered.push('third');
    return hold;
  });
  await new Promise(setImmediate);
  assert.deepEqual(entered, []);
  first.shrinkTo(40);
  await second;
  await new Promise(setImmediate);
  assert.deepEqual(entered, ['second']);
  first.release();
  first.release();
  await third;
  const impatient = new ReplyRoom(100, 1);
  const large = await impatient.enter(1000);
  await assert.rejects(impatient.enter(1), { code: 'overloaded' });
  large.release();
  (await impatient.enter(100)).release();
});

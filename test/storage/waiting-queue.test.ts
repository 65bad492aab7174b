import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitingQueue } from '../../src/storage/memory/derived/waiting-queue.ts';

test('a queue is walked from both ends, and forgets what waits no more', () => {
  const queue = new WaitingQueue();
  for (const [place, id] of [...'abc'].entries()) queue.add(id, place);
  queue.add('a', 9);
  assert.deepEqual([...queue.oldestFirst()].join(''), 'abc');
  assert.deepEqual([...queue.newestFirst()].join(''), 'cba');
  assert.equal(queue.oldestMs(), 0);
  queue.delete('c');
  queue.delete('a');
  assert.deepEqual([...queue.newestFirst()].join(''), 'b');
  assert.deepEqual([queue.oldestMs(), queue.sinceOf('a'), queue.size], [1, null, 1]);
  // What comes and goes for long leaves nothing behind.
  for (let time = 0; time < 5000; time += 1) {
    queue.add('x', time);
    queue.delete('x');
  }
  queue.add('x', 7);
  assert.equal(new Set(queue.newestFirst()).size, 2);
});

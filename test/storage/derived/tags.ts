import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Tag } from '../../../src/domain/trace/tag.ts';
import { everyTrace, unsearched } from '../../../src/domain/trace/trace-query.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { analyse, append, EVERYTHING, stored } from './records.ts';

const hostile = `o'"\\%_😀\u0001`;

/** What every storage must do about the tags of traces. */
export function testTags(fresh: (t: TestContext) => Promise<Storage>): void {
  test('lists and glances find traces by their tags, all of them together', async (t) => {
    const storage = await fresh(t);
    await stored(storage, {
      a: { tags: ['user:1', `${hostile}:${hostile}`, '__proto__:x:y'] },
      b: { tags: ['user:1', 'user:2'] },
      c: { tags: [] },
    });
    const withTags = async (...tags: Tag[]) => {
      const { traces, total } = await storage.listTraces({ ...everyTrace, tags });
      const glances = await storage.glances({ ...unsearched, tags }, EVERYTHING);
      assert.deepEqual(
        [total, glances.traces.length, glances.isWhole],
        [traces.length, total, true],
      );
      // With less room than there are traces they are looked up.
      const few = await storage.glances({ ...unsearched, tags }, Math.max(1, traces.length));
      assert.deepEqual([few.traces.length, few.isWhole], [total, true]);
      return traces.map(({ traceId }) => traceId).sort();
    };
    const user = (value: string): Tag => ({ key: 'user', value });
    const facet = async (key: string | null, tags: Tag[] = [], limit = EVERYTHING) => {
      const { values, leftOut, isWhole } = await storage.tagFacet(
        { ...unsearched, tags },
        key,
        limit,
      );
      return [values.map(({ value, count }) => `${value} ${count}`), leftOut, isWhole];
    };
    assert.deepEqual(await facet(null), [['user 2', '__proto__ 1', `${hostile} 1`], 0, true]);
    assert.deepEqual(await facet('user'), [['1 2', '2 1'], 0, true]);
    assert.deepEqual(await facet('user', [user('2')]), [['1 1', '2 1'], 0, true]);
    assert.deepEqual(await facet('__proto__'), [['x:y 1'], 0, true]);
    assert.deepEqual(await facet(hostile), [[`${hostile} 1`], 0, true]);
    for (const key of ['toString', 'nul\0', '']) assert.deepEqual(await facet(key), [[], 0, true]);
    // With less room than there are traces the latest are counted, or those that a name finds.
    assert.equal((await facet('user', [], 1))[2], false);
    assert.deepEqual(await facet('user', [user('2')], 1), [['1 1', '2 1'], 0, true]);
    assert.deepEqual(await withTags(user('1')), ['a', 'b']);
    assert.deepEqual(await withTags(user('1'), user('2')), ['b']);
    assert.deepEqual(await withTags({ key: hostile, value: hostile }), ['a']);
    assert.deepEqual(await withTags({ key: '__proto__', value: 'x:y' }), ['a']);
    for (const value of ['', '3', '1,user:2', '{1}', 'nul\0']) {
      assert.deepEqual(await withTags(user(value)), [], value);
      assert.deepEqual(await withTags(user('1'), user(value)), [], value);
    }
    // Beside other filters.
    const both = { ...everyTrace, tags: [user('1')], text: 'b', minEvents: 1 };
    assert.deepEqual((await storage.listTraces(both)).total, 1);
    // One goes, one comes; an erased trace is found by none, and one that takes its place has its own.
    await append(storage, 'b');
    await analyse(storage, { b: { tags: ['user:2', 'user:3'] } });
    assert.deepEqual(await withTags(user('1')), ['a']);
    assert.deepEqual(await withTags(user('3')), ['b']);
    await append(storage, 'b');
    await analyse(storage, { b: { tags: [] } });
    assert.deepEqual(await withTags(user('3')), []);
    await storage.eraseTraces(['a']);
    assert.deepEqual(await withTags(user('1')), []);
    await stored(storage, { d: { tags: ['user:4'] } });
    assert.deepEqual(await withTags(user('1')), []);
    assert.deepEqual(await withTags(user('4')), ['d']);
  });
}

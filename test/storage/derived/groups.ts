import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { DerivedStore } from '../../../src/storage/derived.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { analyse, append, compare, EVERYTHING, stored } from './records.ts';

const nothingToDo = { spans: [], traceIds: [], left: [] };

/** Traces that wait for analysis now; none of them is claimed afterwards. */
async function waiting(derived: DerivedStore): Promise<string[]> {
  const claims = await derived.claimTraces('look', EVERYTHING, null);
  await derived.releaseClaims('look');
  return claims.map(({ traceId }) => traceId).sort();
}

/** What every storage must do about spans that link traces, and groups of traces. */
export function testGroups(fresh: (t: TestContext) => Promise<Storage>): void {
  test('a span links the trace that has it and those that look for it, and none when several have it', async (t) => {
    const storage = await fresh(t);
    const { derived } = storage;
    await stored(storage, {
      '😀': { ownSpans: ['s1', '__proto__'] },
      '\uffff': { missingSpans: ['s1', 's2'] },
      "o'": { ownSpans: ['s3'], missingSpans: ['s1'] },
      b: { ownSpans: ['s3'], missingSpans: ['__proto__'] },
    });
    const linked = (traceId: string, own: readonly string[], missing: readonly string[]) =>
      derived.linkedTraces(traceId, { own, missing });
    // By code points, as every list of trace ids: the emoji comes behind U+FFFF.
    assert.deepEqual(await linked('😀', ['s1', '__proto__'], []), ['b', "o'", '\uffff']);
    assert.deepEqual(await linked('new', ['s2'], ['s1']), ['\uffff', '😀']);
    assert.deepEqual(await linked('\uffff', [], ['s1', 's2']), ['😀']);
    assert.deepEqual(await linked('b', [], ['__proto__', 'unknown', "'; --"]), ['😀']);
    assert.deepEqual(await linked('new', ['s1'], []), [], 'another has it too');
    assert.deepEqual(await linked('new', [], ['s3']), [], 'two have it');
    assert.deepEqual(await linked('b', [], ['s3']), ["o'"], 'one beside itself has it');
    assert.deepEqual(await linked('new', [], []), []);
    await storage.eraseTraces(["o'"]);
    assert.deepEqual(await linked('new', [], ['s3']), ['b']);
    await append(storage, 'b');
    await analyse(storage);
    assert.deepEqual(await linked('new', [], ['s3']), [], 'nobody has it any more');
    assert.deepEqual(await linked('😀', ['__proto__'], []), []);
  });

  test('an analysis tells which spans came and went, and whose group changed', async (t) => {
    const storage = await fresh(t);
    await append(storage, 'a', 'b', 'c');
    const span = (traceId: string, spanId: string, isMissing: boolean) => ({
      traceId,
      spanId,
      isMissing,
    });
    const first = { ownSpans: ['s2', 's1'], missingSpans: ['m'], group: ['a', 'b'] };
    assert.deepEqual(await analyse(storage, { a: first }), {
      spans: [span('a', 's1', false), span('a', 's2', false), span('a', 'm', true)],
      traceIds: ['b'],
      left: [],
    });
    await append(storage, 'a');
    assert.deepEqual(await analyse(storage, { a: first }), {
      spans: [],
      traceIds: ['b'],
      left: [],
    });
    // Analysed again as it was: nobody has to know.
    await storage.derived.regroup({ spans: [], traceIds: ['a'] });
    assert.deepEqual(await analyse(storage, { a: first }), nothingToDo);
    await append(storage, 'a');
    const second = { ownSpans: ['m', 's3'], missingSpans: ['s1'], group: ['a', 'c'] };
    assert.deepEqual(await analyse(storage, { a: second }), {
      spans: [
        span('a', 'm', false),
        span('a', 's1', false),
        span('a', 's2', false),
        span('a', 's3', false),
        span('a', 'm', true),
        span('a', 's1', true),
      ],
      traceIds: ['b', 'c'],
      left: [],
    });
  });

  test('regrouping marks the traces whose links change', async (t) => {
    const storage = await fresh(t);
    const { derived } = storage;
    await stored(storage, {
      owner: { ownSpans: ['s'] },
      seeker: { missingSpans: ['s'] },
      other: { ownSpans: ['t'] },
    });
    const marks = async (...spans: readonly (readonly [string, string, boolean])[]) => {
      await derived.regroup({
        spans: spans.map(([traceId, spanId, isMissing]) => ({ traceId, spanId, isMissing })),
        traceIds: [],
      });
      const marked = await waiting(derived);
      await analyse(storage, {
        owner: { ownSpans: ['s'] },
        seeker: { missingSpans: ['s'] },
        other: { ownSpans: ['t'] },
      });
      return marked;
    };
    assert.deepEqual(await marks(['new', 's', false]), ['owner', 'seeker']);
    assert.deepEqual(await marks(['new', 's', true]), ['owner']);
    assert.deepEqual(await marks(['owner', 's', false]), ['seeker']);
    assert.deepEqual(await marks(['seeker', 's', true], ['new', 't', true]), ['other', 'owner']);
    assert.deepEqual(await marks(['new', 'unknown', false], ['new', '__proto__', true]), []);
  });

  test('a span with two other owners concerns who is in a group or being analysed', async (t) => {
    const storage = await fresh(t);
    const { derived } = storage;
    await stored(storage, {
      a: { ownSpans: ['s'], group: ['a', 'b'] },
      b: { ownSpans: ['s'], group: ['a', 'b'] },
      c: { missingSpans: ['s'] },
      d: { missingSpans: ['s'] },
    });
    await append(storage, 'd');
    const claims = await derived.claimTraces('busy', EVERYTHING, null);
    assert.deepEqual(
      claims.map(({ traceId }) => traceId),
      ['d'],
    );
    await derived.regroup({
      spans: [{ traceId: 'new', spanId: 's', isMissing: false }],
      traceIds: [],
    });
    assert.deepEqual(await waiting(derived), ['a', 'b']);
    await derived.releaseClaims('busy');
    assert.deepEqual(await waiting(derived), ['a', 'b', 'd']);
  });

  test('an erased trace leaves its group, and those it linked are analysed again', async (t) => {
    const storage = await fresh(t);
    const { derived } = storage;
    await stored(storage, {
      gone: { ownSpans: ['s'], missingSpans: ['up'], group: ['gone', 'member'] },
      member: { group: ['gone', 'member'], cuts: [{ limit: 'race_pairs', variable: null }] },
      seeker: { missingSpans: ['s'] },
      upstream: { ownSpans: ['up'] },
      stranger: { ownSpans: ['else'] },
    });
    await storage.eraseTraces(['gone']);
    assert.deepEqual(await waiting(derived), ['member', 'seeker', 'upstream']);
    assert.deepEqual(await derived.linkedTraces('new', { own: ['up'], missing: ['s'] }), []);
    assert.equal((await derived.cuts(1)).truncatedBy, 'race_pairs');
    const left = { seeker: { missingSpans: ['s'] }, upstream: { ownSpans: ['up'] } };
    assert.deepEqual(await analyse(storage, left), nothingToDo);
    assert.equal((await derived.cuts(1)).truncatedBy, null);
    await compare(storage);
    assert.equal(await derived.backlog(EVERYTHING), 0);
  });

  test('of a whole group that is erased nothing is left to do', async (t) => {
    const storage = await fresh(t);
    await stored(storage, {
      a: { ownSpans: ['s'], group: ['a', 'b'] },
      b: { missingSpans: ['s'], group: ['a', 'b'] },
    });
    await storage.eraseTraces(['a', 'b', 'unknown']);
    assert.equal(await storage.derived.backlog(EVERYTHING), 0);
    await append(storage, 'a');
    assert.deepEqual(await analyse(storage, { a: {} }), nothingToDo);
  });
}

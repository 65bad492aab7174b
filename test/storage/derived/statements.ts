import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { FootprintAccess, StatementFacts } from '../../../src/domain/findings/footprint.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { analyse, append, footprint, stored } from './records.ts';

const EMAIL = 'db:shop.users[email~?].exists';

function access(order: number, statement: StatementFacts): FootprintAccess {
  return {
    eventId: `e${order}`,
    timestampNs: '1700000000000000009',
    timestamp: '2023-11-14T22:13:20.000000009Z',
    thread: 'span 0011',
    signature: 0,
    order,
    oldValue: null,
    newValue: order === 0 ? 'false' : null,
    statement,
  };
}

/** What every storage must do about what follows from statements. */
export function testStatements(fresh: (t: TestContext) => Promise<Storage>): void {
  test('facts of statements come back as they were, those of a refused insert among them', async (t) => {
    const storage = await fresh(t);
    const fromNs = '1700000000000000001';
    const accesses = [
      access(0, { fromNs, hint: null }),
      access(1, { fromNs, hint: null, isRefused: true, refusedFromNs: fromNs }),
      access(2, { fromNs, hint: '1/__proto__\'; -- 😀"', isUse: true, seenFromNs: fromNs }),
      access(3, { fromNs, hint: '', branch: { name: 'a/b:c', untilNs: fromNs, message: 'm' } }),
      access(4, { fromNs, hint: null, branch: { name: '', untilNs: fromNs, message: null } }),
    ];
    const kept = footprint('a', EMAIL, 1n, { accesses });
    await stored(storage, { a: { footprints: [kept] } });
    assert.deepEqual(await storage.derived.footprints(['a']), [kept]);
  });

  test('an analysis tells where its trace is not found any more', async (t) => {
    const storage = await fresh(t);
    await append(storage, 'a', 'b');
    const at = (variable: string, from: bigint, to: bigint) =>
      footprint('a', variable, from, { lastNs: String(to) });
    const other = footprint('b', 'x', 1n);
    const first = [at('w', 1n, 9n), at('x', 5n, 9n), at('y', 5n, 9n), at('z', 5n, 9n)];
    const { left } = await analyse(storage, {
      a: { footprints: first },
      b: { footprints: [other] },
    });
    assert.deepEqual(left, []);
    await append(storage, 'a', 'b');
    const second = [at('v', 1n, 9n), at('x', 4n, 9n), at('y', 5n, 8n), at('z', 6n, 12n)];
    const again = await analyse(storage, {
      a: { footprints: second },
      b: { footprints: [other] },
    });
    const place = (variable: string, firstNs: bigint) => ({
      traceId: 'a',
      variable,
      firstNs,
      lastNs: 9n,
      isTransaction: false,
    });
    assert.deepEqual(again.left, [place('w', 1n), place('y', 5n), place('z', 5n)]);
  });
}

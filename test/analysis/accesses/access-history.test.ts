import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessHistory } from '../../../src/analysis/accesses/access-history.ts';
import type {
  Footprint,
  FootprintAccess,
  LockMode,
} from '../../../src/domain/findings/footprint.ts';
import { footprint } from '../../storage/derived/records.ts';

/** What a trace did to a variable at some moments, under one lock or none. */
function visit(
  traceId: string,
  times: readonly number[],
  lock: LockMode | null = null,
  group: readonly string[] = [traceId],
): Footprint {
  const crossLocks = lock === null ? [] : [{ name: '["l"]', mode: lock }];
  const one = footprint(traceId, 'x', 0n, { group }, [{ crossLocks }]);
  const [sample] = one.accesses as [FootprintAccess];
  return {
    ...one,
    firstNs: String(Math.min(...times)),
    lastNs: String(Math.max(...times)),
    accesses: times.map((at, order) => ({ ...sample, timestampNs: String(at), order })),
  };
}

function told(...footprints: readonly Footprint[]): string {
  const history = accessHistory(footprints);
  assert.deepEqual(accessHistory(footprints.toReversed()), history);
  return history.map(({ traceId, order }) => `${traceId} ${order ?? '-'}`).join(', ');
}

test('what orders an access after the one before it', () => {
  assert.equal(told(), '');
  assert.equal(told(visit('a', [1, 2])), 'a -, a same_trace');
  assert.equal(told(visit('a', [1, 4]), visit('b', [2])), 'a -, b none, a none');
  assert.equal(told(visit('a', [1, 2]), visit('b', [3])), 'a -, a same_trace, b apart');
  assert.equal(
    told(visit('a', [1, 4], 'exclusive'), visit('b', [2], 'read')),
    'a -, b lock, a lock',
  );
  assert.equal(told(visit('a', [1, 4], 'read'), visit('b', [2], 'read')), 'a -, b none, a none');
  const group = ['a', 'b'];
  assert.equal(
    told(visit('a', [1, 4], null, group), visit('b', [2], null, group)),
    'a -, b same_group, a same_group',
  );
});

test('a trace stays in its causal order when its clocks differ', () => {
  assert.equal(told(visit('a', [5, 2]), visit('b', [3])), 'b -, a none, a same_trace');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Evidence,
  evidenceLevels,
  type Locking,
  type PairScope,
  type Pattern,
  patterns,
  type Severity,
  type ValueEffect,
} from '../../src/domain/findings/finding.ts';
import {
  compareRanked,
  isDoubtful,
  possibleTraits,
  type RankedTraits,
  rankOf,
} from '../../src/domain/findings/ranking.ts';

const first: RankedTraits = {
  scope: 'shared',
  evidence: 'E4',
  pattern: 'lost_update',
  severity: 'CRITICAL',
  locking: 'inconsistent',
  valueEffect: 'different',
};

/** The key that ranks sort by before all others, in words of the rule. */
const doubts = ['proven or of a known scope', 'doubtful'];
const levels: Evidence[][] = [['E4', 'E3'], ['E2'], ['E1'], ['E0']];
const severities: Severity[] = ['CRITICAL', 'WARNING'];
const lockings: Locking[] = ['inconsistent', 'none', 'reader_only'];
const valueEffects: ValueEffect[] = ['different', 'unknown', 'same'];
const scopes: PairScope[] = ['shared', 'process', 'unknown'];

/** All traits there are, each with the place of each of its keys. */
function everyRank(): { traits: RankedTraits; places: number[] }[] {
  return scopes.flatMap((scope) =>
    evidenceLevels.flatMap((evidence) =>
      patterns.flatMap((pattern) =>
        severities.flatMap((severity) =>
          lockings.flatMap((locking) =>
            valueEffects.map((valueEffect) => ({
              traits: { scope, evidence, pattern, severity, locking, valueEffect },
              places: [
                doubts.indexOf(
                  scope === 'unknown' && evidence !== 'E3' && evidence !== 'E4'
                    ? 'doubtful'
                    : 'proven or of a known scope',
                ),
                levels.findIndex((alike) => alike.includes(evidence)),
                patterns.indexOf(pattern),
                severities.indexOf(severity),
                lockings.indexOf(locking),
                valueEffects.indexOf(valueEffect),
              ],
            })),
          ),
        ),
      ),
    ),
  );
}

test('no weight changes that is stored in a database', () => {
  assert.equal(rankOf(first), 210_322_000);
  const added: Record<string, number> = {};
  for (const evidence of evidenceLevels) {
    added[evidence] = rankOf({ ...first, evidence }) - rankOf(first);
  }
  for (const pattern of patterns) added[pattern] = rankOf({ ...first, pattern }) - rankOf(first);
  for (const severity of severities) {
    added[severity] = rankOf({ ...first, severity }) - rankOf(first);
  }
  for (const locking of lockings) added[locking] = rankOf({ ...first, locking }) - rankOf(first);
  for (const valueEffect of valueEffects) {
    added[`${valueEffect} values`] = rankOf({ ...first, valueEffect }) - rankOf(first);
  }
  for (const scope of scopes) {
    added[scope] =
      rankOf({ ...first, scope, evidence: 'E2' }) - rankOf({ ...first, evidence: 'E2' });
  }
  assert.deepEqual(added, {
    E4: 0,
    E3: 0,
    E2: 200_000_000,
    E1: 400_000_000,
    E0: 600_000_000,
    lost_update: 0,
    double_submit: 2_000_000,
    check_then_insert: 4_000_000,
    check_then_act: 6_000_000,
    dirty_read: 10_000_000,
    write_skew: 20_000_000,
    non_repeatable_read: 30_000_000,
    write_write: 40_000_000,
    read_write: 50_000_000,
    CRITICAL: 0,
    WARNING: 300_000,
    inconsistent: 0,
    none: 20_000,
    reader_only: 40_000,
    'different values': 0,
    'unknown values': 2000,
    'same values': 4000,
    shared: 0,
    process: 0,
    unknown: 1_000_000_000,
  });
});

test('the first key that differs decides, whatever the later ones say', () => {
  const compare = (a: number[], b: number[]) => {
    const place = a.findIndex((key, index) => key !== b[index]);
    return place < 0 ? 0 : (a[place] ?? 0) - (b[place] ?? 0);
  };
  const ranks = everyRank().sort((a, b) => compare(a.places, b.places));
  for (const [index, next] of ranks.entries()) {
    const before = ranks[index - 1];
    if (before === undefined) continue;
    const difference = rankOf(next.traits) - rankOf(before.traits);
    const expected = Math.sign(compare(next.places, before.places));
    assert.equal(Math.sign(difference), expected, JSON.stringify([before, next]));
  }
  assert.ok(rankOf((ranks.at(-1) as (typeof ranks)[number]).traits) < 2 ** 31, 'an integer in SQL');
});

test('between two patterns that follow each other there is room for three more', () => {
  const smallest = { ...first, severity: 'CRITICAL' as const };
  const largest = {
    ...first,
    severity: 'WARNING' as const,
    locking: 'reader_only' as const,
    valueEffect: 'same' as const,
  };
  const taken = rankOf(largest) - rankOf(smallest) + 1;
  const inOrder: readonly Pattern[] = patterns;
  for (const [index, pattern] of inOrder.entries()) {
    const next = inOrder[index + 1];
    if (next === undefined) continue;
    const room = rankOf({ ...smallest, pattern: next }) - rankOf({ ...largest, pattern }) - 1;
    assert.ok(room >= 3 * taken, `${pattern} and ${next}`);
  }
});

test('what nothing proves is doubtful when nobody knows that the variable is the same', () => {
  const doubtful = everyRank().filter(({ traits }) => isDoubtful(traits));
  assert.deepEqual(
    [...new Set(doubtful.map(({ traits: { scope, evidence } }) => `${scope} ${evidence}`))],
    ['unknown E0', 'unknown E1', 'unknown E2'],
  );
});

test('a possibility is told by what it would be', () => {
  const subject = {
    fingerprint: 'f',
    variable: 'x',
    services: [],
    environments: [],
    sites: [] as never,
  };
  const possible = (scope: PairScope, severity: Severity) => {
    const traits = possibleTraits({ ...subject, scope, severity });
    return [traits.pattern, rankOf(traits)];
  };
  assert.deepEqual(possible('shared', 'CRITICAL'), ['write_write', 850_344_000]);
  assert.deepEqual(possible('process', 'WARNING'), ['read_write', 860_644_000]);
  assert.deepEqual(possible('unknown', 'CRITICAL'), ['write_write', 1_850_344_000]);
  assert.deepEqual(possible('unknown', 'WARNING'), ['read_write', 1_860_644_000]);
});

test('of one rank what was seen last comes first, then the smaller fingerprint', () => {
  const ranked = [
    { rank: 1, lastNs: 1n, fingerprint: 'c' },
    { rank: 2, lastNs: 10n, fingerprint: 'b' },
    { rank: 2, lastNs: 9n, fingerprint: 'a' },
    { rank: 2, lastNs: 9n, fingerprint: 'b' },
    { rank: 2, lastNs: null, fingerprint: 'a' },
    { rank: 2, lastNs: null, fingerprint: 'b' },
    { rank: 10, lastNs: 99n, fingerprint: 'a' },
  ];
  assert.deepEqual(ranked.toReversed().sort(compareRanked), ranked);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Evidence } from '../../src/domain/findings/finding.ts';
import {
  carriedOver,
  changedByPerson,
  dispositionOf,
  endedAt,
  faultOf,
  type News,
  newsOf,
  regressedBy,
  type Told,
  TRIAGE_STEPS_KEPT,
  type TriageChange,
  type TriageRecord,
  type TriageState,
} from '../../src/domain/findings/triage.ts';

const ann = { by: 'ann', atMs: 1000 };

function judged(change: TriageChange, before: TriageRecord | null = null, atMs = 1000) {
  return changedByPerson(before, change, { by: 'ann', atMs });
}

test('what a person says stands until the state is left', () => {
  const ignored = judged({ state: 'ignored', note: 'known', untilMs: 5000, assignee: 'bob' });
  assert.deepEqual(ignored.triage, {
    state: 'ignored',
    note: 'known',
    assignee: 'bob',
    link: null,
    untilMs: 5000,
    falseAlarm: null,
    isPinned: false,
    pin: null,
    resolvedMs: null,
    regressedMs: null,
    regressedReleases: [],
    changedMs: 1000,
    changedBy: 'ann',
  });
  const resolved = judged({ state: 'resolved' }, ignored, 2000);
  assert.deepEqual(
    [resolved.triage.untilMs, resolved.triage.note, resolved.triage.resolvedMs],
    [null, 'known', 2000],
  );
  assert.deepEqual(resolved.history, [
    {
      atMs: 1000,
      by: 'ann',
      cause: 'person',
      changed: { state: 'ignored', note: 'known', assignee: 'bob', untilMs: 5000 },
    },
    { atMs: 2000, by: 'ann', cause: 'person', changed: { state: 'resolved', untilMs: null } },
  ]);
});

test('a resolved issue stays resolved since then when only its note changes', () => {
  const resolved = judged({ state: 'resolved' });
  assert.equal(judged({ note: 'more' }, resolved, 3000).triage.resolvedMs, 1000);
});

test('a false alarm is ignored', () => {
  const { triage } = judged({ falseAlarm: 'one replica only' });
  assert.deepEqual([triage.state, triage.falseAlarm], ['ignored', 'one replica only']);
  const reopened = judged({ state: 'open' }, judged({ falseAlarm: 'x' }));
  assert.equal(reopened.triage.falseAlarm, null);
});

test('a history keeps its latest steps', () => {
  let record: TriageRecord | null = null;
  for (let n = 0; n < TRIAGE_STEPS_KEPT + 5; n += 1) record = judged({ note: `${n}` }, record, n);
  assert.equal(record?.history.length, TRIAGE_STEPS_KEPT);
  assert.equal(record?.history[0]?.atMs, 5);
});

const faults: readonly (readonly [TriageChange, RegExp | null])[] = [
  [{ state: 'ignored', untilMs: 5000 }, null],
  [{ state: 'ignored', untilMs: 1000 }, /^until: must be in the future$/],
  [{ state: 'open', untilMs: 5000 }, /^until: only what is acknowledged or ignored/],
  [{ state: 'resolved', falseAlarm: 'x' }, /^false_alarm: /],
];
for (const [change, fault] of faults) {
  test(`the change ${JSON.stringify(change)} is ${fault === null ? 'taken' : 'refused'}`, () => {
    const found = faultOf(null, change, 1000);
    if (fault === null) assert.equal(found, null);
    else assert.match(found ?? '', fault);
  });
}

test('an end that has come opens', () => {
  const record = judged({ state: 'ignored', untilMs: 5000, note: 'known', falseAlarm: 'x' });
  assert.equal(endedAt(record, 4999), null);
  const ended = endedAt(record, 5000);
  assert.deepEqual(
    [ended?.triage.state, ended?.triage.untilMs, ended?.triage.note, ended?.triage.falseAlarm],
    ['open', null, 'known', null],
  );
  assert.equal(ended?.history.at(-1)?.cause, 'until');
});

test('a witness received after an issue was resolved opens it', () => {
  const resolved = judged({ state: 'resolved' });
  assert.equal(regressedBy(resolved, 1000, []), null);
  const seen = [{ service: 'web', release: '1.5' }];
  const open = regressedBy(resolved, 1001, seen);
  assert.deepEqual([open?.triage.state, open?.triage.regressedMs], ['open', 1001]);
  assert.deepEqual(open?.triage.regressedReleases, seen);
  assert.equal(open?.history.at(-1)?.cause, 'occurrence');
  assert.equal(regressedBy(judged({ state: 'ignored' }), 9000, []), null);
  const again = judged({ state: 'resolved' }, open ?? null, 2000);
  assert.deepEqual([again.triage.regressedMs, again.triage.regressedReleases], [null, []]);
});

test('of several former triages the most open wins, then the latest', () => {
  const states: readonly TriageState[] = ['resolved', 'ignored', 'acknowledged', 'acknowledged'];
  const former = states.map((state, n) => judged({ state, note: `${n}`, isPinned: true }, null, n));
  for (const order of [former, former.toReversed()]) {
    const { triage, history } = carriedOver(order, 9) as TriageRecord;
    assert.deepEqual([triage.state, triage.note, triage.isPinned], ['acknowledged', '3', false]);
    assert.deepEqual(history.at(-1), { atMs: 9, by: null, cause: 'fingerprint', changed: {} });
  }
  assert.equal(carriedOver([], 9), null);
});

const told: Told = { evidence: 'E2', regressedMs: null };
const news: readonly (readonly [
  string,
  Evidence,
  TriageRecord | null,
  Told | null,
  News | null,
])[] = [
  ['that nobody knows', 'E1', null, null, 'new'],
  ['that was told', 'E2', null, told, null],
  ['that is proven now', 'E3', null, told, 'escalated'],
  ['that is weaker now', 'E1', null, told, null],
  ['that was acknowledged', 'E2', judged({ state: 'acknowledged' }), null, null],
  [
    'that was acknowledged and is proven now',
    'E3',
    judged({ state: 'acknowledged' }),
    told,
    'escalated',
  ],
  ['that is ignored', 'E4', judged({ state: 'ignored' }), told, null],
  ['that is resolved', 'E4', judged({ state: 'resolved' }), told, null],
  ['that came back', 'E2', regressedBy(judged({ state: 'resolved' }), 2000, []), told, 'regressed'],
  [
    'whose return was told',
    'E2',
    regressedBy(judged({ state: 'resolved' }), 2000, []),
    { evidence: 'E2', regressedMs: 2000 },
    null,
  ],
];
for (const [name, evidence, record, before, expected] of news) {
  test(`of an issue ${name} there is to tell: ${expected ?? 'nothing'}`, () => {
    const disposition = dispositionOf(record?.triage ?? null, null);
    assert.equal(newsOf({ evidence, disposition }, before), expected);
  });
}

test('a rule ignores whatever persons said', () => {
  const { triage } = changedByPerson(null, { state: 'acknowledged' }, ann);
  const disposition = dispositionOf(triage, 'a cache that may lag');
  assert.equal(disposition.state, 'ignored');
  assert.equal(newsOf({ evidence: 'E4', disposition }, null), null);
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { type IgnoreRule, noRules } from '../../../src/domain/findings/finding-rules.ts';
import type { IssueQuery } from '../../../src/domain/findings/issue.ts';
import { shownByDefault } from '../../../src/domain/findings/issue.ts';
import type { TriageChange, TriageState } from '../../../src/domain/findings/triage.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { everyIssue } from '../../support/analyser.ts';
import { keyless } from '../../support/events.ts';
import {
  analyse,
  compare,
  eventsOf,
  finding,
  footprint,
  site,
  stored,
  subject,
} from './records.ts';

const x = subject('x');
const y = subject('y', 'shared', [site({ service: '__proto__' }), site({ location: 'b.ts:2' })]);
const xName = x.fingerprint.slice(0, 16);
const shown: IssueQuery = { ...everyIssue, evidenceMin: 'E1', anyScope: false, state: null };
const byX: IgnoreRule = {
  variable: 'x',
  place: null,
  pattern: null,
  service: null,
  reason: 'a counter that may lag',
  expiresMs: null,
};

const rules = { ignore: [byX], owners: [{ service: '__proto__', path: null, name: 'team y' }] };

/** What every storage must do about what persons say of issues. */
export function testTriage(fresh: (t: TestContext) => Promise<Storage>): void {
  /** Traces `a` and `b` race for `x`, and `b` alone for `y`; received a second after 1970. */
  async function filled(t: TestContext): Promise<Storage> {
    const storage = await fresh(t);
    await receive(storage, 1000, 'a', 'b');
    await analyse(storage, {
      a: { footprints: [footprint('a', 'x', 1n)], findings: [finding(x, ['a'])] },
      b: {
        footprints: [footprint('b', 'y', 1n)],
        findings: [finding(x, ['b']), finding(y, ['b'])],
      },
    });
    await compare(storage);
    return storage;
  }

  async function receive(storage: Storage, atMs: number, ...traceIds: readonly string[]) {
    await storage.append(keyless(eventsOf(traceIds)), BigInt(atMs) * 1_000_000n);
  }

  function judge({ derived }: Storage, fingerprint: string, change: TriageChange, atMs = 2000) {
    return derived.triage.change(fingerprint, change, { by: 'ann', atMs });
  }

  /** What lists and counts show. */
  async function seen(storage: Storage) {
    const { derived } = storage;
    const { issues, total, hidden } = await derived.issues(shown);
    const raced = await derived.racedVariables(shownByDefault, 10);
    const counts = ['a', 'b'].map(async (id) => (await storage.trace(id))?.raceCount);
    return {
      issues: issues.map(({ subject: { variable } }) => variable),
      total,
      ignored: hidden.ignored,
      ofTraces: (await derived.issuesOfTraces(['a', 'b'], 9)).map(
        (issue) => issue.subject.variable,
      ),
      raced: raced.map(({ variable }) => variable),
      counts: await Promise.all(counts),
    };
  }

  const everything = {
    issues: ['x', 'y'],
    total: 2,
    ignored: 0,
    ofTraces: ['x', 'y'],
    raced: ['x', 'y'],
    counts: [1, 2],
  };
  const withoutX = {
    issues: ['y'],
    total: 1,
    ignored: 1,
    ofTraces: ['y'],
    raced: ['y'],
    counts: [0, 1],
  };

  async function sorted(storage: Storage) {
    const { issues, raced, ofTraces, ...others } = await seen(storage);
    return { ...others, issues: issues.sort(), raced: raced.sort(), ofTraces: ofTraces.sort() };
  }

  test('what is ignored is left out of lists and counts, until its time is over', async (t) => {
    const storage = await filled(t);
    assert.deepEqual(await sorted(storage), everything);
    const issue = await judge(storage, xName, { state: 'ignored', untilMs: 9000, note: 'known' });
    assert.equal(issue?.disposition.state, 'ignored');
    assert.deepEqual(await sorted(storage), withoutX);
    const states: readonly (readonly [TriageState | 'any', number])[] = [
      ['any', 2],
      ['ignored', 1],
      ['open', 1],
      ['resolved', 0],
    ];
    for (const [state, total] of states) {
      const page = await storage.derived.issues({ ...shown, state });
      assert.deepEqual([page.total, page.hidden.ignored], [total, 0], state);
    }
    await storage.derived.triage.settle(8999, noRules);
    assert.deepEqual(await sorted(storage), withoutX);
    await storage.derived.triage.settle(9000, noRules);
    assert.deepEqual(await sorted(storage), everything);
    const found = await storage.derived.triage.of(x.fingerprint);
    assert.deepEqual(
      found?.history.map(({ cause, by, atMs }) => [cause, by, atMs]),
      [
        ['person', 'ann', 2000],
        ['until', null, 9000],
      ],
    );
    assert.deepEqual([found?.triage.state, found?.triage.note], ['open', 'known']);
  });

  test('what cannot be is refused, and an unknown issue has no triage', async (t) => {
    const storage = await filled(t);
    const change: TriageChange = { state: 'open', untilMs: 9000 };
    await assert.rejects(judge(storage, xName, change), { code: 'bad_request' });
    assert.equal(await storage.derived.triage.of(xName), null);
    assert.equal(await judge(storage, '0000000000000000', { note: 'x' }), null);
    assert.equal(await judge(storage, '__proto__', { note: 'x' }), null);
  });

  test('a rule ignores what is found before it is there and afterwards', async (t) => {
    const storage = await filled(t);
    await storage.derived.triage.settle(2000, rules);
    assert.deepEqual(await sorted(storage), withoutX);
    assert.deepEqual((await storage.derived.issue(xName))?.disposition, {
      state: 'ignored',
      triage: null,
      rule: byX.reason,
      owner: null,
    });
    const other = await storage.derived.issue(y.fingerprint);
    assert.equal(other?.disposition.owner, 'team y');
    const taken = await judge(storage, y.fingerprint, { assignee: 'ann' });
    assert.equal(taken?.disposition.owner, 'ann');
    await stored(storage, { c: { findings: [finding(x, ['c'])] } });
    assert.equal((await storage.trace('c'))?.raceCount, 0);
    await storage.derived.triage.settle(2000, noRules);
    assert.deepEqual(await sorted(storage), everything);
    assert.equal((await storage.trace('c'))?.raceCount, 1);
    await storage.derived.triage.settle(2000, rules);
    await stored(storage, { d: { findings: [finding(x, ['d']), finding(y, ['d'])] } });
    assert.equal((await storage.trace('d'))?.raceCount, 1);
  });

  test('a new witness that was received after an issue was resolved opens it', async (t) => {
    const storage = await filled(t);
    const stateOf = async () => {
      const { disposition } = (await storage.derived.issue(xName)) ?? {};
      return [disposition?.state, disposition?.triage?.regressedMs];
    };
    await judge(storage, xName, { state: 'resolved', note: 'mended' }, 2000);
    // The same findings again, of a trace that goes on.
    await receive(storage, 3000, 'a');
    await analyse(storage, { a: { findings: [finding(x, ['a'])] } });
    await compare(storage);
    assert.deepEqual(await stateOf(), ['resolved', null]);
    // A finding that is new, of a trace from before.
    await receive(storage, 1500, 'old');
    await analyse(storage, { old: { findings: [finding(x, ['old'])] } });
    await compare(storage);
    assert.deepEqual(await stateOf(), ['resolved', null]);
    await receive(storage, 4000, 'c');
    await analyse(storage, { c: { findings: [finding(x, ['c'])] } });
    assert.deepEqual(await stateOf(), ['open', 4000]);
    await compare(storage);
    const found = await storage.derived.triage.of(xName);
    assert.deepEqual(found?.history.at(-1), {
      atMs: 4000,
      by: null,
      cause: 'occurrence',
      changed: { state: 'open' },
    });
    assert.equal(found?.triage.note, 'mended');
  });

  test('what was said stays when all traces are gone, and opens when the issue is back', async (t) => {
    const storage = await filled(t);
    await judge(storage, xName, { state: 'resolved' });
    await storage.eraseExpired(2n * 86_400_000_000_000n, 10);
    assert.equal(await storage.derived.issue(xName), null);
    await receive(storage, 6000, 'c');
    await analyse(storage, { c: { findings: [finding(x, ['c'])] } });
    await compare(storage);
    const issue = await storage.derived.issue(xName);
    assert.deepEqual(
      [issue?.disposition.state, issue?.disposition.triage?.regressedMs],
      ['open', 6000],
    );
  });

  test('whoever erases all traces of an issue erases the words that were said of it', async (t) => {
    const storage = await filled(t);
    const words = { note: 'Ann saw it', assignee: 'ann', link: 'https://a.example/1' };
    await judge(storage, xName, { state: 'resolved', ...words });
    await judge(storage, y.fingerprint, { state: 'acknowledged', ...words });
    await storage.eraseTraces(['b']);
    assert.equal((await storage.derived.triage.of(xName))?.triage.note, words.note);
    await storage.eraseTraces(['a']);
    await receive(storage, 1500, 'c');
    await analyse(storage, { c: { findings: [finding(x, ['c']), finding(y, ['c'])] } });
    await compare(storage);
    for (const [about, state] of [
      [x, 'resolved'],
      [y, 'acknowledged'],
    ] as const) {
      const found = await storage.derived.triage.of(about.fingerprint);
      assert.equal(found?.triage.state, state);
      assert.doesNotMatch(JSON.stringify(found), /ann|example/i);
    }
  });

  test('what was said where no environment was known holds in each that is new', async (t) => {
    const sites = [site(), site({ location: 'b.ts:2' })] as const;
    const bare = subject('z', 'shared', sites, ['', '']);
    const placed = subject('z', 'shared', sites, ['production', 'production']);
    const storage = await fresh(t);
    await receive(storage, 1000, 'a');
    await analyse(storage, { a: { findings: [finding(bare, ['a'])] } });
    await compare(storage);
    await judge(storage, bare.fingerprint, { state: 'acknowledged', assignee: 'bob' });
    await receive(storage, 3000, 'b');
    await analyse(storage, { b: { findings: [finding(placed, ['b'])] } });
    await compare(storage);
    const issue = await storage.derived.issue(placed.fingerprint);
    const { state, assignee } = issue?.disposition.triage ?? {};
    assert.deepEqual([state, assignee], ['acknowledged', 'bob']);
    const found = await storage.derived.triage.of(placed.fingerprint);
    assert.equal(found?.history.at(-1)?.cause, 'fingerprint');
    await judge(storage, placed.fingerprint, { state: 'resolved' });
    const first = await storage.derived.issue(bare.fingerprint);
    assert.equal(first?.disposition.state, 'acknowledged');
  });
}

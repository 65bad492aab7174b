import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { inspect } from 'node:util';
import type { Finding } from '../../../src/domain/findings/finding.ts';
import {
  type Issue,
  type IssueQuery,
  WITNESSES_SHOWN,
} from '../../../src/domain/findings/issue.ts';
import { dispositionOf } from '../../../src/domain/findings/triage.ts';
import { stringifyJson } from '../../../src/domain/json.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { everyIssue } from '../../support/analyser.ts';
import {
  analyse,
  append,
  compare,
  EVERYTHING,
  finding,
  footprint,
  site,
  stored,
  subject,
} from './records.ts';
import { issueOf } from './shown-issue.ts';

const long = 'n'.repeat(1000);
const x = subject('x');
const y = subject('y', 'process', [site({ access_type: 'Read' }), site({ service: '__proto__' })]);
const doubtful = subject('__proto__', 'unknown');
const hostile = subject(`'; --"\\\u0001${long}`, 'shared', [site(), site({ service: long })]);

/** What every storage must do about issues. */
export function testIssues(fresh: (t: TestContext) => Promise<Storage>): void {
  async function listed({ derived }: Storage, part: Partial<IssueQuery> = {}) {
    const { hidden: _, ...page } = await derived.issues({ ...everyIssue, ...part });
    return page;
  }

  const proven = finding(x, ['a', '__proto__'], {
    evidence: 'E3',
    pattern: 'lost_update',
    anomalyClass: 'G-single',
    verdict: 'confirmed',
    atNs: 50n,
    provenPairs: 3,
    overlappingPairs: 5,
  });
  const seen = finding(x, ['b'], {
    evidence: 'E2',
    verdict: 'confirmed',
    atNs: 9_000_000_000_000_000_000n,
  });
  const weak = finding(y, ['b'], {
    pattern: 'read_write',
    evidence: 'E2',
    overlappingPairs: 7,
    verdict: null,
  });
  const unknown = finding(doubtful, ['a'], { evidence: 'E1' });
  const wild = finding(hostile, ['b', 'a'], { evidence: 'E1', overlappingPairs: 2 });

  async function filled(t: TestContext): Promise<Storage> {
    const storage = await fresh(t);
    await append(storage, '__proto__');
    await stored(storage, {
      a: { findings: [proven, unknown] },
      b: { findings: [seen, weak, wild] },
    });
    return storage;
  }

  const issueX = issueOf(x, [proven, seen]);
  const issueY = issueOf(y, [weak]);
  const issueDoubtful = issueOf(doubtful, [unknown]);
  const issueHostile = issueOf(hostile, [wild]);

  test('issues are the sums of findings, those that deserve a look first in front', async (t) => {
    const storage = await filled(t);
    const issues = [issueX, issueY, issueHostile, issueDoubtful];
    assert.deepEqual(await listed(storage), { issues, total: 4, pairs: 13 });
    const filters: readonly (readonly [Partial<IssueQuery>, readonly Issue[], number])[] = [
      [{ evidenceMin: 'E1' }, issues, 13],
      [{ evidenceMin: 'E2' }, [issueX, issueY], 10],
      [{ evidenceMin: 'E3' }, [issueX], 3],
      [{ evidenceMin: 'E4' }, [], 0],
      [{ anyScope: false }, [issueX, issueY, issueHostile], 12],
      [{ variable: 'x' }, [issueX], 3],
      [{ variable: hostile.variable }, [issueHostile], 2],
      [{ variable: '__proto__' }, [issueDoubtful], 1],
      [{ variable: 'X' }, [], 0],
      [{ service: 'web' }, issues, 13],
      [{ service: '__proto__' }, [issueY], 7],
      [{ service: long }, [issueHostile], 2],
      [{ service: '' }, [], 0],
      [{ service: 'nul\0' }, [], 0],
      [{ variable: 'half\ud83d' }, [], 0],
      [{ severity: 'CRITICAL' }, [issueX, issueHostile, issueDoubtful], 6],
      [{ severity: 'WARNING' }, [issueY], 7],
      [{ pattern: 'lost_update' }, [issueX], 3],
      [{ pattern: 'write_write' }, [issueHostile, issueDoubtful], 3],
      [{ pattern: 'dirty_read' }, [], 0],
      [{ severity: 'CRITICAL', pattern: 'write_write', anyScope: false }, [issueHostile], 2],
      [{ text: 'X' }, [issueX], 3],
      [{ text: '__PROTO__' }, [issueY, issueDoubtful], 8],
      [{ text: `'; --"\\` }, [issueHostile], 2],
      [{ text: 'WEB' }, issues, 13],
      [{ text: 'wé' }, [], 0],
      [{ text: 'nul\0' }, [], 0],
      [{ sinceNs: 51n }, [issueX], 3],
      [{ untilNs: 50n }, [issueY, issueHostile, issueDoubtful], 10],
      [{ sinceNs: 51n, untilNs: 51n }, [issueX], 3],
      [{ sinceNs: 9_200_000_000_000_000_000n }, [], 0],
    ];
    for (const [filter, expected, pairs] of filters) {
      const page = { issues: expected, total: expected.length, pairs };
      assert.deepEqual(await listed(storage, filter), page, inspect(filter));
    }
    for (const [limit, offset] of [
      [1, 0],
      [2, 1],
      [0, 0],
      [10, 3],
      [10, 4],
    ] as const) {
      const page = { issues: issues.slice(offset, offset + limit), total: 4, pairs: 13 };
      assert.deepEqual(await listed(storage, { limit, offset }), page, `${limit} from ${offset}`);
    }
  });

  test('issues sorted by when they were seen and by name, those that rank first in front', async (t) => {
    const storage = await filled(t);
    const variables = async (sort: IssueQuery['sort']) =>
      (await listed(storage, { sort })).issues.map(({ subject: { variable } }) => variable);
    const rest = [y.variable, hostile.variable, doubtful.variable];
    assert.deepEqual(await variables('rank'), ['x', ...rest]);
    assert.deepEqual(await variables('last_seen'), ['x', ...rest]);
    assert.deepEqual(await variables('first_seen'), ['x', ...rest]);
    assert.deepEqual(await variables('variable'), [hostile.variable, '__proto__', 'x', 'y']);
    const page = await listed(storage, { sort: 'variable', limit: 2, offset: 1 });
    assert.deepEqual(page.issues, [issueDoubtful, issueX]);
  });

  test('what lists filter issues by, best rank first', async (t) => {
    const storage = await filled(t);
    const { issues, isWhole } = await storage.derived.issueGlances(4);
    assert.deepEqual(
      issues.map(({ variable, evidence, pattern, firstNs, lastNs }) => ({
        ...{ variable, evidence, pattern },
        times: [firstNs, lastNs],
      })),
      [issueX, issueY, issueHostile, issueDoubtful].map((issue) => ({
        ...{ variable: issue.subject.variable, evidence: issue.evidence, pattern: issue.pattern },
        times: [BigInt(issue.firstNs ?? 0), BigInt(issue.lastNs ?? 0)],
      })),
    );
    assert.deepEqual(
      issues[1]?.locations,
      y.sites.map(({ location }) => location),
    );
    assert.equal(isWhole, true);
    const first = await storage.derived.issueGlances(2);
    assert.deepEqual(first, { issues: issues.slice(0, 2), isWhole: false });
  });

  test('what is not shown is counted by the reason', async (t) => {
    const storage = await filled(t);
    const local = finding(subject('own'), ['a'], {
      evidence: 'E0',
      isRequestLocal: true,
      overlappingPairs: 0,
    });
    await append(storage, '__proto__');
    await stored(storage, {
      a: { findings: [proven, unknown, local], footprints: [footprint('a', 'own', 10n, {}, [{}])] },
      b: {
        findings: [seen, weak, wild],
        footprints: [footprint('b', 'own', 20n, {}, [{ location: 'b.ts:2' }])],
      },
    });
    const hidden = async (part: Partial<IssueQuery>) =>
      Object.values((await storage.derived.issues({ ...everyIssue, ...part })).hidden);
    assert.deepEqual(await hidden({}), [0, 0, 0, 0]);
    assert.deepEqual(await hidden({ evidenceMin: 'E1', anyScope: false }), [0, 1, 1, 0]);
    assert.deepEqual(await hidden({ evidenceMin: 'E2', anyScope: false }), [2, 0, 1, 0]);
    assert.deepEqual(await hidden({ evidenceMin: 'E2', variable: 'own' }), [0, 0, 1, 0]);
    const [own] = (await listed(storage, { variable: 'own' })).issues;
    assert.deepEqual([own?.evidence, own?.count, own?.witnesses.length], ['E0', 1, 1]);
    assert.equal(
      (await storage.trace('a'))?.raceCount,
      2,
      'nothing happens to a variable of its own, and maybe nothing to one only called the same',
    );
  });

  test('where acts are told of, the rest of the meeting is not', async (t) => {
    const storage = await fresh(t);
    const z = subject('z');
    const reading = subject('z', 'shared', [site({ access_type: 'Read' }), site()]);
    const rest = finding(reading, ['a'], { pattern: 'read_write', evidence: 'E1' });
    const act = finding(z, ['b'], { pattern: 'check_then_act', evidence: 'E2' });
    await stored(storage, { a: { findings: [rest] } });
    assert.deepEqual((await listed(storage)).issues, [issueOf(reading, [rest])]);
    assert.equal((await storage.trace('a'))?.raceCount, 1);
    await stored(storage, { b: { findings: [act] } });
    assert.deepEqual((await listed(storage)).issues, [issueOf(z, [act])]);
    assert.equal((await storage.trace('a'))?.raceCount, 0);
    assert.deepEqual(await storage.derived.issuesOfTraces(['a'], EVERYTHING), []);
    assert.deepEqual(await storage.derived.issue(reading.fingerprint), issueOf(reading, [rest]));
    await storage.eraseTraces(['b']);
    assert.deepEqual((await listed(storage)).issues, [issueOf(reading, [rest])]);
    assert.equal((await storage.trace('a'))?.raceCount, 1);
  });

  test('one issue, and those of one trace with its own best witness', async (t) => {
    const storage = await filled(t);
    const { derived } = storage;
    assert.deepEqual(await derived.issue(x.fingerprint), issueX);
    assert.deepEqual(await derived.issue(hostile.fingerprint), issueHostile);
    for (const unknownName of ['', 'unknown', '__proto__', "' OR '1'='1", 'nul\0']) {
      assert.equal(await derived.issue(unknownName), null);
      assert.deepEqual(await derived.issuesOfTraces([`${unknownName}?`], EVERYTHING), []);
    }
    const own = (issue: Issue, { witness }: Finding) => ({
      ...issue,
      witnesses: [stringifyJson(witness as never, true)],
    });
    const ofA = [own(issueX, proven), issueHostile];
    assert.deepEqual(await derived.issuesOfTraces(['a'], EVERYTHING), ofA);
    assert.deepEqual(await derived.issuesOfTraces(['a'], 1), ofA.slice(0, 1));
    assert.deepEqual(await derived.issuesOfTraces(['a'], 0), []);
    assert.deepEqual(await derived.issuesOfTraces(['__proto__'], EVERYTHING), [
      own(issueX, proven),
    ]);
    const ofB = await derived.issuesOfTraces(['b'], EVERYTHING);
    assert.deepEqual(ofB, [own(issueX, seen), issueY, issueHostile]);
    // Of several traces each issue once, with the best witness of any of them.
    const ofBoth = [own(issueX, proven), issueY, issueHostile];
    for (const traceIds of [
      ['a', 'b'],
      ['b', 'a', 'a', 'nul\0'],
    ]) {
      assert.deepEqual(await derived.issuesOfTraces(traceIds, EVERYTHING), ofBoth);
    }
    assert.deepEqual((await storage.trace('b'))?.raceCount, 3);
    assert.deepEqual((await storage.trace('__proto__'))?.raceCount, 1);
  });

  test('witnesses come by rank, then those seen last, then by owner, and not all of them', async (t) => {
    const storage = await fresh(t);
    const owners = ['😀', '\uffff', 'm', 'n', 'o', 'p', 'q', 'r', 's', 't'];
    const findings = new Map(
      owners.map((owner) => [owner, finding(x, [owner], { atNs: owner < 'o' ? 20n : 10n })]),
    );
    const best = finding(x, ['m'], { evidence: 'E2', atNs: 500n });
    await append(storage, ...owners);
    await analyse(
      storage,
      new Map([...findings].map(([owner, one]) => [owner, { findings: [one] }])),
    );
    await compare(storage, { m: { findings: [best] } });
    // By code points, as every list of trace ids: the emoji comes behind U+FFFF.
    const expected = ['m', 'n', 'o', 'p', 'q', 'r', 's', 't', '\uffff', '😀'].map(
      (owner) => findings.get(owner) as Finding,
    );
    const issue = issueOf(x, [best, ...expected]);
    assert.deepEqual(await storage.derived.issue(x.fingerprint), {
      ...issue,
      // Across traces, pairs are those that are possible: of these findings the footprints say nothing.
      witnesses: issue.witnesses.slice(0, WITNESSES_SHOWN),
    });
    await storage.eraseTraces(['m', 'n', 'o', 'p']);
    const { witnesses } = (await storage.derived.issue(x.fingerprint)) as Issue;
    assert.deepEqual(witnesses, issueOf(x, expected.slice(4) as never).witnesses);
  });

  test('a record takes the place of the one before, and what it lacks is retracted', async (t) => {
    const storage = await filled(t);
    await compare(storage);
    await append(storage, 'a', 'b');
    const again = { ...proven, evidence: 'E1' as const, provenPairs: 0, overlappingPairs: 1 };
    await analyse(storage, { a: { findings: [again] }, b: { findings: [seen] } });
    const { issues, total, pairs } = await listed(storage);
    assert.deepEqual([issues, total, pairs], [[issueOf(x, [seen, again])], 1, 2]);
    assert.equal(await storage.derived.issue(y.fingerprint), null);
    assert.equal((await storage.trace('a'))?.raceCount, 1);
    // The comparison's findings stay while the analysis is done anew, and the other way round.
    const across = finding(y, ['a', 'b'], { verdict: null, evidence: 'E4', pattern: 'write_skew' });
    await compare(storage, { b: { findings: [across] } });
    await append(storage, 'b');
    await analyse(storage);
    const [left, ...others] = (await listed(storage)).issues;
    assert.deepEqual(left, issueOf(y, [across]));
    assert.deepEqual(others, [issueOf(x, [again])]);
    await compare(storage);
    assert.deepEqual((await listed(storage)).issues, [issueOf(x, [again])]);
    // What was retracted may come again.
    await append(storage, 'b');
    await analyse(storage, { b: { findings: [seen, weak, wild] } });
    assert.equal((await listed(storage)).total, 3);
  });

  test('findings that name an erased trace go, and their owners are compared again', async (t) => {
    const storage = await filled(t);
    const across = finding(y, ['b', 'a'], { verdict: null });
    await append(storage, 'b');
    await analyse(storage, { b: { findings: [seen, weak, wild] } });
    await compare(storage, { b: { findings: [across] } });
    await storage.eraseTraces(['a']);
    assert.deepEqual(await listed(storage), {
      issues: [issueOf(x, [seen]), issueY],
      total: 2,
      pairs: 8,
    });
    assert.deepEqual(await storage.derived.issuesOfTraces(['a'], EVERYTHING), []);
    assert.deepEqual(await storage.derived.issuesOfTraces(['__proto__'], EVERYTHING), []);
    const due = await storage.derived.claimComparisons('me', EVERYTHING, null);
    assert.ok(due.some(({ traceId, spreads }) => traceId === 'b' && !spreads));
  });

  test('findings that no list shows go with an erased trace as well', async (t) => {
    const storage = await fresh(t);
    const local = finding(y, ['a', 'b'], { isRequestLocal: true, verdict: null });
    const told = finding(subject('z'), ['a', 'b'], { verdict: null });
    const act = subject('z', 'shared', [site(), site({ location: 'c.ts:3' })]);
    await append(storage, 'a', 'b', 'c');
    await analyse(storage);
    await compare(storage, {
      b: { findings: [local, told] },
      c: { findings: [finding(act, ['c'], { pattern: 'lost_update', evidence: 'E3' })] },
    });
    assert.deepEqual(await storage.derived.issuesOfTraces(['a'], EVERYTHING), []);
    assert.notEqual(await storage.derived.issue(told.subject.fingerprint), null);
    await storage.eraseTraces(['a']);
    assert.equal(await storage.derived.issue(local.subject.fingerprint), null);
    assert.equal(await storage.derived.issue(told.subject.fingerprint), null);
  });

  test('sites that two traces use are an issue before anything happened', async (t) => {
    const storage = await fresh(t);
    const write = { location: 'a.ts:1', count: 2 };
    const read = { location: 'b.ts:2', access_type: 'Read' as const };
    await stored(storage, {
      a: { footprints: [footprint('a', 'x', 10n, {}, [write])] },
      b: { footprints: [footprint('b', 'x', 20n, {}, [read])] },
    });
    const about = subject('x', 'shared', [site(), site(read)]);
    const possible: Issue = {
      subject: about,
      fingerprint: about.fingerprint.slice(0, 16),
      evidence: 'E0',
      pattern: 'read_write',
      anomalyClass: null,
      verdict: null,
      count: 2,
      pairsPossible: 2,
      tracePairs: 1,
      firstNs: null,
      lastNs: null,
      firstReleases: [],
      lastReleases: [],
      witnesses: [],
      disposition: dispositionOf(null, null),
    };
    assert.deepEqual(await listed(storage), { issues: [possible], total: 1, pairs: 2 });
    assert.deepEqual(await storage.derived.issue(about.fingerprint), possible);
    assert.deepEqual((await listed(storage, { evidenceMin: 'E1' })).total, 0);
    const found = finding(about, ['b', 'a'], { verdict: null, pattern: 'read_write', atNs: 10n });
    await append(storage, 'b');
    await analyse(storage, { b: { footprints: [footprint('b', 'x', 20n, {}, [read])] } });
    await compare(storage, { b: { findings: [found] } });
    const real = { ...issueOf(about, [found]), pairsPossible: 2, tracePairs: 1 };
    assert.deepEqual(await listed(storage), { issues: [real], total: 1, pairs: 1 });
    await storage.eraseTraces(['a']);
    assert.deepEqual(await listed(storage), { issues: [], total: 0, pairs: 0 });
    assert.equal(await storage.derived.issue(about.fingerprint), null);
  });
}

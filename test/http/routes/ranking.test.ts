/** The order in which races are listed: the same rule wherever they are, on every backend. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { storedFindings } from '../../../src/analysis/issues/derivation.ts';
import type {
  Evidence,
  Finding,
  FindingEvent,
  IssueSubject,
} from '../../../src/domain/findings/finding.ts';
import type { AccessSite } from '../../../src/domain/findings/footprint.ts';
import type { RankedTraits } from '../../../src/domain/findings/ranking.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { getSettled as get, post, type Reply, testApp } from '../../support/app.ts';
import { type Backend, backends } from '../../support/backends.ts';
import { access, keyless, records, wireEvent } from '../../support/events.ts';
import { scheduled } from '../../support/schedules.ts';

interface Sketch extends Partial<RankedTraits> {
  readonly name: string;
  /** Seconds after the first access. */
  readonly last?: number;
}

/** One finding each, in the order in which they are to be listed. */
const inOrder: readonly Sketch[] = [
  { name: 'lost update', evidence: 'E3', pattern: 'lost_update' },
  { name: 'dirty read', evidence: 'E3', pattern: 'dirty_read' },
  { name: 'skew over two variables', evidence: 'E4', pattern: 'write_skew' },
  { name: 'torn read', evidence: 'E3', pattern: 'non_repeatable_read' },
  { name: 'proven, so of one variable', evidence: 'E3', pattern: 'read_write', scope: 'unknown' },
  { name: 'seen, not proven', pattern: 'lost_update', severity: 'WARNING' },
  { name: 'locks of two kinds', locking: 'inconsistent', valueEffect: 'same' },
  { name: 'two values', valueEffect: 'different' },
  { name: 'seen lately', last: 9 },
  { name: 'seen before', last: 8 },
  { name: 'seen before, of another name', last: 8 },
  { name: 'one value', valueEffect: 'same' },
  { name: 'one reader locks', locking: 'reader_only' },
  { name: 'less severe', severity: 'WARNING', locking: 'inconsistent' },
  { name: 'less telling', pattern: 'read_write' },
  { name: 'ordered by chance', evidence: 'E1', pattern: 'lost_update', last: 99 },
  { name: 'one variable perhaps', scope: 'unknown', pattern: 'lost_update', last: 99 },
  { name: 'both', scope: 'unknown', evidence: 'E1' },
];

/** A fingerprint that would put later ones first; two places share one, but for the last digit. */
function fingerprintOf(name: string): string {
  const place = inOrder.findIndex((sketch) => sketch.name === name);
  const shared = name === 'seen before, of another name' ? place - 1 : place;
  return `${(99 - shared).toString().padStart(15, '0')}${shared === place ? 'a' : 'b'}`;
}

function subjectOf({ name, scope, severity }: Sketch): IssueSubject {
  const site: AccessSite = { service: 'bank', location: name, access_type: 'Write', locks: [] };
  return {
    fingerprint: fingerprintOf(name),
    variable: name,
    scope: scope ?? 'shared',
    sites: [site, site],
    services: ['bank'],
    environments: ['test'],
    severity: severity ?? 'CRITICAL',
  };
}

/** A finding of which the later ones have more pairs. */
function findingOf(sketch: Sketch, traceIds: readonly string[]): Finding {
  const { name, last = 5 } = sketch;
  const event: FindingEvent = {
    trace_id: traceIds[0] as string,
    event_id: name,
    timestamp: '2024-01-01T12:00:00Z',
    thread: 'main',
    service: 'bank',
    operation: null,
    function: null,
    location: name,
    access_type: 'Write',
    old_value: null,
    new_value: last,
  };
  return {
    subject: subjectOf(sketch),
    otherTraceId: null,
    evidence: sketch.evidence ?? 'E2',
    pattern: sketch.pattern ?? 'write_write',
    anomalyClass: null,
    verdict: 'confirmed',
    locking: sketch.locking ?? 'none',
    valueEffect: sketch.valueEffect ?? 'unknown',
    isRequestLocal: false,
    provenPairs: 0,
    overlappingPairs: 1 + inOrder.findIndex((known) => known.name === name),
    firstNs: '0',
    lastNs: String(last * 1_000_000_000),
    traceIds: [...traceIds].sort(),
    witness: {
      variable: name,
      events: [event, event],
      check: null,
      steps: [],
      explanation: `${last}`,
    },
  };
}

/** Stores findings as if they were the work of an analysis, each owned by a trace of its own. */
async function storeFindings(storage: Storage, findings: readonly Finding[]): Promise<void> {
  const traces = [...new Set(findings.flatMap(({ traceIds }) => traceIds))];
  const events = records(traces.map((trace) => wireEvent({ trace })));
  await storage.append(keyless(events), 2_000_000_000_000_000_000n);
  const claims = await storage.derived.claimTraces('test', 1000, null);
  const recorded = claims.map((claim) => {
    const own = findings.filter(({ traceIds }) => traceIds[0] === claim.traceId);
    return {
      ...claim,
      group: [claim.traceId],
      environments: [],
      ownSpans: [],
      missingSpans: [],
      tags: [],
      footprints: [],
      findings: storedFindings(claim.traceId, own, false),
      subjects: own.map(({ subject }) => subject),
      calls: [],
      cuts: [],
    };
  });
  await storage.derived.recordTraces('test', recorded);
  const comparisons = (await storage.derived.claimComparisons('test', 1000, null)).map((claim) => ({
    ...claim,
    findings: [],
    subjects: [],
    cuts: [],
  }));
  await storage.derived.recordComparisons('test', comparisons, []);
}

async function served(t: TestContext, backend: Backend, findings: readonly Finding[] = []) {
  const storage = await backend.open();
  await storeFindings(storage, findings);
  return testApp(t, { storage });
}

const isProven = (evidence: Evidence = 'E2') => evidence === 'E3' || evidence === 'E4';

for (const backend of backends) {
  test(`${backend.name}: races are listed by scope, evidence, pattern, severity, locking, values, last seen and name`, async (t) => {
    // Stored the other way round, with owners whose ids are sorted as they are stored.
    const findings = inOrder
      .toReversed()
      .map((sketch, place) =>
        findingOf(sketch, [`owner-${String(place).padStart(2, '0')}`, 'witness-of-all']),
      );
    const app = await served(t, backend, findings);
    const possible = ['one', 'two'].map((trace, place) =>
      wireEvent({
        trace,
        at: place * 3_600_000,
        kind: 'StateChange',
        payload: access('db:possible', 'Write'),
      }),
    );
    assert.equal((await post(app.app, possible)).statusCode, 200);

    const listed = async (query: string) => {
      const { issues, total_issues } = await get(app, `/api/races?page_size=100&${query}`);
      assert.equal(total_issues, issues.length);
      return issues.map((issue: Reply) => issue.variable);
    };
    const names = inOrder.map(({ name }) => name);
    const doubtful = names.slice(-2);
    assert.deepEqual(await listed('evidence=E0&scope=any'), [
      ...names.slice(0, -2),
      'db:possible',
      ...doubtful,
    ]);
    assert.deepEqual(await listed('scope=any'), names);
    assert.deepEqual(await listed(''), names.slice(0, -2));
    assert.deepEqual(
      await listed('evidence=E3'),
      inOrder.filter(({ evidence }) => isProven(evidence)).map(({ name }) => name),
    );
    assert.deepEqual(await listed('evidence=E4'), ['skew over two variables']);
    assert.deepEqual(await listed('pattern=lost_update&scope=any'), [
      'lost update',
      'seen, not proven',
      'ordered by chance',
      'one variable perhaps',
    ]);
    assert.deepEqual(await listed('pattern=write_write&evidence=E0'), [
      ...inOrder
        .filter(({ scope, evidence, pattern }) => !(scope ?? evidence ?? pattern))
        .map(({ name }) => name),
      'db:possible',
    ]);

    const { issues } = await get(app, '/api/traces/witness-of-all');
    assert.deepEqual(
      issues.map((issue: Reply) => issue.variable),
      names.slice(0, -2),
    );
    for (const { name, evidence = 'E2', pattern = 'write_write' } of inOrder) {
      const issue = await get(app, `/api/races/${fingerprintOf(name)}`);
      assert.deepEqual([issue.variable, issue.evidence, issue.pattern], [name, evidence, pattern]);
    }
  });

  test(`${backend.name}: an issue shows its findings by the same rule, and says what the first does`, async (t) => {
    const name = 'lost update';
    const shown: readonly Sketch[] = [
      { name, evidence: 'E3', pattern: 'lost_update', last: 4 },
      { name, evidence: 'E4', pattern: 'lost_update', last: 3 },
      { name, evidence: 'E3', pattern: 'write_write', last: 5 },
      { name, pattern: 'lost_update', last: 7 },
      { name, pattern: 'lost_update', last: 6 },
      { name, evidence: 'E1', pattern: 'lost_update', last: 8 },
    ];
    const findings = shown
      .toReversed()
      .map((sketch, place) => findingOf(sketch, [`owner-${place}`]));
    const app = await served(t, backend, findings);
    const told = async () => {
      const { evidence, pattern, last_seen, witnesses } = await get(
        app,
        `/api/races/${fingerprintOf(name)}`,
      );
      const times = witnesses.map((witness: Reply) => Number(witness.explanation));
      return [evidence, pattern, last_seen.slice(17, 20), times];
    };
    assert.deepEqual(await told(), ['E3', 'lost_update', '08.', [4, 3, 5, 7, 6, 8]]);
    const erase = async (place: number) => {
      const url = `/api/traces/owner-${shown.length - 1 - place}`;
      assert.equal((await app.app.inject({ method: 'DELETE', url })).statusCode, 200);
    };
    await erase(0);
    assert.deepEqual(await told(), ['E4', 'lost_update', '08.', [3, 5, 7, 6, 8]]);
    await erase(5);
    assert.deepEqual(await told(), ['E4', 'lost_update', '07.', [3, 5, 7, 6]]);
    await erase(1);
    await erase(2);
    assert.deepEqual(await told(), ['E2', 'lost_update', '07.', [7, 6]]);
  });

  test(`${backend.name}: a lost update of one variable stands before a write skew over two`, async (t) => {
    const app = await served(t, backend);
    const skew = ['1 r db:a 1', '1 r db:b 1', '2 r db:a 1', '2 r db:b 1', '1 w db:a 2'];
    const lost = ['3 r db:c 1', '4 r db:c 1', '3 w db:c 1>2', '4 w db:c 1>3'];
    const events = scheduled([...skew, '2 w db:b 2', '1 commit', '2 commit', ...lost]);
    assert.equal((await post(app.app, events)).statusCode, 200);
    const { issues } = await get(app, '/api/races?evidence=E3');
    assert.deepEqual(
      issues.map((issue: Reply) => [issue.evidence, issue.pattern, issue.variable]),
      [
        ['E3', 'lost_update', 'db:c'],
        ['E4', 'write_skew', 'db:b'],
        ['E4', 'write_skew', 'db:a'],
      ],
    );
  });
}

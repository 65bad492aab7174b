import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Storage } from '../../../src/storage/storage.ts';
import { everyIssue } from '../../support/analyser.ts';
import { keyless, records, wireEvent } from '../../support/events.ts';
import {
  analyse,
  compare,
  EVERYTHING,
  finding,
  footprint,
  receivedNs,
  site,
  subject,
} from './records.ts';

const hostile = `st"'\\'; --\u0001`;
const sites = [site(), site({ location: 'b.ts:2' })] as const;
const inProduction = subject('x', 'shared', sites, ['production', 'production']);
const inHostile = subject('x', 'shared', sites, [hostile, hostile]);
const inBoth = subject('x', 'shared', sites, ['production', hostile]);
const common = inProduction.fingerprint.slice(0, 16);

/** What every storage must do about environments. */
export function testEnvironments(fresh: (t: TestContext) => Promise<Storage>): void {
  /** Traces `p` and `q` of production, `s` of another environment, `m` of both. */
  async function filled(t: TestContext): Promise<Storage> {
    const storage = await fresh(t);
    const events = Object.entries({ p: ['production'], q: ['production'], s: [hostile] }).flatMap(
      ([trace, environments]) =>
        environments.map((environment) => wireEvent({ trace, environment })),
    );
    const mixed = ['production', hostile].map((environment) =>
      wireEvent({ trace: 'm', environment }),
    );
    await storage.append(keyless(records([...events, ...mixed])), receivedNs);
    const read = { environment: 'production', access_type: 'Read' as const, service: 'reader' };
    await analyse(storage, {
      p: {
        footprints: [
          footprint('p', 'x', 1n, {}, [{ environment: 'production', count: 3 }]),
          footprint('p', 'y', 1n, {}, [read]),
        ],
        calls: [{ from: 'a', to: 'b', linkType: 'HttpCall', calls: 2 }],
      },
      q: {
        footprints: [
          footprint('q', 'x', 2n, {}, [{ environment: 'production' }]),
          footprint('q', 'y', 2n, {}, [{ environment: 'production', scope: 'plain' }]),
        ],
      },
      s: {
        footprints: [
          footprint('s', 'x', 3n, {}, [{ environment: hostile, count: 5 }]),
          footprint('s', 'y', 3n, {}, [{ environment: hostile }]),
        ],
        calls: [{ from: 'a', to: 'b', linkType: 'HttpCall', calls: 5 }],
      },
      m: {
        footprints: [
          footprint('m', 'x', 4n, {}, [
            { environment: 'production' },
            { environment: hostile, service: 'other' },
          ]),
        ],
        calls: [{ from: 'a', to: 'c', linkType: 'Custom', calls: 1 }],
      },
    });
    await compare(storage, {
      q: { findings: [finding(inProduction, ['p', 'q'], { evidence: 'E3' })] },
      s: { findings: [finding(inHostile, ['s'], { evidence: 'E2' })] },
    });
    return storage;
  }

  test('one race in two environments is two issues, found by the fingerprint of either', async (t) => {
    const storage = await filled(t);
    const { derived } = storage;
    const shown = async (environment: string | null) =>
      (await derived.issues({ ...everyIssue, evidenceMin: 'E1', environment })).issues.map(
        (issue) => [issue.fingerprint, issue.subject.environments],
      );
    const [one, two] = [
      [inProduction.fingerprint, ['production']],
      [inHostile.fingerprint, [hostile]],
    ];
    assert.deepEqual(await shown(null), [one, two]);
    assert.deepEqual(await shown('production'), [one]);
    assert.deepEqual(await shown(hostile), [two]);
    assert.deepEqual(await shown('prod'), []);
    assert.deepEqual(await shown('nul\0'), []);
    for (const about of [inProduction, inHostile]) {
      assert.deepEqual((await derived.issue(about.fingerprint))?.subject, about);
    }
    assert.deepEqual((await derived.issue(common))?.subject, inProduction, 'the first of them');
    assert.equal(await derived.issue(inBoth.fingerprint), null);
    const [ofTrace] = await derived.issuesOfTraces(['s'], EVERYTHING);
    assert.equal(ofTrace?.fingerprint, inHostile.fingerprint);
    // Where it is of one environment alone, nothing has to be told apart.
    await storage.eraseTraces(['s', 'm']);
    assert.deepEqual(await shown(null), [[common, ['production']]]);
    assert.deepEqual((await derived.issue(inProduction.fingerprint))?.fingerprint, common);
    assert.equal(await derived.issue(inHostile.fingerprint), null);
  });

  test('an issue of a variable for all environments is in the lists of both', async (t) => {
    const storage = await fresh(t);
    await storage.append(keyless(records([wireEvent({ trace: 'a' })])), receivedNs);
    await analyse(storage, { a: { findings: [finding(inBoth, ['a'])] } });
    for (const environment of [null, 'production', hostile]) {
      const { issues } = await storage.derived.issues({ ...everyIssue, environment });
      assert.deepEqual(
        issues.map(({ subject: about }) => about.environments),
        [['production', hostile].sort()],
      );
    }
    assert.equal((await storage.derived.issues({ ...everyIssue, environment: 'test' })).total, 0);
  });

  test('acts of one environment tell nothing of another', async (t) => {
    const storage = await fresh(t);
    await storage.append(keyless(records([wireEvent({ trace: 'a' })])), receivedNs);
    const act = { pattern: 'lost_update', evidence: 'E3' } as const;
    const reads = subject(
      'x',
      'shared',
      [site({ access_type: 'Read' }), site()],
      [hostile, hostile],
    );
    const rest = { pattern: 'read_write', evidence: 'E1' } as const;
    await analyse(storage, {
      a: { findings: [finding(inProduction, ['a'], act), finding(reads, ['a'], rest)] },
    });
    assert.equal((await storage.derived.issues(everyIssue)).total, 2);
  });

  test('variables and calls of an environment are what was done there', async (t) => {
    const { derived } = await filled(t);
    const summary = { thread_count: 1, access_types: ['Write'], complete: true };
    const x = { ...summary, variable: 'x', services: ['web'] };
    assert.deepEqual(await derived.topVariables(EVERYTHING, 'production'), [
      { ...x, access_count: 5, trace_count: 3, thread_count: 3 },
      {
        ...summary,
        variable: 'y',
        services: ['reader', 'web'],
        access_types: ['Read', 'Write'],
        access_count: 2,
        trace_count: 2,
        thread_count: 2,
      },
    ]);
    assert.deepEqual(await derived.topVariables(1, hostile), [
      { ...x, access_count: 6, trace_count: 2, thread_count: 2, services: ['other', 'web'] },
    ]);
    const all = await derived.topVariables(EVERYTHING);
    assert.deepEqual(
      all.map(({ access_count, trace_count }) => [access_count, trace_count]),
      [
        [11, 4],
        [3, 3],
      ],
    );
    assert.deepEqual(await derived.topVariables(EVERYTHING, 'prod'), []);
    const call = { from: 'a', to: 'b', linkType: 'HttpCall' };
    const other = { from: 'a', to: 'c', linkType: 'Custom', calls: 1, traceCount: 1 };
    assert.deepEqual(await derived.serviceCalls(), [{ ...call, calls: 7, traceCount: 2 }, other]);
    const inOne = [{ ...call, calls: 2, traceCount: 1 }, other];
    assert.deepEqual(await derived.serviceCalls('production'), inOne);
    assert.deepEqual(await derived.serviceCalls(hostile), [
      { ...call, calls: 5, traceCount: 1 },
      other,
    ]);
    assert.deepEqual(await derived.serviceCalls('prod'), []);
  });

  test('possible races obey the bounds as others do', async (t) => {
    const { derived } = await filled(t);
    const raced = async (anyScope: boolean, environment: string | null) =>
      (await derived.racedVariables({ evidenceMin: 'E0', anyScope, environment }, EVERYTHING)).map(
        ({ variable, severity, trace_count, traceIds }) =>
          `${variable} ${severity} ${trace_count} ${traceIds.join()}`,
      );
    // The accesses to y in production are of two services, and one does not say where y lives.
    assert.deepEqual(await raced(false, 'production'), ['x CRITICAL 3 p,q,m']);
    assert.deepEqual(await raced(true, 'production'), ['x CRITICAL 3 p,q,m', 'y WARNING 2 p,q']);
    assert.deepEqual(await raced(true, hostile), ['x CRITICAL 2 s,m']);
    assert.deepEqual(await raced(false, null), ['x CRITICAL 4 p,q,s,m']);
    assert.deepEqual(await raced(true, 'prod'), []);
  });

  test('a trace that was stored before environments were noted learns them from its analysis', async (t) => {
    const storage = await fresh(t);
    await storage.append(keyless(records([wireEvent({ trace: 'a' })])), receivedNs);
    await analyse(storage, { a: { environments: ['test'] } });
    assert.deepEqual((await storage.trace('a'))?.environments, ['test']);
  });
}

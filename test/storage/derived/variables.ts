import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { Evidence } from '../../../src/domain/findings/finding.ts';
import type { VariableQuery } from '../../../src/domain/findings/variable-query.ts';
import type { VariableSummary } from '../../../src/domain/findings/variable-state.ts';
import { everyTrace, unsearched } from '../../../src/domain/trace/trace-query.ts';
import type { VariableHistoryQuery } from '../../../src/storage/derived.ts';
import { RACED_TRACES_SHOWN } from '../../../src/storage/derived.ts';
import { nameKey } from '../../../src/storage/name-key.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { everyIssue } from '../../support/analyser.ts';
import {
  analyse,
  append,
  EVERYTHING,
  finding,
  footprint,
  site,
  stored,
  subject,
} from './records.ts';

const long = 'v'.repeat(300);
/** By name; of long names that begin alike the hash decides. */
const names = [
  '"\u0001\\',
  "'; DROP TABLE footprints; --",
  '__proto__',
  ...[`${long}1`, `${long}2`, `${long}3`].sort((a, b) => (nameKey(a) < nameKey(b) ? -1 : 1)),
  '\uffff',
  '😀',
];

/** What every storage must do about footprints, variables and calls. */
export function testVariables(fresh: (t: TestContext) => Promise<Storage>): void {
  test('footprints come back exactly, by trace and variable', async (t) => {
    const storage = await fresh(t);
    const { derived } = storage;
    const of = (traceId: string) =>
      names.map((variable, at) =>
        footprint(
          traceId,
          variable,
          BigInt(at),
          at % 2 === 0
            ? {}
            : {
                complete: false,
                group: [traceId, '__proto__'],
                transaction: { outcome: 'aborted', beginNs: '1', endNs: '9' },
              },
          [{ crossLocks: [{ name: variable, mode: 'read' }] }, { undone: true, count: 3 }],
        ),
      );
    const traceIds = ['__proto__', 'b', '\uffff', '😀'];
    await stored(
      storage,
      new Map(traceIds.map((traceId) => [traceId, { footprints: of(traceId).toReversed() }])),
    );
    const all = traceIds.flatMap(of);
    assert.deepEqual(await derived.footprints(traceIds), all);
    assert.deepEqual(await derived.footprints([...traceIds.toReversed(), 'b', 'unknown']), all);
    assert.deepEqual(await derived.footprints(['b']), of('b'));
    assert.deepEqual(await derived.footprints(['unknown', "' OR true --"]), []);
    assert.deepEqual(await derived.footprints([]), []);
    // Lists of traces find those that access a variable, by its whole name.
    const withVariable = async (variable: string) => {
      const found = await storage.listTraces({ ...everyTrace, variable });
      const { traces, isWhole } = await storage.glances({ ...unsearched, variable }, EVERYTHING);
      assert.deepEqual([traces.length, isWhole], [found.total, true]);
      return found.traces.map(({ traceId }) => traceId).sort();
    };
    for (const variable of names)
      assert.deepEqual(await withVariable(variable), [...traceIds].sort());
    for (const variable of ['', 'unknown', '__proto', 'nul\0', `${long}4`]) {
      assert.deepEqual(await withVariable(variable), []);
    }
    const both = { ...everyTrace, variable: '__proto__', text: 'b' };
    assert.equal((await storage.listTraces(both)).total, 1);
    // With less room than there are traces a name is looked up.
    assert.equal((await storage.glances({ ...unsearched, variable: 'unknown' }, 1)).isWhole, true);
    // One goes, one changes, one stays.
    const [first, second] = of('b');
    const changed = { ...(second as (typeof all)[number]), lastNs: '77' };
    await append(storage, 'b');
    await analyse(storage, { b: { footprints: [changed, first as (typeof all)[number]] } });
    assert.deepEqual(await derived.footprints(['b']), [first, changed]);
    const gone = await withVariable(names[2] ?? '');
    assert.deepEqual(gone, traceIds.filter((traceId) => traceId !== 'b').sort());
    await storage.eraseTraces(['b']);
    assert.deepEqual(await derived.footprints(['b']), []);
  });

  test('neighbours are the nearest of other traces on either side, in their order', async (t) => {
    const storage = await fresh(t);
    const { derived } = storage;
    const at: readonly (readonly [string, bigint])[] = [
      ['__proto__', 10n],
      ['a', 20n],
      ['b', 20n],
      ['\uffff', 20n],
      ['😀', 20n],
      ['c', 30n],
    ];
    const transaction = { outcome: 'committed' as const, beginNs: '1', endNs: '99' };
    await stored(
      storage,
      new Map(
        at.map(([traceId, firstNs]) => [
          traceId,
          {
            footprints: [
              footprint(traceId, 'x', firstNs, traceId === 'a' ? { transaction } : {}),
              footprint(traceId, `${long}${traceId}`, firstNs),
            ],
          },
        ]),
      ),
    );
    const place = (traceId: string, firstNs: bigint, variable = 'x') => ({
      traceId,
      firstNs,
      variable,
    });
    const near = (...traceIds: readonly string[]) =>
      at
        .filter(([traceId]) => traceIds.includes(traceId))
        .map(([traceId, firstNs]) => ({
          traceId,
          variable: 'x',
          firstNs,
          lastNs: firstNs + 10n,
          isTransaction: traceId === 'a',
        }));
    const all = at.map(([traceId]) => traceId);
    const others = (than: string) => all.filter((traceId) => traceId !== than);
    const cases = [
      [[place('\uffff', 20n)], 1, 1, near('b', '😀')],
      [[place('\uffff', 20n)], EVERYTHING, EVERYTHING, near(...others('\uffff'))],
      [[place('b', 20n)], 2, 0, near('__proto__', 'a')],
      [[place('b', 20n)], 0, 2, near('\uffff', '😀')],
      [[place('b', 20n)], 0, 0, []],
      [[place('__proto__', 10n)], 5, 1, near('a')],
      // A place that the trace has left counts as the others do; the trace itself is no neighbour.
      [[place('a', 25n)], 2, 1, near('\uffff', '😀', 'c')],
      [[place('a', 15n)], 1, 1, near('__proto__', 'b')],
      [[place('unknown', 20n)], 1, EVERYTHING, near('b', '\uffff', '😀', 'c')],
      [[place('b', 20n, 'y')], 9, 9, []],
      [[], 9, 9, []],
    ] as const;
    for (const [places, before, after, expected] of cases) {
      assert.deepEqual(await derived.neighbours(places, before, after), expected);
    }
    assert.deepEqual(
      await derived.neighbours([place('c', 30n), place('b', 20n), place('c', 30n)], 1, 1),
      [...near('😀'), ...near('a', '\uffff'), ...near('😀')],
    );
    const elsewhere = await derived.neighbours([place('new', 20n, `${long}b`)], 9, 9);
    assert.deepEqual(elsewhere, [{ ...near('b')[0], variable: `${long}b` }]);
    await storage.eraseTraces(['\uffff']);
    assert.deepEqual(await derived.neighbours([place('b', 20n)], 0, 1), near('😀'));
  });

  test('variables are listed by accesses, then name', async (t) => {
    const storage = await fresh(t);
    const summary = (variable: string, part: Partial<VariableSummary> = {}): VariableSummary => ({
      variable,
      access_count: 1,
      trace_count: 1,
      thread_count: 1,
      services: ['web'],
      access_types: ['Write'],
      complete: true,
      ...part,
    });
    await stored(storage, {
      a: {
        footprints: [
          ...names.map((variable) => footprint('a', variable, 5n)),
          footprint('a', 'busy', 5n, {}, [{ count: 3 }, { access_type: 'Read', service: '' }]),
        ],
      },
      b: { footprints: [footprint('b', 'busy', 4n, {}, [{ service: '__proto__' }])] },
    });
    const busy = summary('busy', {
      access_count: 5,
      trace_count: 2,
      thread_count: 3,
      services: ['__proto__', 'web'],
      access_types: ['Read', 'Write'],
    });
    const listed = [busy, ...names.map((variable) => summary(variable))];
    assert.deepEqual(await storage.derived.topVariables(EVERYTHING), listed);
    assert.deepEqual(await storage.derived.topVariables(3), listed.slice(0, 3));
    assert.deepEqual(await storage.derived.topVariables(0), []);
    await storage.eraseTraces(['a']);
    assert.deepEqual(await storage.derived.topVariables(EVERYTHING), [
      summary('busy', { services: ['__proto__'] }),
    ]);
  });

  test('raced variables are listed by traces, accesses, then name, with the first traces', async (t) => {
    const storage = await fresh(t);
    const about = subject('possible');
    const many = Array.from({ length: RACED_TRACES_SHOWN + 2 }, (_, n) => `t-${1000 + n}`);
    const records = new Map(
      many.map((traceId, n) => [
        traceId,
        {
          footprints: [
            footprint(traceId, 'crowd', BigInt(1000 - n), {}, [
              { access_type: n === 0 ? 'Write' : 'Read' },
            ]),
            ...(n < 2 ? names.map((variable) => footprint(traceId, variable, 7n)) : []),
            footprint(traceId, `alone-${n}`, 1n),
            ...(n === 0 ? [footprint(traceId, 'possible', 1n)] : []),
          ],
          findings: n === 0 ? [finding(about, [traceId])] : [],
        },
      ]),
    );
    await stored(storage, records);
    const raced = await storage.derived.racedVariables(everyIssue, EVERYTHING);
    const shown = raced.map(({ variable, severity, traceIds }) => [variable, severity, traceIds]);
    assert.deepEqual(shown, [
      ['crowd', 'WARNING', many.toReversed().slice(0, RACED_TRACES_SHOWN)],
      ...names.map((variable) => [variable, 'CRITICAL', many.slice(0, 2)]),
      ['possible', 'CRITICAL', many.slice(0, 1)],
    ]);
    const totals = await storage.derived.topVariables(EVERYTHING);
    for (const { severity, traceIds, ...summary } of raced) {
      assert.deepEqual(
        summary,
        totals.find(({ variable }) => variable === summary.variable),
      );
    }
    assert.deepEqual(await storage.derived.racedVariables(everyIssue, 2), raced.slice(0, 2));
    assert.deepEqual(await storage.derived.racedVariables(everyIssue, 0), []);
    // Without its only writer, nothing races there.
    await storage.eraseTraces([many[0] as string]);
    assert.deepEqual(await storage.derived.racedVariables(everyIssue, EVERYTHING), []);
  });

  test('raced variables are those of the issues within the bounds', async (t) => {
    const storage = await fresh(t);
    const variables = ['proven', 'weak', 'doubtful', 'possible', 'local', '__proto__'];
    const told = (variable: string, part: Parameters<typeof finding>[2] = {}) => {
      const scope = variable === 'doubtful' ? 'unknown' : 'shared';
      return finding(subject(variable, scope), ['a'], part);
    };
    await stored(storage, {
      a: {
        footprints: variables.map((variable) => footprint('a', variable, 1n)),
        findings: [
          told('proven', { evidence: 'E3' }),
          told('weak', { evidence: 'E1' }),
          told('doubtful', { evidence: 'E2' }),
          told('local', { evidence: 'E2', isRequestLocal: true }),
          told('__proto__', { evidence: 'E1' }),
        ],
      },
      b: { footprints: variables.map((variable) => footprint('b', variable, 2n)) },
    });
    const raced = async (evidenceMin: Evidence, anyScope: boolean) =>
      (
        await storage.derived.racedVariables(
          { evidenceMin, anyScope, environment: null },
          EVERYTHING,
        )
      )
        .map(({ variable }) => variable)
        .sort();
    assert.deepEqual(await raced('E1', false), ['__proto__', 'proven', 'weak']);
    assert.deepEqual(await raced('E1', true), ['__proto__', 'doubtful', 'proven', 'weak']);
    assert.deepEqual(await raced('E3', false), ['proven']);
    assert.deepEqual(await raced('E4', true), []);
    assert.deepEqual(await raced('E0', true), variables.toSorted());
  });

  test('variables are found by a part of the name, and sorted by what is asked for', async (t) => {
    const storage = await fresh(t);
    const told = (variable: string, evidence: Evidence, place: string) =>
      finding(subject(variable, 'shared', [site(), site({ location: place })]), ['a'], {
        evidence,
      });
    const variables = ['Ledger.balance', 'ledger.total', 'stock', '__proto__', '100%', 'É'];
    await stored(storage, {
      a: {
        footprints: variables.map((variable) => footprint('a', variable, 1n)),
        findings: [
          told('stock', 'E3', 'b.ts:1'),
          told('stock', 'E1', 'b.ts:2'),
          told('__proto__', 'E1', 'b.ts:1'),
          told('É', 'E0', 'b.ts:1'),
        ],
      },
      b: {
        footprints: [footprint('b', 'ledger.total', 2n, {}, [{ count: 5 }])],
      },
    });
    const page = async (query: Partial<VariableQuery>) => {
      const all = {
        variable: null,
        text: null,
        environment: null,
        sort: 'races',
        limit: EVERYTHING,
        offset: 0,
        ...query,
      } as const;
      const { variables: found, total } = await storage.derived.variables(all);
      return [total, ...found.map(({ variable, race_count }) => `${variable} ${race_count}`)];
    };
    const others = ['100% 0', 'Ledger.balance 0', 'É 0'];
    assert.deepEqual(await page({}), [6, 'stock 2', '__proto__ 1', 'ledger.total 0', ...others]);
    assert.deepEqual(await page({ limit: 1, offset: 1 }), [6, '__proto__ 1']);
    assert.deepEqual(await page({ limit: 1, offset: 9 }), [6]);
    assert.deepEqual(await page({ text: 'LEDGER' }), [2, 'ledger.total 0', 'Ledger.balance 0']);
    assert.deepEqual(await page({ variable: 'stock' }), [1, 'stock 2']);
    assert.deepEqual(await page({ variable: 'ledger' }), [0]);
    assert.deepEqual(await page({ text: 'é' }), [0]);
    assert.deepEqual(await page({ text: '%' }), [1, '100% 0']);
    assert.deepEqual((await page({ sort: 'accesses' }))[1], 'ledger.total 0');
    assert.deepEqual((await page({ sort: 'traces' }))[1], 'ledger.total 0');
    const names = ['100% 0', 'Ledger.balance 0', '__proto__ 1', 'ledger.total 0', 'stock 2', 'É 0'];
    assert.deepEqual(await page({ sort: 'name' }), [6, ...names]);
  });

  test('the history of a variable goes back in time, footprint by footprint', async (t) => {
    const storage = await fresh(t);
    const at = { a: 3n, b: 1n, c: 2n, d: 2n, e: 9n };
    await stored(
      storage,
      Object.fromEntries(
        Object.entries(at).map(([traceId, firstNs]) => [
          traceId,
          { footprints: [footprint(traceId, 'x', firstNs), footprint(traceId, 'y', 1n)] },
        ]),
      ),
    );
    const history = async (query: Partial<VariableHistoryQuery>) => {
      const times = { sinceNs: null, untilNs: null, before: null };
      const all = { variable: 'x', environment: null, ...times, limit: 10 };
      const found = await storage.derived.variableHistory({ ...all, ...query });
      return found.map(({ traceId }) => traceId).join('');
    };
    assert.equal(await history({}), 'eadcb');
    assert.equal(await history({ limit: 2 }), 'ea');
    assert.equal(await history({ before: { firstNs: 2n, traceId: 'd' } }), 'cb');
    assert.equal(await history({ sinceNs: 2n, untilNs: 9n }), 'adc');
    assert.equal(await history({ untilNs: 3n, before: { firstNs: 9n, traceId: 'e' } }), 'dcb');
    assert.equal(await history({ variable: '__proto__' }), '');
    assert.deepEqual(
      (await storage.derived.variableHistory({
        variable: 'x',
        environment: null,
        sinceNs: 9n,
        untilNs: null,
        before: null,
        limit: 1,
      })) satisfies readonly unknown[],
      [footprint('e', 'x', 9n)],
    );
  });

  test('calls are summed by caller, called service and kind, and listed by them', async (t) => {
    const storage = await fresh(t);
    const call = (from: string, to: string, calls: number, linkType = 'HttpCall' as const) => ({
      from,
      to,
      linkType,
      calls,
    });
    const query = { ...call('__proto__', 'é', 5), linkType: 'DatabaseQuery' as const };
    await stored(storage, {
      a: { calls: [call('__proto__', 'é', 2), query, call('web', '😀', 1)] },
      b: {
        calls: [
          ...names.slice(3, 6).map((name) => call(name, name, 1)),
          call('web', '\uffff', 1),
          call('__proto__', 'é', 3),
        ],
      },
    });
    const longCalls = names.slice(3, 6).map((name) => ({ ...call(name, name, 1), traceCount: 1 }));
    assert.deepEqual(await storage.derived.serviceCalls(), [
      { ...query, traceCount: 1 },
      { ...call('__proto__', 'é', 5), traceCount: 2 },
      ...longCalls,
      { ...call('web', '\uffff', 1), traceCount: 1 },
      { ...call('web', '😀', 1), traceCount: 1 },
    ]);
    await append(storage, 'a');
    await analyse(storage, { a: { calls: [call('web', '😀', 4)] } });
    await storage.eraseTraces(['b']);
    assert.deepEqual(await storage.derived.serviceCalls(), [
      { ...call('web', '😀', 4), traceCount: 1 },
    ]);
  });
}

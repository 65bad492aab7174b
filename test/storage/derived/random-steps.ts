import fc from 'fast-check';
import type { EventRecord } from '../../../src/domain/event/event.ts';
import { evidenceLevels, type Finding, patterns } from '../../../src/domain/findings/finding.ts';
import type { FindingRules, IgnoreRule } from '../../../src/domain/findings/finding-rules.ts';
import type { Footprint } from '../../../src/domain/findings/footprint.ts';
import { type IssueQuery, issueSorts } from '../../../src/domain/findings/issue.ts';
import { type TriageChange, triageStates } from '../../../src/domain/findings/triage.ts';
import { type Cut, keptCuts, type RecordLimit } from '../../../src/domain/trace/trace-record.ts';
import { everyIssue } from '../../support/analyser.ts';
import type { Questions } from './answers.ts';
import {
  type Analysed,
  type Compared,
  eventsOf,
  finding,
  footprint,
  site,
  subject,
} from './records.ts';

/** Names that break what is made from them carelessly, and some whose order depends on how it is made. */
const traceIds = ['a', '__proto__', "o'; --", '😀', '\uffff', '"\\\u0001'];
const spans = ['s1', 's2', '__proto__', '\uffff😀'];
const long = 'v'.repeat(300);
const variables = ['x', '__proto__', 'db:😀', 'db:\uffff', `${long}1`, `${long}2`, '"\u0001\\'];
const services = ['', 'web', '__proto__', 'é\u0001"', `${long}1`, `${long}2`];
const subjects = [
  subject('x'),
  subject('x', 'shared', undefined, ['__proto__', '__proto__']),
  subject('x', 'shared', undefined, ['test', '__proto__']),
  subject('db:\uffff', 'unknown'),
  subject('__proto__', 'process', [site({ access_type: 'Read' }), site({ service: '__proto__' })]),
];
const claimants = ['me', '__proto__'];
const VARIANTS = 3;

/** What happens to a storage. */
export type Step =
  | { readonly kind: 'append'; readonly events: readonly EventRecord[] }
  | { readonly kind: 'erase'; readonly traceIds: readonly string[] }
  | {
      readonly kind: 'claim traces' | 'claim comparisons' | 'release';
      readonly claimant: string;
    }
  | { readonly kind: 'regroup' | 'run out' }
  | {
      readonly kind: 'judge';
      readonly fingerprint: string;
      readonly change: TriageChange;
      readonly atMs: number;
    }
  | { readonly kind: 'settle'; readonly nowMs: number; readonly rules: FindingRules }
  | {
      readonly kind: 'record traces';
      readonly claimant: string;
      readonly variant: number;
      readonly traceIds: ReadonlySet<string>;
    }
  | {
      readonly kind: 'record comparisons';
      readonly claimant: string;
      readonly variant: number;
      readonly traceIds: ReadonlySet<string>;
      readonly met: readonly string[];
    };

/** What analyses find out, by trace, in one variant and another; and what is asked. */
export interface World {
  readonly analyses: readonly ReadonlyMap<string, Analysed>[];
  readonly comparisons: readonly ReadonlyMap<string, Compared>[];
  readonly query: IssueQuery;
}

function rule(part: Partial<IgnoreRule>): IgnoreRule {
  const nothing = { variable: null, place: null, pattern: null, service: null };
  return { ...nothing, reason: JSON.stringify(part), expiresMs: null, ...part };
}

const someOf = <Item>(items: readonly Item[], options: fc.SubarrayConstraints = {}) =>
  fc.subarray([...items], options);
const claimant = fc.constantFrom(...claimants);
const variant = fc.nat(VARIANTS - 1);
const moment = fc.nat(3).map((at) => BigInt(at) * 10n);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      events: someOf(traceIds, { minLength: 1 }).map(shownEvents),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('erase' as const),
      traceIds: someOf(traceIds, { maxLength: 2 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('claim traces' as const), claimant }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('record traces' as const),
      claimant,
      variant,
      traceIds: someOf(traceIds, { minLength: 3 }).map((ids) => new Set(ids)),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'regroup' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('claim comparisons' as const), claimant }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('record comparisons' as const),
      claimant,
      variant,
      traceIds: someOf(traceIds, { minLength: 3 }).map((ids) => new Set(ids)),
      met: someOf(traceIds),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('release' as const), claimant }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'run out' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('judge' as const),
      fingerprint: fc
        .constantFrom(...subjects)
        .chain(({ fingerprint }) =>
          fc.constantFrom(fingerprint, fingerprint.slice(0, 16), 'unknown'),
        ),
      change: fc
        .record({
          state: fc.constantFrom(...triageStates),
          note: fc.constantFrom(null, '__proto__', '\u0001"😀'),
          isPinned: fc.boolean(),
        })
        .map((change) => (change.state === 'ignored' ? { ...change, untilMs: 5000 } : change)),
      atMs: fc.nat(4999),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      nowMs: fc.constantFrom(4999, 5000),
      rules: someOf([
        rule({ variable: '__pro*' }),
        rule({ pattern: 'write_write', service: '__proto__' }),
        rule({ place: 'a.ts:*' }),
      ]).map((ignore) => ({ ignore, owners: [{ service: 'web', path: 'a.ts', name: 'me' }] })),
    }),
  },
);

/** Begins with analysed traces: what follows is about them. */
export const history: fc.Arbitrary<readonly Step[]> = fc
  .array(step, { minLength: 6, maxLength: 16 })
  .map((steps) => [
    { kind: 'append', events: shownEvents(traceIds) },
    { kind: 'claim traces', claimant: 'me' },
    { kind: 'record traces', claimant: 'me', variant: 0, traceIds: new Set(traceIds) },
    ...steps,
  ]);

function findingsOf(traceId: string): fc.Arbitrary<Finding[]> {
  return fc.array(
    fc
      .record({
        about: fc.constantFrom(...subjects),
        others: someOf(traceIds, { maxLength: 2 }),
        evidence: fc.constantFrom(...evidenceLevels),
        pattern: fc.constantFrom(...patterns),
        verdict: fc.constantFrom('confirmed' as const, 'predicted' as const, null),
        anomalyClass: fc.constantFrom('G0' as const, 'G2-item' as const, null),
        pairCount: fc.integer({ min: 1, max: 3 }),
        atNs: moment,
      })
      .map(({ about, others, ...part }) => finding(about, [traceId, ...others], part)),
    { maxLength: 3 },
  );
}

function footprintsOf(traceId: string): fc.Arbitrary<Footprint[]> {
  return fc
    .tuple(
      someOf(variables),
      moment,
      fc.record({
        service: fc.constantFrom(...services),
        access_type: fc.constantFrom('Read' as const, 'Write' as const, 'AtomicWrite' as const),
        scope: fc.constantFrom('shared' as const, 'plain' as const, 'global' as const),
        environment: fc.constantFrom('test', 'test', '__proto__'),
        count: fc.integer({ min: 1, max: 2 }),
      }),
    )
    .map(([names, atNs, signature]) =>
      names.map((variable) => footprint(traceId, variable, atNs, {}, [signature])),
    );
}

function analysisOf(traceId: string): fc.Arbitrary<Analysed> {
  return fc
    .record({
      others: someOf(traceIds, { maxLength: 2 }),
      ownSpans: someOf(spans, { maxLength: 2 }),
      sought: someOf(spans, { maxLength: 2 }),
      footprints: footprintsOf(traceId),
      findings: findingsOf(traceId),
      callers: someOf(services, { maxLength: 2 }),
      callee: fc.constantFrom(...services),
      cuts: cutsOf('race_pairs', 'signatures_per_variable', 'await_edges'),
    })
    .map(({ others, sought, callers, callee, ...part }) => ({
      ...part,
      group: [...new Set([traceId, ...others])].sort(),
      missingSpans: sought.filter((span) => !part.ownSpans.includes(span)),
      calls: callers.map((from) => ({ from, to: callee, linkType: 'HttpCall', calls: 2 })),
    }));
}

function cutsOf(...limits: readonly RecordLimit[]): fc.Arbitrary<readonly Cut[]> {
  const variable = fc.constantFrom(null, 'x', '__proto__');
  const cut = fc.record({ limit: fc.constantFrom(...limits), variable });
  return fc.array(cut, { maxLength: 2 }).map(keptCuts);
}

function comparisonOf(traceId: string): fc.Arbitrary<Compared> {
  return fc.record({
    findings: findingsOf(traceId),
    cuts: cutsOf('cycle_traces', 'neighbours_after'),
  });
}

function byTrace<Part>(partOf: (traceId: string) => fc.Arbitrary<Part>) {
  const parts = traceIds.map((traceId) => partOf(traceId).map((part) => [traceId, part] as const));
  return fc.array(
    fc.tuple(...parts).map((entries) => new Map(entries)),
    { minLength: VARIANTS, maxLength: VARIANTS },
  );
}

export const world: fc.Arbitrary<World> = fc
  .record({
    analyses: byTrace(analysisOf),
    comparisons: byTrace(comparisonOf),
    query: fc.record({
      evidenceMin: fc.constantFrom(...evidenceLevels),
      variable: fc.constantFrom(null, null, 'x', '__proto__'),
      service: fc.constantFrom(null, null, 'web', '__proto__', ''),
      environment: fc.constantFrom(null, null, 'test', '__proto__'),
      severity: fc.constantFrom(null, 'CRITICAL' as const, 'WARNING' as const),
      pattern: fc.constantFrom(null, null, ...patterns),
      text: fc.constantFrom(null, null, null, 'X', 'A.TS', 'eb', '%'),
      sinceNs: fc.constantFrom(null, null, 15n),
      untilNs: fc.constantFrom(null, null, 15n),
      anyScope: fc.boolean(),
      state: fc.constantFrom(null, null, 'any' as const, ...triageStates),
      sort: fc.constantFrom(...issueSorts),
      limit: fc.integer({ min: 0, max: 3 }),
      offset: fc.nat(2),
    }),
  })
  .map((drawn) => shownAs(drawn, 'a world that the seed makes again'));

/** Everything that can be asked of a world, unknown names and repeated ones included. */
export function questions({ query }: World): Questions {
  return {
    traceIds: ['unknown', ...traceIds.toReversed()],
    spans,
    places: variables.flatMap((variable) =>
      ['', '😀', '\uffff'].map((traceId) => ({ variable, firstNs: 10n, traceId })),
    ),
    issues: [query, { ...everyIssue, limit: 2, offset: 1 }],
    fingerprints: [
      ...subjects.flatMap(({ fingerprint }) => [
        fingerprint,
        fingerprint.slice(0, 16),
        `${fingerprint.slice(0, 16)}-00000000`,
      ]),
      'unknown',
      '__proto__',
    ],
  };
}

function shownEvents(traceIds: readonly string[]): readonly EventRecord[] {
  return shownAs(eventsOf(traceIds), `an event of each of ${traceIds.join(', ')}`);
}

/** Keeps the report of a failure readable. */
function shownAs<Drawn extends object>(drawn: Drawn, text: string): Drawn {
  return Object.assign(drawn, { [fc.toStringMethod]: () => text });
}

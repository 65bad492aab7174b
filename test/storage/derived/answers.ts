import type { IssueQuery } from '../../../src/domain/findings/issue.ts';
import { variableSorts } from '../../../src/domain/findings/variable-query.ts';
import { everyTrace } from '../../../src/domain/trace/trace-query.ts';
import type { DerivedStore, FootprintPlace } from '../../../src/storage/derived.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { everyIssue } from '../../support/analyser.ts';
import { EVERYTHING } from './records.ts';

/** Environments that are asked for: none, one of all events, one of some sites, and an unknown one. */
const environments = [null, 'test', '__proto__', 'unknown'];

const oneVariable = { variable: null, environment: null };

/** Methods that change something; all others are questions. */
type Change =
  | 'claimTraces'
  | 'claimComparisons'
  | 'recordTraces'
  | 'recordComparisons'
  | 'regroup'
  | 'releaseClaims';

/** What is asked for. */
export interface Questions {
  readonly traceIds: readonly string[];
  readonly spans: readonly string[];
  readonly places: readonly FootprintPlace[];
  readonly issues: readonly IssueQuery[];
  readonly fingerprints: readonly string[];
}

/** What a storage answers to every question about derived data, and what lists of traces show of it. */
export async function answersOf(storage: Storage, asked: Questions) {
  const { derived } = storage;
  const { traceIds, spans, places, fingerprints } = asked;
  const each = <Item, Answer>(items: readonly Item[], ask: (item: Item) => Promise<Answer>) =>
    Promise.all(items.map(ask));
  const answers = {
    linkedTraces: await each(traceIds, (traceId) =>
      derived.linkedTraces(traceId, { own: spans, missing: spans }),
    ),
    footprints: await derived.footprints(traceIds),
    neighbours: [
      await derived.neighbours(places, 2, 1),
      await derived.neighbours(places, 0, EVERYTHING),
      await derived.neighbours(places, EVERYTHING, 0),
    ],
    backlog: await each([1, EVERYTHING], (limit) => derived.backlog(limit)),
    waiting: (await derived.waiting()).traces,
    cuts: await each([0, 1, EVERYTHING], (limit) => derived.cuts(limit)),
    issues: await each([everyIssue, ...asked.issues], (query) => derived.issues(query)),
    issueGlances: await each([1, EVERYTHING], (limit) => derived.issueGlances(limit)),
    issue: await each(fingerprints, (fingerprint) => derived.issue(fingerprint)),
    triage: await each(fingerprints, async (fingerprint) => {
      const found = await derived.triage.of(fingerprint);
      // When a fingerprint took another's place is each storage's own.
      const history = found?.history.map(({ atMs, ...step }) =>
        step.cause === 'fingerprint' ? step : { atMs, ...step },
      );
      return found === null ? null : { ...found, history };
    }),
    issuesOfTraces: [
      ...(await each(traceIds, (traceId) => derived.issuesOfTraces([traceId], 2))),
      await derived.issuesOfTraces(traceIds, EVERYTHING),
    ],
    serviceCalls: await each(environments, (name) => derived.serviceCalls(name)),
    topVariables: [
      await derived.topVariables(1),
      ...(await each(environments, (name) => derived.topVariables(EVERYTHING, name))),
    ],
    variables: await each(
      [
        ...variableSorts.flatMap((sort) =>
          ['__proto__', null].map((environment) => ({
            variable: null,
            text: null,
            environment,
            sort,
            limit: EVERYTHING,
            offset: 0,
          })),
        ),
        { ...oneVariable, text: 'O', sort: 'races', limit: 2, offset: 1 } as const,
      ],
      (query) => derived.variables(query),
    ),
    variableHistory: await each(places, ({ variable, ...place }) =>
      derived.variableHistory({
        variable,
        environment: null,
        sinceNs: null,
        untilNs: null,
        before: place,
        limit: EVERYTHING,
      }),
    ),
    courses: await each([1, EVERYTHING], (limit) => derived.courses(limit)),
    racedVariables: await each(
      [
        { ...everyIssue, limit: 1 },
        { ...everyIssue, limit: EVERYTHING },
        ...asked.issues,
        ...environments.flatMap((environment) => [
          { evidenceMin: 'E0', anyScope: false, environment, limit: EVERYTHING } as const,
          { evidenceMin: 'E1', anyScope: true, environment, limit: EVERYTHING } as const,
          { evidenceMin: 'E1', anyScope: false, environment, limit: EVERYTHING } as const,
          { evidenceMin: 'E3', anyScope: false, environment, limit: 2 } as const,
        ]),
      ],
      ({ limit, ...bounds }) => derived.racedVariables(bounds, limit),
    ),
  } satisfies { readonly [Question in Exclude<keyof DerivedStore, Change>]: unknown };
  return { ...answers, traces: await storage.listTraces({ ...everyTrace, limit: EVERYTHING }) };
}

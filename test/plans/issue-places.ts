import { anyIssue, type IssueFilter, shownByDefault } from '../../src/domain/findings/issue.ts';
import {
  claimReceiver,
  finishNews,
  insertBook,
  mergeConditionNotes,
  mergeIssueNotes,
  releaseReceiver,
  selectBacklogs,
  selectBook,
  selectUnnoted,
  selectWaiting,
} from '../../src/storage/postgres/alert-queries.ts';
import {
  addToIssues,
  addToKnownIssues,
  lockIssues,
  selectIssue,
  selectIssues,
  selectIssuesOfTraces,
  selectIssueTraits,
  updateBestFindings,
  updateTold,
} from '../../src/storage/postgres/derived/issue-queries.ts';
import {
  lockTriage,
  selectEnded,
  selectFingerprints,
  selectJudged,
  selectLonelyIssues,
  selectLostPins,
  selectMembers,
  selectPins,
  selectPinsOf,
  selectReceiptsOf,
  selectTriage,
  selectTriages,
  selectWitnessTraces,
  updateDispositions,
  upsertTriage,
} from '../../src/storage/postgres/derived/triage-queries.ts';
import {
  countVariables,
  selectRacedVariables,
  selectTopVariables,
  selectVariableHistory,
  selectVariables,
} from '../../src/storage/postgres/derived/variable-queries.ts';
import { stored } from './filled-store.ts';
import { aside, growing, type Places, within } from './place.ts';

const fingerprints = [0, 1, 500].map((number) => String(number).padStart(16, '0'));
const traceIds = Array.from({ length: 20 }, (_, place) => stored.traceId(1000 + 10 * place));

const asked: { readonly [Name in keyof IssueFilter]: readonly IssueFilter[Name][] } = {
  evidenceMin: ['E0', 'E1', 'E3'],
  variable: ['row-*', 'nothing'],
  service: ['service-1', 'nobody'],
  environment: ['production', 'nowhere'],
  severity: ['CRITICAL'],
  pattern: ['write_write', 'dirty_read'],
  text: ['row', 'nothing'],
  sinceNs: [stored.atNs(500)],
  untilNs: [stored.atNs(500)],
  anyScope: [true],
  state: ['any', 'open', 'ignored', 'resolved'],
};

const filters: readonly IssueFilter[] = [
  anyIssue,
  ...Object.entries(asked).flatMap(([name, values]) =>
    values.map((value) => ({ ...anyIssue, [name]: value })),
  ),
];
const sorts = ['rank', 'last_seen', 'first_seen', 'variable'] as const;
const issueQueries = [
  ...filters.map((filter) => ({ ...filter, sort: 'rank' as const })),
  ...sorts.map((sort) => ({ ...anyIssue, sort })),
].map((query) => ({ ...query, limit: 50, offset: 0 }));

const sums = JSON.stringify(
  fingerprints.map((fingerprint) => ({
    fingerprint,
    variable: 'row-*',
    scope: 'shared',
    severity: 'CRITICAL',
    services: [],
    environments: [],
    subject: {},
    possible_rank: 800_000_000,
    possible_pattern: 'write_write',
    finding_count: 1,
    proven_pairs: 0,
    overlapping_pairs: 1,
    pair_count: 1,
    trace_pairs: 1,
  })),
);

export const issuePlaces: Places = {
  WITNESS_END: null,
  FINDINGS_IN_ORDER: null,
  fingerprintsWithin: null,
  addToIssues: within(100, addToIssues(sums)),
  addToKnownIssues: within(100, addToKnownIssues(sums)),
  lockIssues: within(200, lockIssues(fingerprints, fingerprints)),
  updateTold: within(200, updateTold(fingerprints)),
  updateBestFindings: within(300, updateBestFindings(fingerprints)),
  selectIssues: within(12_000, ...issueQueries.map((query) => selectIssues(query, 3))),
  selectIssueTraits: within(8000, selectIssueTraits(5000)),
  selectIssue: within(300, selectIssue(fingerprints[0] ?? '', 100)),
  selectIssuesOfTraces: within(3000, selectIssuesOfTraces(traceIds, 100)),
};

const anyVariable = { variable: null, text: null, environment: null, limit: 50, offset: 0 };
const variableQueries = [
  ...(['races', 'accesses', 'traces', 'name'] as const).map((sort) => ({ ...anyVariable, sort })),
  { ...anyVariable, sort: 'accesses' as const, environment: 'production' },
  { ...anyVariable, sort: 'accesses' as const, variable: 'row-5' },
  { ...anyVariable, sort: 'accesses' as const, text: 'row-5' },
];
const history = { sinceNs: null, untilNs: null, before: null, environment: null, limit: 100 };

export const variablePlaces: Places = {
  countVariables: growing(
    'it counts all names that match',
    4000,
    ...variableQueries.map(countVariables),
  ),
  selectVariables: growing(
    'a part of a name is looked for in all names, and races of all are added up',
    180_000,
    ...variableQueries.map(selectVariables),
  ),
  selectVariableHistory: within(
    2000,
    selectVariableHistory({ ...history, variable: 'row-4' }),
    selectVariableHistory({ ...history, variable: 'row-5' }),
    selectVariableHistory({ ...history, variable: 'row-4', environment: 'production' }),
  ),
  selectTopVariables: growing(
    'what was done in an environment is sorted by no index',
    4000,
    selectTopVariables(100, null),
    selectTopVariables(100, 'production'),
  ),
  selectRacedVariables: growing(
    'it sorts the footprints of the variables that it gives, and from E0 on looks at all variables',
    260_000,
    selectRacedVariables(shownByDefault, 100, 100),
    selectRacedVariables({ ...shownByDefault, evidenceMin: 'E0' }, 100, 100),
    selectRacedVariables({ ...shownByDefault, environment: 'production' }, 100, 100),
  ),
};

const judged = JSON.stringify(
  fingerprints.map((fingerprint) => ({ fingerprint, is_ignored: false, ignoring_rule: null })),
);

export const triagePlaces: Places = {
  EXPIRY_LOCK_KEY: null,
  lockExpiry: aside,
  selectPins: within(50, selectPins),
  selectPinsOf: within(50, selectPinsOf(traceIds)),
  selectLostPins: within(100, selectLostPins),
  selectWitnessTraces: within(200, selectWitnessTraces(fingerprints[0] ?? '', 100)),
  lockTriage: within(20, lockTriage(fingerprints)),
  selectTriages: within(200, selectTriages('', 500)),
  selectTriage: within(10, selectTriage(fingerprints[0] ?? '')),
  selectEnded: within(20, selectEnded(1)),
  upsertTriage: within(20, upsertTriage(new Map())),
  selectJudged: within(100, selectJudged(fingerprints)),
  updateDispositions: within(200, updateDispositions(judged)),
  selectMembers: growing('it gives all traces that take part', 10_000, selectMembers(fingerprints)),
  selectReceiptsOf: within(200, selectReceiptsOf(traceIds)),
  selectLonelyIssues: within(3000, selectLonelyIssues(traceIds)),
  selectFingerprints: within(50, selectFingerprints('', 100)),
};

const book = 'everybody';

export const alertPlaces: Places = {
  selectBook: within(5, selectBook(book)),
  insertBook: within(5, insertBook(book)),
  selectUnnoted: within(8000, selectUnnoted(book, 100)),
  mergeIssueNotes: within(
    100,
    mergeIssueNotes(book, JSON.stringify([{ subject: fingerprints[0], evidence: 'E3' }])),
  ),
  mergeConditionNotes: within(50, mergeConditionNotes(book, ['storage'])),
  claimReceiver: within(20, claimReceiver(book, 'me')),
  selectWaiting: within(20, selectWaiting(book, 100)),
  releaseReceiver: within(
    10,
    releaseReceiver(book, 'me', { failures: 0, isOneByOne: false, fault: null, pauseMs: 0 }),
  ),
  finishNews: within(
    20,
    finishNews(book, JSON.stringify([{ subject: fingerprints[0], news: 'new' }]), null),
  ),
  selectBacklogs: within(20, selectBacklogs),
};

import {
  claimComparisons,
  claimTraces,
  finishAnalyses,
  finishComparisons,
  lockTraces,
  markAnalyses,
  markComparisons,
  markEncounters,
  releaseClaims,
  returnClaims,
  selectBacklog,
  selectWaiting,
} from '../../src/storage/postgres/derived/claim-queries.ts';
import {
  addVariableFindings,
  insertVariables,
  lockVariables,
  retractFindings,
  retractFootprints,
  selectCuts,
  selectFindingsWith,
  selectFootprints,
  selectNeighbours,
  selectOwnFindings,
  updateRaceCounts,
  updateVariableSites,
  upsertFindings,
  upsertFootprints,
  upsertTags,
} from '../../src/storage/postgres/derived/derived-queries.ts';
import {
  addServiceCalls,
  retractSpans,
  retractTraceCalls,
  selectLinkedTraces,
  selectServiceCalls,
  selectServiceCallsIn,
  selectSpans,
  selectTraceCalls,
  upsertSpans,
  upsertTraceCalls,
} from '../../src/storage/postgres/derived/link-queries.ts';
import { stored } from './filled-store.ts';
import { growing, type Places, within } from './place.ts';

/** As many as an analysis takes at once. */
const numbers = Array.from({ length: 64 }, (_, place) => 1000 + 10 * place);
const traceIds = numbers.map(stored.traceId);
const rows = <Row>(rowOf: (number: number) => Row) => JSON.stringify(numbers.map(rowOf));
const traceRows = (row: object) => rows((number) => ({ trace_id: stored.traceId(number), ...row }));
const variables = [...new Set(numbers.map(stored.variable))].sort();

export const claimPlaces: Places = {
  TO_ANALYSE: null,
  claimTraces: within(1500, claimTraces('me', 64, 60, null)),
  claimComparisons: within(100, claimComparisons('me', 64, 60, null)),
  releaseClaims: within(100, releaseClaims('me')),
  returnClaims: within(4000, returnClaims(traceIds)),
  lockTraces: within(1000, lockTraces(traceIds)),
  finishAnalyses: within(
    6000,
    finishAnalyses(
      traceRows({
        event_count: 1,
        mark: 0,
        group_ids: null,
        cuts: null,
        environments: [],
        compares: true,
      }),
    ),
  ),
  finishComparisons: within(6000, finishComparisons(traceRows({ mark: 1, cuts: null }))),
  markComparisons: within(6000, markComparisons(traceIds)),
  markEncounters: within(
    6000,
    markEncounters(
      JSON.stringify([{ number: 0, trace_ids: traceIds, changed_ids: traceIds.slice(0, 8) }]),
    ),
  ),
  markAnalyses: within(
    8000,
    markAnalyses(
      traceIds,
      rows((number) => ({
        trace_id: stored.traceId(number),
        span_id: stored.span(number + 1),
        is_missing: true,
      })),
    ),
  ),
  selectBacklog: within(400, selectBacklog(1), selectBacklog(1000)),
  selectWaiting: within(200, selectWaiting()),
};

const finding = (number: number) => ({
  trace_id: stored.traceId(number),
  fingerprint: stored.fingerprint(number),
  is_across: false,
  variable: stored.variable(number),
  is_critical: false,
  rank: 400_000_000,
  evidence: 'E2',
  pattern: 'write_write',
  is_request_local: false,
  meeting: 'meeting',
  proven_pairs: 0,
  overlapping_pairs: 1,
  first_ns: '1',
  last_ns: '2',
  trace_ids: [stored.traceId(number)],
  witness: {},
});

const footprint = (number: number) => ({
  trace_id: stored.traceId(number),
  variable_key: stored.variable(number),
  variable: stored.variable(number),
  first_ns: String(stored.atNs(number)),
  last_ns: String(stored.atNs(number)),
  is_transaction: false,
  document: {},
});

const ofVariables = (row: object) =>
  JSON.stringify(variables.map((variable) => ({ variable_key: variable, variable, ...row })));

export const derivedPlaces: Places = {
  IS_KEPT: null,
  SAYS_SOMETHING: null,
  selectFootprints: within(1000, selectFootprints(traceIds)),
  selectNeighbours: within(
    2000,
    selectNeighbours(
      rows((number) => ({ number, ...footprint(number) })).replaceAll('"document":{}', '"x":0'),
      50,
      50,
    ),
  ),
  upsertFootprints: within(3000, upsertFootprints(rows(footprint))),
  retractFootprints: within(3000, retractFootprints(rows(footprint))),
  selectOwnFindings: within(1000, selectOwnFindings(traceIds)),
  selectFindingsWith: within(1500, selectFindingsWith(traceIds)),
  upsertFindings: within(4000, upsertFindings(rows(finding))),
  retractFindings: within(4000, retractFindings(rows(finding))),
  insertVariables: within(500, insertVariables(ofVariables({}))),
  lockVariables: within(500, lockVariables(variables)),
  updateVariableSites: within(
    2000,
    updateVariableSites(
      ofVariables({
        access_count: 2,
        trace_count: 1,
        environments: {},
        possible: [],
        document: {},
      }),
    ),
  ),
  addVariableFindings: within(2000, addVariableFindings(ofVariables({ finding_count: 1 }))),
  upsertTags: within(1500, upsertTags(traceRows({ tags: ['user:1'] }))),
  updateRaceCounts: within(6000, updateRaceCounts(traceIds)),
  selectCuts: growing('it adds up all that budgets cut', 300, selectCuts(100)),
};

const span = (number: number) => ({
  trace_id: stored.traceId(number),
  span_id: stored.span(number),
  is_missing: false,
});

const call = (number: number) => ({
  trace_id: stored.traceId(number),
  from_key: stored.service(number),
  to_key: 'service-0',
  link_type: 'sync',
  from_service: stored.service(number),
  to_service: 'service-0',
  calls: 1,
});

export const linkPlaces: Places = {
  selectLinkedTraces: within(
    100,
    selectLinkedTraces(stored.traceId(1), [stored.span(2)], [stored.span(3)]),
  ),
  upsertSpans: within(1500, upsertSpans(rows(span))),
  retractSpans: within(1500, retractSpans(traceIds, rows(span))),
  selectTraceCalls: within(1000, selectTraceCalls(traceIds)),
  upsertTraceCalls: within(1500, upsertTraceCalls(rows(call))),
  retractTraceCalls: within(1500, retractTraceCalls(rows(call))),
  addServiceCalls: within(500, addServiceCalls(JSON.stringify([{ ...call(1), trace_count: 1 }]))),
  selectServiceCalls: within(20, selectServiceCalls),
  selectServiceCallsIn: growing(
    'it adds up the calls of all traces of an environment',
    160_000,
    selectServiceCallsIn('staging'),
  ),
  selectSpans: within(1000, selectSpans(traceIds)),
};

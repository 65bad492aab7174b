import {
  everyTrace,
  type TraceQuery,
  type TraceSearch,
  unsearched,
} from '../../src/domain/trace/trace-query.ts';
import {
  glanceAtLatest,
  glanceAtThese,
  selectNamedTraces,
} from '../../src/storage/postgres/events/glance-queries.ts';
import { countTraces, selectTracePage } from '../../src/storage/postgres/events/list-queries.ts';
import {
  countTagsOfLatest,
  countTagsOfThese,
} from '../../src/storage/postgres/events/tag-queries.ts';
import { stored } from './filled-store.ts';
import { growing, type Places, within } from './place.ts';

/** For each member of a search what may be asked of it: of many traces, of few, of none. */
const asked: { readonly [Name in keyof TraceSearch]: readonly TraceSearch[Name][] } = {
  service: ['service-1', 'nobody'],
  environment: ['production', 'staging', 'nowhere'],
  operation: ['GET /place-1', 'GET /nothing'],
  minEvents: [2, 1000],
  sinceNs: [stored.atNs(1_000_000), stored.atNs(2_500_000)],
  untilNs: [stored.atNs(1000), stored.atNs(1_000_000)],
  minDurationMs: [0.5, 1000, 1_000_000],
  maxDurationMs: [0, 1000],
  hasErrors: [true, false],
  hasRaces: [true, false],
  hasAnomalies: [true, false],
  text: ['service-1', 'trace-000001', 'GET /place-1', 'nothing'],
  variable: ['row-4', 'row-5', 'nothing'],
  tags: [[{ key: 'user', value: '1' }], [{ key: 'user', value: 'nobody' }]],
};

const searches: readonly TraceSearch[] = [
  unsearched,
  ...Object.entries(asked).flatMap(([name, values]) =>
    values.map((value) => ({ ...unsearched, [name]: value })),
  ),
];

const queries: readonly TraceQuery[] = searches.map((search) => ({ ...everyTrace, ...search }));
const bounded = queries.map((query) => ({ ...query, countMax: 10_000 }));
const inBothOrders = queries.flatMap((query) => [query, { ...query, sort: 'asc' as const }]);

export const listPlaces: Places = {
  countTraces: growing(
    'it counts all that match',
    250_000,
    ...[...queries, ...bounded].map(countTraces),
  ),
  selectTracePage: growing(
    'few that no index finds are looked for among all',
    150_000,
    ...inBothOrders.map((query) =>
      selectTracePage(query, query.text?.startsWith('s') ? 10_000 : 1000),
    ),
  ),
  LATEST_FIRST: null,
  searchedText: null,
  traceFilter: null,
  tracesOfService: null,
  tracesOfVariable: null,
  hasRoot: null,
  namesOf: null,
  tracesNamed: null,
  isNamed: null,
  hasNamedService: null,
  hasTags: null,
  tracesTagged: null,
  all: null,
};

const fewTraces = Array.from({ length: 100 }, (_, place) => stored.traceId(1000 + place));

export const glancePlaces: Places = {
  GATHERED_TRACES_MAX: null,
  glanceAtLatest: within(10_000, ...searches.map((search) => glanceAtLatest(search, 1000))),
  latestTraces: null,
  isOfThese: null,
  glanceAtThese: within(2000, ...searches.map((search) => glanceAtThese(fewTraces, search))),
  selectNamedTraces: within(5000, ...searches.flatMap(selectNamedTraces)),
};

const keys = [null, 'user'];

export const tagPlaces: Places = {
  countTagsOfLatest: within(
    15_000,
    ...searches.flatMap((search) => keys.map((key) => countTagsOfLatest(search, key, 1000))),
  ),
  countTagsOfThese: within(
    2000,
    ...searches.flatMap((search) =>
      keys.map((key) => countTagsOfThese(fewTraces, search, key, 1000)),
    ),
  ),
};

import { unfiltered } from '../../src/domain/trace/trace-query.ts';
import { everything } from '../../src/domain/trace/trace-selection.ts';
import {
  eraseDerivedRows,
  eraseEmptySums,
  eraseEmptyVariableIssues,
  eraseServiceBuckets,
  eraseServiceCounts,
  eraseTraceRows,
  leaveGroups,
  lockExpired,
  lockFreeTraces,
  lockServiceCounts,
  lockServices,
  scanTraces,
  selectConcerned,
  selectGoneServices,
  selectReceipts,
  selectStored,
  tryShareExpiry,
} from '../../src/storage/postgres/erasure/erasure-queries.ts';
import { stored } from './filled-store.ts';
import { growing, type Places, within } from './place.ts';

const traceIds = Array.from({ length: 20 }, (_, place) => stored.traceId(1000 + 10 * place));
const { traces, services, others } = eraseTraceRows(traceIds);

export const erasurePlaces: Places = {
  scanTraces: within(
    15_000,
    scanTraces(everything, null, 1000),
    scanTraces({ ...everything, traceIds }, null, 1000),
    scanTraces({ ...everything, service: 'service-1' }, null, 1000),
    scanTraces({ ...everything, untilNs: stored.atNs(1000) }, null, 1000),
    scanTraces({ ...everything, ...unfiltered, hasErrors: true }, null, 1000),
    scanTraces({ ...everything, keyName: 'key' }, stored.traceId(1000), 1000),
    scanTraces({ ...everything, tags: [{ key: 'user', value: '1' }] }, null, 1000),
  ),
  tryShareExpiry: within(0, tryShareExpiry('1')),
  selectReceipts: within(20, selectReceipts),
  lockExpired: within(3000, lockExpired(stored.atNs(1_000_000), 250)),
  selectConcerned: within(1500, selectConcerned(traceIds)),
  lockFreeTraces: within(400, lockFreeTraces(traceIds)),
  selectStored: within(200, selectStored(traceIds)),
  eraseTraceRows: within(2000, services, ...[...traces, ...others].map(({ query }) => query)),
  lockServices: within(0, lockServices('1')),
  selectGoneServices: within(
    50,
    selectGoneServices(['service-1', 'nobody'], ['service-1', 'nobody']),
  ),
  eraseServiceBuckets: growing(
    'it looks at what is learnt of all operations',
    25_000,
    eraseServiceBuckets(['service-1']),
  ),
  eraseDerivedRows: within(2000, ...eraseDerivedRows(traceIds, traceIds).map(({ query }) => query)),
  eraseServiceCounts: within(100, eraseServiceCounts(['service-1', 'nobody'])),
  lockServiceCounts: within(100, lockServiceCounts(['service-1', 'nobody'])),
  eraseEmptyVariableIssues: within(1500, eraseEmptyVariableIssues(['row-4'])),
  eraseEmptySums: within(
    100,
    ...eraseEmptySums(['row-4'], ['0000000000000000']).map(({ query }) => query),
  ),
  leaveGroups: within(1500, leaveGroups(traceIds, traceIds)),
};

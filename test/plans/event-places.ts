import {
  insertEvents,
  mergeTraceServices,
  mergeTraces,
  restoreEvents,
  selectEvents,
  selectRevisions,
  selectServiceActivity,
  selectServices,
  selectServicesIn,
  selectStatistics,
  selectTrace,
} from '../../src/storage/postgres/events/event-queries.ts';
import {
  eraseEmptyBuckets,
  insertVerdicts,
  lockBuckets,
  mergeBucketRows,
  selectBuckets,
  selectFunctions,
  selectLatestVerdicts,
  selectOperations,
  selectRequests,
  selectTimedEvents,
  selectToldCounts,
  selectVerdicts,
  subtractBuckets,
} from '../../src/storage/postgres/events/latency-queries.ts';
import { mergeKeySightings, selectKeySightings } from '../../src/storage/postgres/key-queries.ts';
import { traceTables } from '../../src/storage/postgres/schema/rights.ts';
import { stored } from './filled-store.ts';
import { aside, growing, type Places, within } from './place.ts';

const traceId = stored.traceId(1000);
const traceIds = [1000, 2000, 3000].map(stored.traceId);
const eventId = '00000000-0000-4000-8000-000000000001';
const timestamp = '2025-10-09T08:53:20Z';
const at = String(stored.atNs(1000));

const summary = {
  event_count: 1,
  error_count: 0,
  first_timestamp_ns: at,
  first_event_id: eventId,
  first_timestamp: timestamp,
  last_timestamp_ns: at,
  last_event_id: eventId,
  last_timestamp: timestamp,
  root: 'GET /place-1',
  root_standing: 0,
  root_timestamp_ns: at,
  root_event_id: eventId,
  last_activity_ns: at,
  anomaly_count: 0,
  judged_count: 1,
  unjudged_count: 0,
  learning_count: null,
  key_names: [],
  environments: ['production'],
};

const event = {
  id: eventId,
  timestamp_text: timestamp,
  timestamp_ns: at,
  kind: 'HttpRequest',
  service: 'service-1',
  operation: 'GET /place-1',
  is_error: false,
  payload: {},
  metadata: {},
};

const verdict = {
  event_id: eventId,
  timestamp_ns: at,
  timestamp_text: timestamp,
  service: 'service-1',
  kind: 'HttpResponse',
  operation: 'GET /place-1',
  status: 'ok',
  label: 'label',
  location: 'place',
  anomaly: 'slow',
  severity: 'WARNING',
  duration_ms: 1,
  deviations: 9,
  baseline_count: 9,
  p50_ms: 1,
  p999_ms: 2,
};

const bucket = {
  operation_key: stored.operationKey(1),
  slot: 1,
  period: 489_001,
  service: 'service-1',
  kind: 'HttpResponse',
  operation: 'GET /place-1',
  status: 'ok',
  learnt: { 1: 1 },
  flagged: {},
};

/** A known trace and a new one. */
const ofTwo = (row: object) =>
  JSON.stringify([traceId, 'trace-new'].map((id) => ({ trace_id: id, ...row })));

const anyVerdict = {
  sinceNs: null,
  untilNs: null,
  service: null,
  environment: null,
  operation: null,
  before: null,
  limit: 51,
};
const anyOperation = { service: null, operation: null, text: null, limit: 50, offset: 0 };

export const eventPlaces: Places = {
  THIS_CLUSTER: null,
  EVENT_COLUMNS: null,
  TRACE_COLUMNS: null,
  SUMMARY_COLUMNS: null,
  insertEvents: within(60, insertEvents(ofTwo(event), timestamp)),
  restoreEvents: within(60, restoreEvents(ofTwo({ ...event, received_us: 1 }))),
  mergeTraces: within(150, mergeTraces(ofTwo(summary), stored.atNs(2000))),
  mergeTraceServices: within(
    40,
    mergeTraceServices(ofTwo({ service_key: 'service-1', service: 'service-1', event_count: 1 })),
  ),
  selectEvents: within(
    20,
    selectEvents(traceId, { timestampNs: -1n, id: eventId }, 1000, 1_000_000),
  ),
  selectTrace: within(20, selectTrace(traceId)),
  selectRevisions: within(40, selectRevisions(traceIds)),
  selectServices: within(100, selectServices),
  selectServicesIn: growing(
    'it counts the traces of an environment',
    160_000,
    selectServicesIn('staging'),
  ),
  selectServiceActivity: growing(
    'it counts the traces of the time that is asked for',
    15_000,
    selectServiceActivity(stored.atNs(2_000_000 - 2000), null),
    selectServiceActivity(stored.atNs(2_000_000 - 2000), 'staging'),
  ),
  selectStatistics: within(1500, selectStatistics(traceTables)),
};

export const latencyPlaces: Places = {
  selectRequests: within(
    20,
    selectRequests(
      JSON.stringify([{ place: 0, trace_id: traceId, strand: 'strand', before_ns: at }]),
      true,
    ),
  ),
  selectFunctions: within(
    20,
    selectFunctions(
      JSON.stringify([{ trace_id: traceId, until_ns: at, operations: ['work'] }]),
      1000,
    ),
  ),
  selectBuckets: within(100, selectBuckets([1, 2, 3].map(stored.operationKey))),
  mergeBucketRows: within(40, mergeBucketRows(JSON.stringify([bucket]))),
  selectTimedEvents: within(60, selectTimedEvents(traceIds)),
  openTimedEvents: aside,
  fetchTimedEvents: aside,
  closeTimedEvents: aside,
  lockBuckets: within(150, lockBuckets([1, 2, 3].map(stored.operationKey))),
  subtractBuckets: within(40, subtractBuckets(JSON.stringify([bucket]))),
  eraseEmptyBuckets: within(100, eraseEmptyBuckets([1, 2, 3].map(stored.operationKey))),
  insertVerdicts: within(60, insertVerdicts(ofTwo(verdict))),
  selectVerdicts: within(20, selectVerdicts(traceId, 100)),
  selectLatestVerdicts: growing(
    'traces of an environment are looked for among those of all verdicts',
    120_000,
    selectLatestVerdicts(anyVerdict),
    selectLatestVerdicts({ ...anyVerdict, sinceNs: stored.atNs(1_000_000) }),
    selectLatestVerdicts({ ...anyVerdict, service: 'service-20' }),
    selectLatestVerdicts({ ...anyVerdict, service: 'service-1' }),
    selectLatestVerdicts({ ...anyVerdict, operation: 'GET /place-100' }),
    selectLatestVerdicts({ ...anyVerdict, environment: 'staging' }),
  ),
  selectOperations: growing(
    'it looks at what is learnt of all operations, which are those of programs and not of their traffic',
    20_000,
    selectOperations(anyOperation),
    selectOperations({ ...anyOperation, service: 'service-1' }),
    selectOperations({ ...anyOperation, operation: 'GET /place-1' }),
    selectOperations({ ...anyOperation, text: 'place-1' }),
  ),
  selectToldCounts: within(10, selectToldCounts(traceId)),
};

const note = { digest: '0'.repeat(64), usedAtMs: 1 };

export const keyPlaces: Places = {
  mergeKeySightings: within(20, mergeKeySightings([note], 1)),
  selectKeySightings: within(10, selectKeySightings([note.digest])),
  keySightingsOf: null,
};

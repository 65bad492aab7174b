import {
  selectNextUnsealed,
  selectOneOfDay,
} from '../../src/storage/postgres/sealed/partition-queries.ts';
import {
  emptySealed,
  eraseSealed,
  eraseSealedEvents,
  lockUnsealed,
  markSealed,
  markUnsealed,
  selectEventsOf,
  selectSealed,
  selectSealedBefore,
  selectSealedDays,
  selectUnsealed,
  upsertSealed,
} from '../../src/storage/postgres/sealed/seal-queries.ts';
import { dayOf } from '../../src/storage/postgres/sealed/utc-day.ts';
import { isSealed, stored } from './filled-store.ts';
import { aside, type Places, within } from './place.ts';

const sealed = Array.from({ length: 100 }, (_, place) => 4 * place + 1).filter(isSealed);
const sealedIds = sealed.map(stored.traceId);
const traceIds = Array.from({ length: 100 }, (_, place) => stored.traceId(4 * place + 2));
const day = dayOf(stored.atNs(1));
const due = { beforeNs: stored.atNs(1_000_000), after: null, isAnalysed: true } as const;
const rows = traceIds.map((traceId) => ({
  traceId,
  day,
  eventCount: 1,
  document: Buffer.alloc(1000),
}));

export const sealPlaces: Places = {
  SEALED_EVENTS_MAX: null,
  selectUnsealed: within(
    1500,
    selectUnsealed(due, 500),
    selectUnsealed(
      { ...due, after: { receivedNs: stored.atNs(500_000), traceId: stored.traceId(500_000) } },
      500,
    ),
  ),
  lockUnsealed: within(1500, lockUnsealed(traceIds, due)),
  selectEventsOf: within(800, selectEventsOf(traceIds, 8_000_000)),
  upsertSealed: within(2500, upsertSealed(rows)),
  markSealed: within(6000, markSealed(rows)),
  eraseSealedEvents: within(1000, eraseSealedEvents(traceIds)),
  selectSealedDays: within(800, selectSealedDays([...traceIds, ...sealedIds])),
  selectSealed: within(600, selectSealed(day, sealedIds)),
  markUnsealed: within(100, markUnsealed(sealedIds[0] ?? '', day)),
  emptySealed: within(20, emptySealed(sealedIds[0] ?? '', day, '3')),
  // Of each of thirty days; whoever erases asks for twenty at a time.
  eraseSealed: within(3000, eraseSealed(sealedIds.slice(0, 20))),
  selectSealedBefore: within(2000, selectSealedBefore(stored.atNs(1_000_000), 100)),
};

export const partitionPlaces: Places = {
  selectPartitionDays: aside,
  selectSealRights: aside,
  createPartition: aside,
  attachPartition: aside,
  lockPartition: aside,
  lockPartitions: aside,
  selectOneOfDay: within(100, selectOneOfDay(day)),
  dropPartition: aside,
  selectNextUnsealed: within(20, selectNextUnsealed(stored.atNs(1000))),
};

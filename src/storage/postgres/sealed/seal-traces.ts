import type { SealQuery } from '../../seal-store.ts';
import { type SealedEvent, sealedBytes } from '../../sealed/sealed-code.ts';
import type { Session } from '../connection/session.ts';
import { eventOf } from '../events/rows.ts';
import {
  eraseSealedEvents,
  lockUnsealed,
  markSealed,
  type SealedRow,
  selectEventsOf,
  type UnsealedRow,
  upsertSealed,
} from './seal-queries.ts';
import { dayOf } from './utc-day.ts';

/** Characters of the events of one transaction, so that its process holds only so many; a trace of more stays as it is. */
const BATCH_CHARACTERS = 8 * 1024 * 1024;

/** Traces that a transaction has sealed, and the first one that was too large for it; null: none was. */
export interface SealedBatch {
  readonly sealed: readonly SealedRow[];
  readonly tooLarge: string | null;
}

/**
 * Puts the events of traces into documents, and takes them from where they were. What somebody else holds, or
 * changed meanwhile, is left out.
 */
export async function sealTraces(
  session: Session,
  traceIds: readonly string[],
  query: SealQuery,
): Promise<SealedBatch> {
  const locked = await session.named<UnsealedRow>(lockUnsealed(traceIds, query));
  const ids = locked.map(({ trace_id }) => trace_id);
  const rows = await session(selectEventsOf(ids, BATCH_CHARACTERS));
  const events = byTrace(rows);
  const sealed: SealedRow[] = [];
  let tooLarge: string | null = null;
  for (const { trace_id: traceId, received_ns, event_count } of locked) {
    const own = events.get(traceId) ?? [];
    if (own.length === 0 || own.length < Number(event_count)) {
      tooLarge ??= traceId;
      continue;
    }
    sealed.push({
      traceId,
      day: dayOf(BigInt(received_ns)),
      eventCount: own.length,
      document: await sealedBytes(own),
    });
  }
  if (sealed.length === 0) return { sealed, tooLarge };
  await session(upsertSealed(sealed));
  const [erased] = await session(eraseSealedEvents(sealed.map(({ traceId }) => traceId)));
  const count = sealed.reduce((sum, { eventCount }) => sum + eventCount, 0);
  if (Number(erased?.[0]) !== count) {
    throw new Error(`${count} events were sealed, and ${erased?.[0]} taken away`);
  }
  await session(markSealed(sealed));
  return { sealed, tooLarge };
}

function byTrace(rows: readonly unknown[][]): Map<string, SealedEvent[]> {
  const events = new Map<string, SealedEvent[]>();
  for (const [receivedUs, ...row] of rows) {
    const event = eventOf(row);
    const known = events.get(event.traceId) ?? [];
    events.set(event.traceId, known);
    known.push({ event, receivedUs: BigInt(receivedUs as string) });
  }
  return events;
}

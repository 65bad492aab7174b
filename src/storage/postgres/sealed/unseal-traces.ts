import { RacewayError } from '../../../domain/errors.ts';
import { sealedEvents } from '../../sealed/sealed-code.ts';
import type { Session } from '../connection/session.ts';
import { restoreEvents } from '../events/event-queries.ts';
import { receivedEventRows } from '../events/rows.ts';
import {
  type DocumentRow,
  emptySealed,
  markUnsealed,
  type SealedDayRow,
  selectSealed,
  selectSealedDays,
} from './seal-queries.ts';

/** How often events are stored whose traces others seal or unseal meanwhile. */
const ATTEMPTS = 5;

/** Traces are sealed, or were while they were read: their events have to be rows first. */
export class SealedTraces extends Error {
  readonly traceIds: readonly string[];

  constructor(traceIds: readonly string[]) {
    super(`${traceIds.length} traces are sealed`);
    this.traceIds = traceIds;
  }
}

/**
 * Does work that finds out what is sealed of the traces that it is about, and does it again with their ids.
 *
 * @param work gets the ids of traces that are to be unsealed
 */
export async function withUnsealed<Result>(
  work: (sealedIds: readonly string[]) => Promise<Result>,
): Promise<Result> {
  let sealedIds: readonly string[] = [];
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work(sealedIds);
    } catch (error) {
      if (!(error instanceof SealedTraces)) throw error;
      if (attempt === ATTEMPTS) {
        const message =
          'traces were sealed again whenever events came for them; send the same again';
        throw new RacewayError('unavailable', message, { cause: error });
      }
      sealedIds = [...new Set([...sealedIds, ...error.traceIds])];
    }
  }
}

/** A trace whose events are rows again, which its row does not say yet. */
export interface Restored {
  readonly traceId: string;
  readonly day: string;
  /** Of the document; null: somebody dropped its partition. */
  readonly version: string | null;
}

/**
 * Makes rows of the events of those traces that are sealed. {@link noteRestored} follows: rows first, then traces, as
 * whoever appends takes them, so that neither waits for the other in turn.
 */
export async function restoreSealed(
  session: Session,
  traceIds: readonly string[],
): Promise<readonly Restored[]> {
  const restored: Restored[] = [];
  for (const place of await session.named<SealedDayRow>(selectSealedDays(traceIds))) {
    const { trace_id: traceId, day } = place;
    const [row] = await session.named<DocumentRow>(selectSealed(day, [traceId]));
    if (row?.document.length === 0) throw new SealedTraces([traceId]);
    restored.push({ traceId, day, version: row?.version ?? null });
    if (row === undefined) continue;
    const events = await sealedEvents(traceId, row.document);
    await session(restoreEvents(receivedEventRows(events)));
  }
  return restored;
}

/**
 * Notes where the events of traces are now; needs no right to delete.
 *
 * @throws {SealedTraces} when somebody else changed one of them meanwhile: nothing of the transaction holds
 */
export async function noteRestored(session: Session, restored: readonly Restored[]): Promise<void> {
  for (const { traceId, day, version } of restored) {
    const marked = await session(markUnsealed(traceId, day));
    const emptied = version === null ? marked : await session(emptySealed(traceId, day, version));
    if (marked.length === 0 || emptied.length === 0) throw new SealedTraces([traceId]);
  }
}

/** Makes rows of the events of those traces that are sealed. */
export async function unsealTraces(session: Session, traceIds: readonly string[]): Promise<void> {
  await noteRestored(session, await restoreSealed(session, traceIds));
}

import type { EventRecord } from '../../../domain/event/event.ts';
import { nothingJudged } from '../../../domain/latency/verdict.ts';
import { summarise } from '../../../domain/trace/trace.ts';
import { KeyNames } from '../../key-names.ts';
import type { AppendOutcome, AppendRequest } from '../../storage.ts';
import type { Session } from '../connection/session.ts';
import { noteRestored, restoreSealed, SealedTraces } from '../sealed/unseal-traces.ts';
import { insertEvents, mergeTraceServices, mergeTraces } from './event-queries.ts';
import type { PostgresLatency } from './latency.ts';
import { eventRows, traceRows, traceServiceRows } from './rows.ts';

/** The events of an append without repetitions, in the order of the primary key. */
export interface AppendPlan {
  readonly requests: readonly AppendRequest[];
  readonly events: readonly EventRecord[];
}

/** Of events with the same trace id and id the first stays, in the order of requests. */
export function planAppend(requests: readonly AppendRequest[]): AppendPlan {
  const firsts = new Map<string, EventRecord>();
  for (const { events } of requests) {
    for (const event of events) {
      const key = keyOf(event.id, event.traceId);
      if (!firsts.has(key)) firsts.set(key, event);
    }
  }
  return { requests, events: [...firsts.values()].sort(compareKeys) };
}

/**
 * Inserts the events that are new, then adds them to the summaries of their traces. Everyone takes
 * the tables and the rows in the same order, so that two writers of the same traces wait for each
 * other but never both at once.
 *
 * @param latency null when durations are not judged
 * @param sealedIds traces that are sealed, and are not from now on
 * @throws {SealedTraces} when others of the traces are sealed, so that nobody knows which events are new
 */
export async function runAppend(
  session: Session,
  plan: AppendPlan,
  receivedNs: bigint,
  latency: PostgresLatency | null,
  sealedIds: readonly string[] = [],
): Promise<AppendOutcome[]> {
  const receivedAt = new Date(Number(receivedNs / 1_000_000n)).toISOString();
  const restored = sealedIds.length === 0 ? [] : await restoreSealed(session, sealedIds);
  const rows = await session(insertEvents(eventRows(plan.events), receivedAt));
  await noteRestored(session, restored);
  const inserted = insertedEvents(plan.events, rows);
  const isInserted = new Set(inserted);
  const traces = byTrace(inserted);
  if (traces.length > 0) {
    const judgement =
      (await latency?.judge(session, inserted, plan.events, receivedNs)) ?? nothingJudged;
    const summaries = traces.map((events) => summarise(events, receivedNs));
    const sealed = await session(
      mergeTraces(traceRows(summaries, judgement.traces, writersOf(plan, isInserted)), receivedNs),
    );
    if (sealed.length > 0) throw new SealedTraces(sealed.map(([traceId]) => traceId as string));
    const counts = traces.flatMap((events, index) =>
      traceServiceRows(summaries[index]?.traceId as string, events),
    );
    await session(mergeTraceServices(JSON.stringify(counts)));
    await latency?.store(session, judgement);
  }
  return outcomes(plan.requests, isInserted);
}

function insertedEvents(events: readonly EventRecord[], rows: unknown[][]): readonly EventRecord[] {
  if (rows.length === events.length) return events;
  const keys = new Set(rows.map(([traceId, id]) => keyOf(id as string, traceId as string)));
  return events.filter((event) => keys.has(keyOf(event.id, event.traceId)));
}

/** Names of the keys whose requests stored an event of a trace. */
function writersOf({ requests }: AppendPlan, inserted: Set<EventRecord>): KeyNames {
  const names = new KeyNames();
  for (const { events, keyName } of requests) {
    if (keyName === null) continue;
    for (const event of events) if (inserted.has(event)) names.note(event.traceId, keyName);
  }
  return names;
}

function outcomes(requests: readonly AppendRequest[], inserted: Set<EventRecord>): AppendOutcome[] {
  return requests.map(({ events }) => {
    let accepted = 0;
    // An event object may stand in a request twice: it counts once.
    for (const event of events) accepted += inserted.delete(event) ? 1 : 0;
    return { accepted, duplicates: events.length - accepted };
  });
}

/** The events of each trace, for events in the order of the primary key. */
function byTrace(events: readonly EventRecord[]): EventRecord[][] {
  const groups: EventRecord[][] = [];
  for (const event of events) {
    const group = groups.at(-1);
    if (group?.[0]?.traceId === event.traceId) group.push(event);
    else groups.push([event]);
  }
  return groups;
}

/** Ids have a fixed length, so that no other pair gives the same text. */
function keyOf(id: string, traceId: string): string {
  return id + traceId;
}

function compareKeys(a: EventRecord, b: EventRecord): number {
  if (a.traceId !== b.traceId) return a.traceId < b.traceId ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}

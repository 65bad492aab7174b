import { RacewayError } from '../../../domain/errors.ts';
import type { EventRecord } from '../../../domain/event/event.ts';
import { hasTag, type Tag } from '../../../domain/trace/tag.ts';
import type { TraceSelection } from '../../../domain/trace/trace-selection.ts';
import { EVENT_PAGE_CHARACTERS, readPage } from '../../event-page.ts';
import { sealedEvents } from '../../sealed/sealed-code.ts';
import type { EventPosition, TraceScan } from '../../storage.ts';
import type { Session } from '../connection/session.ts';
import { type ScannedRow, scanTraces } from '../erasure/erasure-queries.ts';
import { selectEvents } from '../events/event-queries.ts';
import { eventOf } from '../events/rows.ts';
import { type DocumentRow, selectSealed } from './seal-queries.ts';

/** Documents that are read at once. */
const DOCUMENTS_READ = 100;
/** How often something is read whose traces others seal or unseal meanwhile. */
const ATTEMPTS = 5;

/**
 * Events of one trace, be it sealed or not: see `Storage.events`.
 *
 * @throws {RacewayError} `unavailable` when no document was found at any attempt: no events would be the trace's end
 */
export async function readEvents(
  session: Session,
  traceId: string,
  after: EventPosition,
  limit: number,
): Promise<EventRecord[]> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const rows = await session(selectEvents(traceId, after, limit, EVENT_PAGE_CHARACTERS));
    const day = (rows[0]?.at(-1) ?? null) as string | null;
    if (day === null) return rows.map(eventOf);
    const [row] = await session.named<DocumentRow>(selectSealed(day, [traceId]));
    // Unsealed between the two statements.
    if (row === undefined || row.document.length === 0) continue;
    const sealed = await sealedEvents(traceId, row.document);
    const start = sealed.findIndex(({ event }) => isBehind(event, after));
    const page = start === -1 ? [] : sealed.slice(start, start + limit);
    return readPage(page, ({ event }) => event);
  }
  throw documentsMissing();
}

function documentsMissing(): RacewayError {
  const message =
    'traces were sealed or unsealed whenever they were read; ask again. If it stays so, rows or partitions of ' +
    'sealed_traces were taken away, which only a backup brings back';
  return new RacewayError('unavailable', message);
}

function isBehind({ timestampNs, id }: EventRecord, after: EventPosition): boolean {
  return timestampNs === after.timestampNs ? id > after.id : timestampNs > after.timestampNs;
}

/**
 * A step of a walk over traces, be they sealed or not: see `Storage.scanTraces`.
 *
 * @throws {RacewayError} `unavailable` when documents were missing at every attempt: nobody knows whether their
 *   traces are selected
 */
export async function readScan(
  session: Session,
  selection: TraceSelection,
  after: string | null,
  limit: number,
): Promise<TraceScan> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    const rows = await session.named<ScannedRow>(scanTraces(selection, after, limit));
    const { found, isWhole } = await readTagged(session, rows, selection.tags);
    // Some were unsealed between two statements.
    if (!isWhole) continue;
    const traces = rows
      .filter((row) => row.is_selected === true || found.has(row.trace_id))
      .map((row) => ({ traceId: row.trace_id, eventCount: Number(row.event_count) }));
    return { traces, next: rows.at(-1)?.trace_id ?? null };
  }
  throw documentsMissing();
}

/** The sealed ones of some traces that have each of these tags on one event or another; whether all were found. */
async function readTagged(
  session: Session,
  rows: readonly ScannedRow[],
  tags: readonly Tag[],
): Promise<{ readonly found: ReadonlySet<string>; readonly isWhole: boolean }> {
  const found = new Set<string>();
  const byDay = new Map<string, string[]>();
  for (const { trace_id: traceId, day } of rows) {
    if (day !== null) byDay.set(day, [...(byDay.get(day) ?? []), traceId]);
  }
  let isWhole = true;
  for (const [day, traceIds] of byDay) {
    for (let at = 0; at < traceIds.length; at += DOCUMENTS_READ) {
      const part = traceIds.slice(at, at + DOCUMENTS_READ);
      const documents = await session.named<DocumentRow>(selectSealed(day, part));
      const full = documents.filter(({ document }) => document.length > 0);
      isWhole &&= full.length === part.length;
      for (const { trace_id: traceId, document } of full) {
        const events = await sealedEvents(traceId, document);
        if (tags.every((tag) => events.some(({ event }) => hasTag(event.metadata, tag)))) {
          found.add(traceId);
        }
      }
    }
  }
  return { found, isWhole };
}

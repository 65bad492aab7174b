import { RacewayError } from '../../../domain/errors.ts';
import { tagText } from '../../../domain/trace/tag.ts';
import type { TracePage, TraceQuery, TraceSearch } from '../../../domain/trace/trace-query.ts';
import type { Query } from '../connection/query.ts';
import type { Session } from '../connection/session.ts';
import { isText } from '../connection/text.ts';
import { within } from '../connection/time-limit.ts';
import { countTraces, selectTracePage } from './list-queries.ts';
import { summaryOf } from './rows.ts';
import { packWalkStart, unpackWalkStart } from './walk-start.ts';

/** How long the traces of a list are counted, and how long those of a page are looked for. */
const LIST_MS = 10_000;

/**
 * One page of the list of traces.
 *
 * @param walkStart when a walk began that begins with this page; null: as its rows say
 */
export async function readTracePage(
  session: Session,
  query: TraceQuery,
  walkStart: string | null,
): Promise<TracePage> {
  const found = (wanted: Query) => within(session, LIST_MS, (limited) => limited(wanted));
  const counted = query.cursor === null ? await found(countTraces(query)) : null;
  if (query.cursor === null && counted === null) throw tooManyTraces();
  const total = query.cursor?.total ?? Number(counted?.[0]?.[0]);
  if (total === 0) return { traces: [], total, next: null };
  const rows = await found(selectTracePage(query, total));
  if (rows === null) throw tooManyTraces();
  return pageOf(query, total, rows, walkStart);
}

/** Whether what a search names could be stored. */
export function isSearchable(search: TraceSearch): boolean {
  const { service, environment, operation, variable, text, tags } = search;
  const names = [service, environment, operation, variable, text, ...tags.map(tagText)];
  return names.every((name) => isText(name ?? ''));
}

function tooManyTraces(): RacewayError {
  const message =
    `the database did not count, or find, the traces of the list within ${LIST_MS / 1000} s: too many are ` +
    'stored; give since, a service or a tag, and totals=bounded';
  return new RacewayError('unavailable', message);
}

/**
 * @param rows one more than the page has room for, when there is another page
 * @param walkStart when a walk began that begins with these rows; null: as they say
 */
function pageOf(
  query: TraceQuery,
  total: number,
  rows: unknown[][],
  walkStart: string | null,
): TracePage {
  const page = rows.slice(0, query.limit);
  const traces = page.map((row) => summaryOf(row.slice(1)));
  const last = traces.at(-1);
  if (rows.length === page.length || last === undefined) return { traces, total, next: null };
  const asOf = query.cursor?.asOf ?? packWalkStart(walkStart ?? (page[0]?.[0] as string));
  const { lastActivityNs, traceId } = last;
  return { traces, total, next: { lastActivityNs, traceId, asOf, total } };
}

/** Rejects a cursor that cannot be one of this storage. */
export function refuseForeignCursor({ cursor }: TraceQuery): void {
  if (cursor === null) return;
  if (unpackWalkStart(cursor.asOf) === null || !isText(cursor.traceId)) throw foreignCursor();
}

export function foreignCursor(): RacewayError {
  const message = 'the cursor does not come from this server; start again without one';
  return new RacewayError('bad_request', message);
}

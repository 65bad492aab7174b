import type { MeasuredServer } from './programs.ts';

/** A way to ask for the list of traces. */
export interface ListCase {
  readonly name: string;
  readonly path: string;
  /** The path of a page deep in the list, by cursor; null when the list is too short. */
  readonly deepPath: string | null;
}

interface Page {
  readonly total_traces: number;
  readonly next_cursor: string | null;
  readonly traces: readonly {
    readonly trace_id: string;
    readonly last_timestamp: string;
    readonly root: string;
    readonly services: readonly string[];
  }[];
}

const PAGE_SIZE = 20;
/** The page that is asked for by cursor. */
export const DEEP_PAGE = 1000;

/** Every filter of the list, with values that the stored traces make interesting. */
export async function listCases(server: MeasuredServer): Promise<ListCase[]> {
  const { total_traces: total } = await list(server, 'page_size=1');
  const middle = await list(server, `page_size=1&page=${Math.ceil(total / 2)}`);
  const trace = middle.traces[0];
  if (trace === undefined) throw new Error('nothing is stored');
  const time = encodeURIComponent(trace.last_timestamp);
  const service = encodeURIComponent(trace.services[0] ?? '');
  const together = `service=${service}&min_events=2&since=${time}&min_duration_ms=1&has_errors=false&has_races=false`;
  const filters = {
    'no filter': '',
    'oldest first': 'sort=asc',
    service: `service=${service}`,
    'unknown service': 'service=nobody',
    'at least 10 events': 'min_events=10',
    'at least 10,000 events': 'min_events=10000',
    since: `since=${time}`,
    until: `until=${time}`,
    '20 ms or longer': 'min_duration_ms=20',
    'an hour or longer': 'min_duration_ms=3600000',
    'with errors': 'has_errors=true',
    'without errors': 'has_errors=false',
    'with races': 'has_races=true',
    'without races': 'has_races=false',
    'q: trace id': `q=${trace.trace_id}`,
    'q: operation': `q=${encodeURIComponent(trace.root)}`,
    'q: service': `q=${service}`,
    'all at once': `${together}&q=${service}`,
    'all at once, q: operation': `${together}&q=${encodeURIComponent(trace.root)}`,
  };
  const cases: ListCase[] = [];
  for (const [name, filter] of Object.entries(filters)) {
    cases.push({ name, path: pathOf(filter), deepPath: await deepPathOf(server, filter) });
  }
  return cases;
}

/** The path of the second page of the whole list, by cursor. */
export async function secondPage(server: MeasuredServer): Promise<string> {
  const { next_cursor: cursor } = await list(server, '');
  return pathOf(`cursor=${cursor}`);
}

async function deepPathOf(server: MeasuredServer, filter: string): Promise<string | null> {
  const { total_traces: total } = await list(server, filter);
  const page = Math.min(DEEP_PAGE, Math.floor(total / PAGE_SIZE)) - 1;
  if (page < 1) return null;
  const { next_cursor: cursor } = await list(server, `${filter}&page=${page}`);
  return cursor === null ? null : pathOf(`${filter}&cursor=${cursor}`);
}

async function list(server: MeasuredServer, query: string): Promise<Page> {
  return (await server.get(pathOf(query))) as Page;
}

function pathOf(query: string): string {
  return `/api/traces?${query}`.replace('?&', '?');
}

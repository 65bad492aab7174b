import { key, type MeasuredServer } from '../programs.ts';
import type { PostgresMeter } from './postgres-meter.ts';

/** What a kind of request costs. */
export interface RouteFigure {
  readonly name: string;
  /** Of 8 kB that Postgres looked at for one, on the average; null: it was not answered with 200. */
  readonly blocks: number | null;
  readonly p50Ms: number;
  /** The slowest, of fewer than a hundred. */
  readonly p99Ms: number;
  readonly requests: number;
}

/** At most so many requests of a kind, for so long at most, and so many at least. */
export interface Patience {
  readonly most: number;
  readonly least: number;
  readonly ms: number;
}

/** Never answered to an end, asked twice, no question about the store, or about spans, which are not stored here. */
const leftOut = [
  ...['/api/live', '/api/export', '/openapi.json', '/api/status'],
  '/jaeger/api/traces/{traceId}',
];
/** Where a path or query names something that is stored. */
type Names = Readonly<Record<string, readonly string[]>>;

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
}

interface Description {
  readonly paths: Readonly<
    Record<string, { readonly get?: { readonly parameters?: readonly Parameter[] } }>
  >;
}

/** A kind of request, as paths of several things that are stored. */
interface RouteCase {
  readonly name: string;
  readonly paths: readonly string[];
}

/** Every route that reads, as the server describes itself, and the list with its filters. */
export async function routeCases(server: MeasuredServer): Promise<readonly RouteCase[]> {
  const names = await storedNames(server);
  const { paths } = JSON.parse(await textOf(server, '/openapi.json')) as Description;
  const routes = Object.entries(paths).flatMap(([path, { get }]) => {
    if (get === undefined || leftOut.includes(path)) return [];
    const given = (get.parameters ?? []).filter(
      (parameter) => parameter.required === true || parameter.in === 'path',
    );
    return [{ name: path, paths: pathsOf(path, given, names) }];
  });
  return [...routes, ...filteredLists(names)];
}

function pathsOf(path: string, parameters: readonly Parameter[], names: Names): readonly string[] {
  const count = Math.max(...parameters.map(({ name }) => names[name]?.length ?? 1), 1);
  return Array.from({ length: count }, (_, place) => {
    let filled = path;
    const query: string[] = [];
    for (const { name, in: where } of parameters) {
      const stored = names[name] ?? [''];
      const value = encodeURIComponent(stored[place % stored.length] as string);
      if (where === 'path') filled = filled.replace(`{${name}}`, value);
      else query.push(`${name}=${value}`);
    }
    return query.length === 0 ? filled : `${filled}?${query.join('&')}`;
  });
}

function filteredLists(names: Names): readonly RouteCase[] {
  const [service = ''] = names['service'] ?? [];
  const [traceId = ''] = names['traceId'] ?? [];
  const name = encodeURIComponent(service);
  const filters = {
    'has_errors=true': 'has_errors=true',
    'has_errors=false': 'has_errors=false',
    'has_errors=false&totals=bounded': 'has_errors=false&totals=bounded',
    'has_races=true': 'has_races=true',
    'min_events=10': 'min_events=10',
    'min_events=10&totals=bounded': 'min_events=10&totals=bounded',
    'min_duration_ms=20': 'min_duration_ms=20',
    'min_duration_ms=20&totals=bounded': 'min_duration_ms=20&totals=bounded',
    'service=NAME': `service=${name}`,
    'q=ID': `q=${traceId.slice(0, 8)}`,
    'q=NAME': `q=${name}`,
    'q=NAME&totals=bounded': `q=${name}&totals=bounded`,
    'page=40': 'page=40',
  };
  return Object.entries(filters).map(([shown, filter]) => ({
    name: `/api/traces?${shown}`,
    paths: [`/api/traces?${filter}`],
  }));
}

interface Listed {
  readonly data: {
    readonly traces?: readonly { readonly trace_id: string }[];
    readonly issues?: readonly { readonly fingerprint: string; readonly variable: string }[];
    readonly services?: readonly { readonly name: string }[];
  };
}

async function storedNames(server: MeasuredServer): Promise<Names> {
  const ask = async (path: string) =>
    ((JSON.parse(await textOf(server, path)) as Listed).data ?? {}) as Listed['data'];
  const { traces = [] } = await ask('/api/traces?page_size=40');
  const { issues = [] } = await ask('/api/races?evidence=E0&page_size=10');
  const { services = [] } = await ask('/api/services');
  const { traces: racing = [] } = await ask('/api/traces?has_races=true&page_size=1');
  return {
    traceId: [...racing, ...traces].map(({ trace_id }) => trace_id),
    fingerprint: issues.map(({ fingerprint }) => fingerprint),
    service: services.slice(0, 10).map(({ name }) => name),
    variable: issues.map(({ variable }) => variable),
    row: ['0'],
    number: ['1'],
    format: ['md'],
  };
}

/** Asks one after the other, until it was often or long enough. */
export async function measureRoute(
  server: MeasuredServer,
  meter: PostgresMeter,
  { name, paths }: RouteCase,
  { most, least, ms }: Patience,
  idleBlocksPerSecond: number,
): Promise<RouteFigure> {
  const times: number[] = [];
  let isAnswered = true;
  const begunMs = performance.now();
  const { cost } = await meter.measure(async () => {
    const endMs = performance.now() + ms;
    while (times.length < most && (times.length < least || performance.now() < endMs)) {
      const startedMs = performance.now();
      const reply = await ask(server, paths[times.length % paths.length] as string);
      await reply.arrayBuffer();
      if (reply.status !== 200) isAnswered = false;
      times.push(performance.now() - startedMs);
      if (!isAnswered) break;
    }
  });
  const idle = (idleBlocksPerSecond * (performance.now() - begunMs)) / 1000;
  const blocks = Math.max(0, Math.round((cost.blocks - idle) / times.length));
  times.sort((a, b) => a - b);
  return {
    name,
    blocks: isAnswered ? blocks : null,
    p50Ms: times[Math.floor((times.length - 1) / 2)] as number,
    p99Ms: times[Math.floor(0.99 * (times.length - 1))] as number,
    requests: times.length,
  };
}

function ask(server: MeasuredServer, path: string): Promise<Response> {
  return fetch(server.url + path, { headers: { authorization: `Bearer ${key}` } });
}

async function textOf(server: MeasuredServer, path: string): Promise<string> {
  const reply = await ask(server, path);
  return reply.text();
}

import { setTimeout as pause } from 'node:timers/promises';
import { type JsonObject, type JsonValue, numberOf } from '../domain/json.ts';
import { objectIn } from '../domain/json-members.ts';
import { parseTimestamp } from '../domain/timestamp.ts';
import { type Race, readRace } from '../report/race.ts';
import { reservationsOf, type Shortfall } from '../report/reservations.ts';
import type { Server } from './server-client.ts';
import { readData } from './server-data.ts';

/** What a server has found, and whether that is all. */
export interface RaceList {
  readonly races: readonly Race[];
  /** The same as the server tells them. */
  readonly issues: readonly JsonValue[];
  /** Races that match all that was asked, by what keeps them out of the list. */
  readonly hidden: JsonObject;
  /** What keeps it from being all; a sentence each. */
  readonly reservations: readonly string[];
  /** Stored events were still being analysed when the patience came to its end. */
  readonly isStale: boolean;
}

/** Filters of the list by their names on the wire; undefined is none. */
export type RaceFilters = Readonly<Record<string, string | undefined>>;

/** More are no longer read by anybody. */
const racesMax = 2000;
const pageSize = 100;
/** Between two questions whether the analysis has ended; the server waits a moment by itself too. */
const pauseMs = 100;

/**
 * Reads the races of a server when it has analysed what it stored.
 *
 * @param patienceMs how long the analysis may take
 */
export async function readRaces(
  server: Server,
  filters: RaceFilters,
  patienceMs: number,
): Promise<RaceList> {
  const endMs = performance.now() + patienceMs;
  let first = await readPage(server, filters, 1);
  while (first['stale'] === true && performance.now() < endMs) {
    await pause(pauseMs);
    first = await readPage(server, filters, 1);
  }
  const total = numberOf(first['total_issues']) ?? 0;
  const issues = [...issuesOf(first)];
  for (let page = 2; issues.length < Math.min(total, racesMax); page += 1) {
    const next = issuesOf(await readPage(server, filters, page));
    if (next.length === 0) break;
    issues.push(...next);
  }
  const isStale = first['stale'] === true;
  return {
    races: issues.map((issue) => readRace(issue)),
    issues,
    hidden: objectIn(first['hidden']) ?? {},
    reservations: reservationsOf(shortfallOf(first, total, issues.length, isStale)),
    isStale,
  };
}

/** Whether a race happened at a time or later; null is any time. When nobody knows, it may have. */
export function isSince({ lastSeen }: Race, sinceNs: bigint | null): boolean {
  const lastNs = lastSeen === null ? null : parseTimestamp(lastSeen);
  return sinceNs === null || lastNs === null || lastNs >= sinceNs;
}

function shortfallOf(page: JsonObject, total: number, read: number, isStale: boolean): Shortfall {
  const { truncated_by: limit, cut: cuts, cut_count: cutCount } = page;
  const cut = objectIn(Array.isArray(cuts) ? cuts[0] : null) ?? {};
  const { trace_id: traceId, variable, limit: cutLimit } = cut;
  return {
    isStale,
    limit: typeof limit === 'string' ? limit : null,
    cut:
      typeof traceId === 'string'
        ? { traceId, variable: String(variable), limit: String(cutLimit) }
        : null,
    cutCount: Number(cutCount),
    total,
    read,
  };
}

function issuesOf(page: JsonObject): readonly JsonValue[] {
  const issues = page['issues'];
  return Array.isArray(issues) ? issues : [];
}

function readPage(server: Server, filters: RaceFilters, page: number): Promise<JsonObject> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) {
    if (value !== undefined) query.set(name, value);
  }
  query.set('page', String(page));
  query.set('page_size', String(pageSize));
  return readData(server, `/api/races?${query}`);
}

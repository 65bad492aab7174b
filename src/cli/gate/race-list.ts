import { setTimeout as pause } from 'node:timers/promises';
import { RacewayError } from '../../domain/errors.ts';
import { type JsonObject, type JsonValue, numberOf, parseJson } from '../../domain/json.ts';
import { type Race, readRace } from '../../report/race.ts';
import { refusal, retryAfterSeconds, type Server, send, textOf } from '../server-client.ts';

/** What a server has found, and whether that is all. */
export interface RaceList {
  readonly races: readonly Race[];
  /** What keeps it from being all; a sentence each. */
  readonly reservations: readonly string[];
  /** Stored events were still being analysed when the patience came to its end. */
  readonly isStale: boolean;
}

/** More are no longer read by anybody. */
const racesMax = 2000;
const pageSize = 100;
/** Between two questions whether the analysis has ended; the server waits a moment by itself too. */
const pauseMs = 100;
/** How often a server is asked again that is busy. */
const attemptsMax = 20;

/**
 * Reads the races of a server when it has analysed what it stored.
 *
 * @param evidence the weakest that is wanted
 * @param patienceMs how long the analysis may take
 */
export async function readRaces(
  server: Server,
  evidence: string,
  patienceMs: number,
): Promise<RaceList> {
  const endMs = performance.now() + patienceMs;
  let first = await readPage(server, evidence, 1);
  while (first['stale'] === true && performance.now() < endMs) {
    await pause(pauseMs);
    first = await readPage(server, evidence, 1);
  }
  const total = numberOf(first['total_issues']) ?? 0;
  const races = [...issuesOf(first)];
  for (let page = 2; races.length < Math.min(total, racesMax); page += 1) {
    const next = issuesOf(await readPage(server, evidence, page));
    if (next.length === 0) break;
    races.push(...next);
  }
  const isStale = first['stale'] === true;
  return { races, reservations: reservationsOf(first, total, races.length, isStale), isStale };
}

function reservationsOf(page: JsonObject, total: number, read: number, isStale: boolean): string[] {
  const limit = page['truncated_by'];
  return [
    ...(isStale ? ['some events are still being analysed; what they show is missing here'] : []),
    ...(typeof limit === 'string'
      ? [`the analysis of some traces came to a limit (${limit}); races may be missing`]
      : []),
    ...(read < total ? [`there are ${total} races; ${read} were read`] : []),
  ];
}

function issuesOf(page: JsonObject): Race[] {
  const issues = page['issues'];
  return Array.isArray(issues) ? issues.map(readRace) : [];
}

async function readPage(server: Server, evidence: string, page: number): Promise<JsonObject> {
  return readData(server, `/api/races?evidence=${evidence}&page=${page}&page_size=${pageSize}`);
}

/**
 * The `data` of an answer.
 *
 * @throws {RacewayError} when the server refuses, or says nothing
 */
export async function readData(server: Server, path: string): Promise<JsonObject> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(server, path).catch((cause: NodeJS.ErrnoException) => {
      const message = `${server.url.origin} does not answer (${cause.code ?? cause.message})`;
      throw new RacewayError('unavailable', message, { cause });
    });
    const text = await textOf(answer);
    const { statusCode = 0 } = answer;
    const isBusy = statusCode === 429 || statusCode === 503;
    if (isBusy && attempt < attemptsMax) {
      await pause(1000 * retryAfterSeconds(answer));
      continue;
    }
    if (statusCode !== 200) {
      throw new RacewayError('bad_request', `${server.url.origin}: ${refusal(answer, text)}`);
    }
    return dataOf(text, server);
  }
}

function dataOf(text: string, server: Server): JsonObject {
  let value: JsonValue = null;
  try {
    ({ value } = parseJson(text));
  } catch {
    // Not a server of ours: told below.
  }
  const data = isObject(value) ? value['data'] : undefined;
  if (data !== undefined && isObject(data)) return data;
  throw new RacewayError('bad_request', `${server.url.origin} is no Raceway server`);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

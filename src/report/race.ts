import { releaseText, type SeenRelease } from '../domain/findings/seen-release.ts';
import { type JsonObject, type JsonValue, numberOf, stringifyJson } from '../domain/json.ts';

/** One of the two places of a race. */
export interface Place {
  readonly service: string;
  /** As the SDK wrote it: often `file:line`. */
  readonly location: string;
  /** Method and route of the request; null where none is known. */
  readonly operation: string | null;
  readonly function: string | null;
  readonly accessType: string;
  readonly locks: readonly string[];
}

/** One step of how it happened. */
export interface RaceStep {
  readonly column: 1 | 2;
  readonly timestamp: string;
  readonly location: string;
  readonly accessType: string;
  readonly variable: string;
  /** JSON texts; null when there is none. */
  readonly oldValue: string | null;
  readonly newValue: string | null;
}

/** One way to close a race. */
export interface Remedy {
  readonly title: string;
  readonly text: string;
  /** Code or statements; empty where there are none. */
  readonly example: string;
}

/** A race as the API tells it, as far as people and their tools are told. */
export interface Race {
  readonly fingerprint: string;
  readonly variable: string;
  readonly pattern: string;
  readonly evidence: string;
  readonly severity: string;
  /** How often it was seen; with evidence E0 how often it could have been. */
  readonly count: number;
  /** Pairs of accesses that could meet so, whether or not they did; null from a server that does not say. */
  readonly pairsAtRisk: number | null;
  readonly firstSeen: string | null;
  readonly lastSeen: string | null;
  /** Releases when it was first and last seen, as texts for people; empty where none is known. */
  readonly firstRelease: string;
  readonly lastRelease: string;
  readonly places: readonly [Place, Place];
  /** One sentence on the best witness; empty without one. */
  readonly explanation: string;
  readonly steps: readonly RaceStep[];
  /** Likeliest first; none from a server that does not tell them. */
  readonly remedies: readonly Remedy[];
}

/**
 * Reads an issue of `GET /api/races`. Liberal, because the server may be another version: what is
 * missing is empty, what is unknown is left out.
 *
 * @param witnessIndex whose steps are told; the first is the best
 */
export function readRace(issue: JsonValue, witnessIndex = 0): Race {
  const members = objectOf(issue);
  const sites = listOf(members['sites']);
  const witness = objectOf(listOf(members['witnesses'])[witnessIndex]);
  return {
    fingerprint: textOf(members['fingerprint']),
    variable: textOf(members['variable']),
    pattern: textOf(members['pattern']),
    evidence: textOf(members['evidence']),
    severity: textOf(members['severity']),
    count: numberOf(members['count']) ?? 0,
    pairsAtRisk: numberOf(members['pairs_possible']),
    firstSeen: textOrNull(members['first_seen']),
    lastSeen: textOrNull(members['last_seen']),
    firstRelease: releaseText(listOf(members['first_release']).map(readRelease)),
    lastRelease: releaseText(listOf(members['last_release']).map(readRelease)),
    places: [readPlace(sites[0]), readPlace(sites[1])],
    explanation: textOf(witness['explanation']),
    steps: listOf(witness['steps']).map(readStep),
    remedies: listOf(members['remedies']).map(readRemedy),
  };
}

function readPlace(site: JsonValue | undefined): Place {
  const members = objectOf(site);
  return {
    service: textOf(members['service']),
    location: textOf(members['location']),
    operation: textOrNull(members['operation']),
    function: textOrNull(members['function']),
    accessType: textOf(members['access_type']),
    locks: listOf(members['locks']).map((lock) => textOf(objectOf(lock)['name'])),
  };
}

function readRelease(seen: JsonValue): SeenRelease {
  const members = objectOf(seen);
  return { service: textOf(members['service']), release: textOf(members['release']) };
}

function readRemedy(remedy: JsonValue): Remedy {
  const members = objectOf(remedy);
  return {
    title: textOf(members['title']),
    text: textOf(members['text']),
    example: textOf(members['example']),
  };
}

function readStep(step: JsonValue): RaceStep {
  const members = objectOf(step);
  return {
    column: numberOf(members['column']) === 2 ? 2 : 1,
    timestamp: textOf(members['timestamp']),
    location: textOf(members['location']),
    accessType: textOf(members['access_type']),
    variable: textOf(members['variable']),
    oldValue: valueText(members['old_value']),
    newValue: valueText(members['new_value']),
  };
}

function valueText(value: JsonValue | undefined): string | null {
  return value === undefined || value === null ? null : stringifyJson(value, true);
}

function objectOf(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : {};
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function textOf(value: JsonValue | undefined): string {
  return typeof value === 'string' ? value : '';
}

function textOrNull(value: JsonValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

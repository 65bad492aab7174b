import { storedFindings } from '../../../src/analysis/issues/derivation.ts';
import { issueSubject } from '../../../src/analysis/issues/issue-subject.ts';
import type { EventRecord } from '../../../src/domain/event/event.ts';
import type { Finding, FindingEvent, IssueSubject } from '../../../src/domain/findings/finding.ts';
import type {
  AccessSite,
  Footprint,
  FootprintSignature,
} from '../../../src/domain/findings/footprint.ts';
import type { ComparisonRecord, TraceRecord } from '../../../src/domain/trace/trace-record.ts';
import type { Aftermath, Encounter } from '../../../src/storage/derived.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { keyless, records, wireEvent } from '../../support/events.ts';

/** What tests of the derived store store: records as an analyser would make them. */

/** Later than every event of these tests. */
export const receivedNs = 2_000_000_000_000_000_000n;
/** More than there is of anything. */
export const EVERYTHING = 1000;

/** Stores one event more of each trace, and so marks it. */
export async function append(storage: Storage, ...traceIds: readonly string[]): Promise<void> {
  await storage.append(keyless(eventsOf(traceIds)), receivedNs);
}

/** One event, like no other, of each trace. */
export function eventsOf(traceIds: readonly string[]): readonly EventRecord[] {
  return records(traceIds.map((trace) => wireEvent({ trace })));
}

/** What a test says of a trace's analysis; the rest is empty. */
export type Analysed = Partial<
  Omit<TraceRecord, 'traceId' | 'eventCount' | 'mark' | 'findings'>
> & {
  readonly findings?: readonly Finding[];
};

/** What a test says of a trace's comparison; the rest is empty. */
export type Compared = Partial<Omit<ComparisonRecord, 'traceId' | 'mark' | 'findings'>> & {
  readonly findings?: readonly Finding[];
};

type Of<Part> = Readonly<Record<string, Part>> | ReadonlyMap<string, Part>;

function partOf<Part>(parts: Of<Part>, traceId: string): Part | undefined {
  if (parts instanceof Map) return parts.get(traceId);
  return Object.hasOwn(parts, traceId) ? (parts as Record<string, Part>)[traceId] : undefined;
}

/** The record of a claimed trace. */
export function traceRecord(
  claim: Pick<TraceRecord, 'traceId' | 'eventCount' | 'mark'>,
  { findings = [], ...part }: Analysed = {},
): TraceRecord {
  return {
    group: [claim.traceId],
    environments: ['test'],
    ownSpans: [],
    missingSpans: [],
    tags: [],
    footprints: [],
    subjects: findings.map(({ subject }) => subject),
    calls: [],
    cuts: [],
    ...claim,
    ...part,
    findings: storedFindings(claim.traceId, findings, false),
  };
}

/** The record of a claimed comparison. */
export function comparisonRecord(
  { traceId, mark }: Pick<ComparisonRecord, 'traceId' | 'mark'>,
  { findings = [], ...part }: Compared = {},
): ComparisonRecord {
  return {
    subjects: findings.map(({ subject }) => subject),
    cuts: [],
    traceId,
    mark,
    ...part,
    findings: storedFindings(traceId, findings, true),
  };
}

/** Analyses all that is marked. */
export async function analyse(
  { derived }: Storage,
  parts: Of<Analysed> = {},
  claimant = 'me',
): Promise<Aftermath> {
  const claims = await derived.claimTraces(claimant, EVERYTHING, null);
  return derived.recordTraces(
    claimant,
    claims.map((claim) => traceRecord(claim, partOf(parts, claim.traceId))),
  );
}

/** Compares all that is marked, and what the test says something of: as if others had met it. */
export async function compare(
  { derived }: Storage,
  parts: Of<Compared> = {},
  met: readonly Encounter[] = [],
): Promise<void> {
  const said = parts instanceof Map ? [...parts.keys()] : Object.keys(parts);
  const encounters = said.map((traceId) => ({ traceIds: [traceId], changedIds: [traceId] }));
  await derived.recordComparisons('me', [], encounters);
  const claims = await derived.claimComparisons('me', EVERYTHING, null);
  await derived.recordComparisons(
    'me',
    claims.map((claim) => comparisonRecord(claim, partOf(parts, claim.traceId))),
    met,
  );
}

/** A trace with all that is found out about it, stored and analysed. */
export async function stored(storage: Storage, parts: Of<Analysed>): Promise<void> {
  const traceIds = parts instanceof Map ? [...parts.keys()] : Object.keys(parts);
  await append(storage, ...traceIds);
  await analyse(storage, parts);
  await compare(storage);
}

/** A place in the code; a writer without locks unless said otherwise. */
export function site(part: Partial<AccessSite> = {}): AccessSite {
  return { service: 'web', location: 'a.ts:1', access_type: 'Write', locks: [], ...part };
}

/** What a trace did to a variable: one access for each signature. */
export function footprint(
  traceId: string,
  variable: string,
  firstNs: bigint,
  part: Partial<Footprint> = {},
  signatures: readonly Partial<FootprintSignature>[] = [{}],
): Footprint {
  return {
    traceId,
    variable,
    firstNs: String(firstNs),
    lastNs: String(firstNs + 10n),
    signatures: signatures.map((signature) => ({
      ...site(),
      scope: 'shared',
      process: JSON.stringify([signature.service ?? site().service, '']),
      crossLocks: [],
      environment: 'test',
      operation: null,
      functionName: null,
      clockErrorNs: 0,
      isOldValueTracked: false,
      undone: false,
      count: 1,
      ...signature,
    })),
    accesses: signatures.map((_signature, place) => ({
      eventId: `event ${place} of ${traceId}`,
      timestampNs: String(firstNs),
      timestamp: '2024-01-01T12:00:00Z',
      thread: `thread of ${traceId}`,
      signature: place,
      order: place,
      oldValue: null,
      newValue: '"\\u0000"',
    })),
    complete: true,
    transaction: null,
    group: [traceId],
    ...part,
  };
}

/** What an issue is about: two writers of a variable. */
export function subject(
  variable: string,
  scope: IssueSubject['scope'] = 'shared',
  sites: readonly [AccessSite, AccessSite] = [site(), site({ location: 'b.ts:2' })],
  environments: readonly [string, string] = ['test', 'test'],
): IssueSubject {
  const [one, two] = sites;
  const placed = [
    { ...one, environment: environments[0] },
    { ...two, environment: environments[1] },
  ] as const;
  return issueSubject(scope, variable, placed);
}

/** A finding of some traces about a subject, witnessed at a moment. */
export function finding(
  about: IssueSubject,
  traceIds: readonly string[],
  part: Partial<Finding> & { readonly atNs?: bigint } = {},
): Finding {
  const { atNs = 0n, ...more } = part;
  const [first, last] = [String(atNs), String(atNs + 5n)];
  return {
    subject: about,
    otherTraceId: null,
    evidence: 'E1',
    pattern: 'write_write',
    anomalyClass: null,
    verdict: 'predicted',
    locking: 'none',
    valueEffect: 'different',
    isRequestLocal: false,
    provenPairs: 0,
    overlappingPairs: 1,
    firstNs: first,
    lastNs: last,
    traceIds,
    witness: {
      variable: about.variable,
      events: [findingEvent(traceIds[0] ?? '', first), findingEvent(traceIds.at(-1) ?? '', last)],
      check: null,
      steps: [],
      explanation: `${traceIds.join(' and ')} met at ${atNs}`,
    },
    ...more,
  };
}

function findingEvent(traceId: string, at: string): FindingEvent {
  return {
    trace_id: traceId,
    event_id: `event of ${traceId} at ${at}`,
    timestamp: at,
    thread: 'main',
    service: 'web',
    operation: 'GET /a',
    function: null,
    location: 'a.ts:1',
    access_type: 'Write',
    old_value: null,
    new_value: { __proto__: null, text: '"\u0001' },
  };
}

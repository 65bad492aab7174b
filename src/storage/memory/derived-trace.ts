import type { Contribution } from '../../analysis/derivation.ts';
import type { Footprint } from '../../domain/footprint.ts';
import type { ServiceCalls, StoredFinding, TraceRecord } from '../../domain/trace-record.ts';
import {
  type ChangedSpan,
  CLAIM_SECONDS,
  type FootprintPlace,
  type Neighbour,
} from '../derived.ts';

/** What an entry of a map or tree takes besides its texts, as measured by bench/memory.ts. */
export const ENTRY_BYTES = 200;

export interface StoredFootprint extends Neighbour {
  /** JSON text of the {@link Footprint}. */
  readonly document: string;
}

export interface DerivedTrace {
  eventCount: number;
  analysedEvents: number;
  analyseMark: number;
  mark: number;
  spreads: boolean;
  /** Counts of the store when the trace was analysed, and when its comparison was claimed, last. */
  analysedAt: number;
  comparedAt: number;
  claimant: string | null;
  claimedUntilMs: number;
  ownSpans: readonly string[];
  missingSpans: readonly string[];
  group: readonly string[];
  footprints: readonly StoredFootprint[];
  findings: readonly StoredFinding[];
  calls: readonly ServiceCalls[];
}

/** A trace of which nothing is derived yet. */
export function newTrace(traceId: string): DerivedTrace {
  return {
    eventCount: 0,
    analysedEvents: 0,
    analyseMark: 0,
    mark: 0,
    spreads: false,
    analysedAt: 0,
    comparedAt: 0,
    claimant: null,
    claimedUntilMs: 0,
    ownSpans: [],
    missingSpans: [],
    group: [traceId],
    footprints: [],
    findings: [],
    calls: [],
  };
}

export function storedFootprint(footprint: Footprint): StoredFootprint {
  return {
    traceId: footprint.traceId,
    variable: footprint.variable,
    firstNs: BigInt(footprint.firstNs),
    lastNs: BigInt(footprint.lastNs),
    isTransaction: footprint.transaction !== null,
    document: JSON.stringify(footprint),
  };
}

/** Footprints as values, without those that stay as they are. */
export function parsed(
  footprints: readonly StoredFootprint[],
  stays: ReadonlySet<string>,
): Footprint[] {
  return footprints
    .filter(({ document }) => !stays.has(document))
    .map(({ document }) => JSON.parse(document) as Footprint);
}

export function bytesOf({ footprints, findings, calls }: DerivedTrace): number {
  const entries = footprints.length * 3 + findings.length * 5 + calls.length;
  const texts =
    footprints.reduce((sum, { document }) => sum + document.length, 0) +
    findings.reduce((sum, { witness }) => sum + witness.length, 0);
  return entries * ENTRY_BYTES + texts;
}

export const nothing: Contribution = { footprints: [], findings: [], calls: [] };

/** The spans that a trace has or looks for now and did not before, and the other way round. */
export function changedSpans(
  before: Pick<DerivedTrace, 'ownSpans' | 'missingSpans'>,
  after: Pick<TraceRecord, 'traceId' | 'ownSpans' | 'missingSpans'>,
): readonly ChangedSpan[] {
  const changed = (old: readonly string[], young: readonly string[], isMissing: boolean) =>
    [
      ...old.filter((span) => !young.includes(span)),
      ...young.filter((span) => !old.includes(span)),
    ].map((spanId) => ({ traceId: after.traceId, spanId, isMissing }));
  return [
    ...changed(before.ownSpans, after.ownSpans, false),
    ...changed(before.missingSpans, after.missingSpans, true),
  ];
}

export function comparePlaces(a: FootprintPlace, b: FootprintPlace): number {
  if (a.variable !== b.variable) return a.variable < b.variable ? -1 : 1;
  if (a.firstNs !== b.firstNs) return a.firstNs < b.firstNs ? -1 : 1;
  return a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0;
}

/** Claims traces that wait, in their order, as far as nobody else holds them. */
export function claimWaiting<Claim>(
  traces: ReadonlyMap<string, DerivedTrace>,
  waiting: ReadonlySet<string>,
  claimant: string,
  limit: number,
  describe: (traceId: string, trace: DerivedTrace) => Claim,
): readonly Claim[] {
  const nowMs = Date.now();
  const claims: Claim[] = [];
  for (const traceId of waiting) {
    if (claims.length === limit) break;
    const trace = traces.get(traceId);
    const isFree =
      trace !== undefined && (trace.claimant === null || trace.claimedUntilMs <= nowMs);
    if (!isFree) continue;
    trace.claimant = claimant;
    trace.claimedUntilMs = nowMs + CLAIM_SECONDS * 1000;
    claims.push(describe(traceId, trace));
  }
  return claims;
}

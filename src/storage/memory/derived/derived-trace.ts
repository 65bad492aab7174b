import type { Footprint } from '../../../domain/findings/footprint.ts';
import type { PinRoom } from '../../../domain/findings/pin.ts';
import {
  type ComparisonRecord,
  type Cut,
  namedTraces,
  type ServiceCalls,
  type TraceRecord,
} from '../../../domain/trace/trace-record.ts';
import type { Neighbour } from '../../derived.ts';
import type { PinSizes } from '../../pin-sizes.ts';
import type { KeptTexts, TextStore } from '../bytes/text-store.ts';
import type { OwnedFinding } from './issue-entry.ts';

/*
 * What things take on the heap, with their places in maps and trees, as measured with 5,000 traces of
 * SDK traffic, and a fifth more for what waits to be collected. The texts are counted where they are.
 */
export const TRACE_BYTES = 622;
export const SPAN_BYTES = 115;
const FOOTPRINT_BYTES = 193;
const FINDING_BYTES = 355;
const FINDING_OF_TRACE_BYTES = 97;
const CALL_BYTES = 241;

/** Who knows of the memory what pins ask, and wants to know what is kept. */
export interface PinListener {
  /** More may be kept than before. */
  grown(): void;
  /** Whether a trace is stored. */
  isStored(traceId: string): boolean;
  readonly sizesOf: PinSizes;
  /** How much the pins of this memory may hold. */
  pinRoom(): PinRoom;
}

/** An owned finding with its witness, which is kept elsewhere. */
export interface AttestedFinding {
  readonly finding: OwnedFinding;
  readonly witness: string;
}

/** What is counted of a {@link TraceRecord}, as memory keeps it: with the comparison's findings. */
export interface KeptRecord {
  readonly footprints: readonly Footprint[];
  readonly findings: readonly AttestedFinding[];
  readonly calls: readonly ServiceCalls[];
}

/** Who wants to know what happens to the derived store. */
export interface DerivedListener extends PinListener {
  /** A trace takes part in an issue from now on, or in none any more. */
  raced(traceId: string, isRaced: boolean): void;
  /** A trace has these tags from now on, see `tagsOfTrace`. */
  tagged(traceId: string, tags: readonly string[]): void;
  /** When the last event of a trace was received; 0 where it is unknown. */
  receivedMs(traceId: string): number;
  /** Whether so much of the memory is filled that it is worth the time to pack something. */
  isMemoryWanted(): boolean;
  /** Whether a trace has an event of an environment; null: of any. */
  isIn(traceId: string, environment: string | null): boolean;
}

export interface DerivedTrace {
  readonly traceId: string;
  /** A group of itself. */
  readonly alone: readonly string[];
  eventCount: number;
  analysedEvents: number;
  analyseMark: number;
  analysedMark: number;
  mark: number;
  spreads: boolean;
  /** Counts of the store when the trace was analysed, and when its comparison was claimed, last. */
  analysedAt: number;
  comparedAt: number;
  claimant: string | null;
  /** Without a claimant: the end of a rest. */
  claimedUntilMs: number;
  ownSpans: readonly string[];
  missingSpans: readonly string[];
  group: readonly string[];
  /** Places of the footprints. */
  footprints: readonly Neighbour[];
  findings: readonly OwnedFinding[];
  /** JSON texts of the footprints, then the witnesses of the findings: they name the same events. */
  texts: KeptTexts | null;
  calls: readonly ServiceCalls[];
  /** What budgets kept out of its analysis and its comparison. */
  analysisCuts: readonly Cut[];
  comparisonCuts: readonly Cut[];
}

/** Shared, for a hundred thousand empty lists take megabytes. */
const none: readonly never[] = Object.freeze([]);

export function orNone<Item>(list: readonly Item[]): readonly Item[] {
  return list.length === 0 ? none : list;
}

/** A trace of which nothing is derived yet. */
export function newTrace(traceId: string): DerivedTrace {
  const alone = [traceId];
  return {
    traceId,
    alone,
    eventCount: 0,
    analysedEvents: 0,
    analyseMark: 0,
    analysedMark: 0,
    mark: 0,
    spreads: false,
    analysedAt: 0,
    comparedAt: 0,
    claimant: null,
    claimedUntilMs: 0,
    ownSpans: none,
    missingSpans: none,
    group: alone,
    footprints: none,
    findings: none,
    texts: null,
    calls: none,
    analysisCuts: none,
    comparisonCuts: none,
  };
}

/** What the footprints, findings and calls of a trace take on the heap. */
export function bytesOf({ footprints, findings, calls }: DerivedTrace): number {
  let bytes = footprints.length * FOOTPRINT_BYTES + calls.length * CALL_BYTES;
  for (const { traceIds } of findings) {
    bytes += FINDING_BYTES + traceIds.length * FINDING_OF_TRACE_BYTES;
  }
  return bytes;
}

/** An unknown trace has none. */
export function footprintsOf(trace: DerivedTrace | undefined, store: TextStore): Footprint[] {
  if (trace === undefined) return [];
  const found = store.read(trace.texts).slice(0, trace.footprints.length);
  return found.map((text) => JSON.parse(text) as Footprint);
}

/** The footprint of one variable alone: those of a large trace are megabytes to read. */
export function footprintOn(
  trace: DerivedTrace | undefined,
  variable: string,
  store: TextStore,
): Footprint | null {
  const place = trace?.footprints.findIndex((footprint) => footprint.variable === variable) ?? -1;
  const text = place < 0 || trace === undefined ? undefined : store.read(trace.texts)[place];
  return text === undefined ? null : (JSON.parse(text) as Footprint);
}

/** The trace of a claim that still holds. */
export function claimedTrace(
  traces: ReadonlyMap<string, DerivedTrace>,
  claimant: string,
  traceId: string,
): DerivedTrace | null {
  const trace = traces.get(traceId);
  return trace?.claimant === claimant ? trace : null;
}

/**
 * The trace whose record takes the place of an earlier one, if the claim on it still holds. Of a record
 * that names a trace which was erased meanwhile the claim is handed back, so that the work is done again.
 */
export function traceToReplace(
  traces: ReadonlyMap<string, DerivedTrace>,
  claimant: string,
  record: TraceRecord | ComparisonRecord,
): DerivedTrace | null {
  const trace = claimedTrace(traces, claimant, record.traceId);
  if (trace === null || namedTraces(record).every((traceId) => traces.has(traceId))) return trace;
  returnClaim(trace);
  return null;
}

/** Hands a claim back whose work came to nothing. */
export function returnClaim(trace: DerivedTrace): void {
  trace.claimant = null;
  trace.claimedUntilMs = 0;
}

export const nothing: KeptRecord = {
  footprints: [],
  findings: [],
  calls: [],
}; /** Places in the code of one trace that are counted without a pause. */
export const SITES_AT_ONCE = 64;

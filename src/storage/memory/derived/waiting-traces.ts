import type { TraceRecord } from '../../../domain/trace/trace-record.ts';
import { isToCompare } from '../../comparison-need.ts';
import {
  type ChangedSpan,
  CLAIM_SECONDS,
  type ClaimedComparison,
  type ClaimedTrace,
  type ComparisonChoice,
  type Encounter,
  oldestOf,
  REST_GROWTH,
  REST_MS_MAX,
  REST_MS_PER_EVENT,
  RESTING_EVENTS,
  type WaitingWork,
} from '../../derived.ts';
import { type DerivedTrace, returnClaim } from './derived-trace.ts';
import type { SpanIndex } from './span-index.ts';
import { WaitingQueue } from './waiting-queue.ts';

/** Which traces of the memory backend wait for analysis and comparison, and who claimed them. */
export class WaitingTraces {
  readonly #traces: ReadonlyMap<string, DerivedTrace>;
  readonly #toAnalyse = new WaitingQueue();
  readonly #toCompare = new WaitingQueue();
  /** Counts analyses, so that a comparison knows which it has seen. */
  #analyses = 0;

  constructor(traces: ReadonlyMap<string, DerivedTrace>) {
    this.#traces = traces;
  }

  /** Traces that wait for analysis, and those that wait for comparison. */
  get size(): number {
    return this.#toAnalyse.size + this.#toCompare.size;
  }

  /** See {@link DerivedStore.waiting}. */
  get work(): WaitingWork {
    let both = 0;
    for (const traceId of this.#toCompare.oldestFirst())
      if (this.#toAnalyse.has(traceId)) both += 1;
    const oldest = [this.#toAnalyse.oldestMs(), this.#toCompare.oldestMs()].filter(
      (sinceMs) => sinceMs !== null,
    );
    return {
      traces: this.size - both,
      oldestMs: oldest.length === 0 ? null : Math.min(...oldest),
    };
  }

  /** Notes that the events of a trace changed. */
  eventsChanged(trace: DerivedTrace, eventCount: number): void {
    trace.eventCount = eventCount;
    this.#toAnalyse.add(trace.traceId, Date.now());
  }

  /** Marks a trace to be analysed again although its events did not change. */
  markForAnalysis(traceId: string): void {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return;
    trace.analyseMark += 1;
    this.#toAnalyse.add(traceId, Date.now());
  }

  /** @param sinceMs since when it waits */
  markForComparison(traceId: string, spreads: boolean, sinceMs = Date.now()): void {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return;
    trace.mark += 1;
    trace.spreads ||= spreads;
    this.#toCompare.add(traceId, sinceMs);
  }

  /** Marks the traces that met one whose analysis their comparison did not see. */
  markEncounters(met: readonly Encounter[]): void {
    for (const { traceIds, changedIds } of met) {
      const changed = changedIds.map((id) => this.#traces.get(id)?.analysedAt ?? 0);
      const newest = changed.reduce((latest, at) => Math.max(latest, at), 0);
      for (const traceId of traceIds) {
        const comparedAt = this.#traces.get(traceId)?.comparedAt ?? 0;
        if (comparedAt < newest) this.markForComparison(traceId, false);
      }
    }
  }

  /** Marks the other traces whose links a change of spans concerns. */
  markConcerned(spans: readonly ChangedSpan[], index: SpanIndex): void {
    for (const { traceId, spanId, isMissing } of spans) {
      const concerned = index.concerned(traceId, spanId, isMissing, (other) => {
        const trace = this.#traces.get(other);
        return trace !== undefined && (trace.group.length > 1 || trace.claimant !== null);
      });
      for (const other of concerned) this.markForAnalysis(other);
    }
  }

  claimTraces(claimant: string, limit: number, eventsMax: number | null): readonly ClaimedTrace[] {
    return this.#claim(
      this.#toAnalyse,
      ({ traceId, eventCount }) =>
        (eventsMax === null || eventCount <= eventsMax) && this.#isRested(traceId),
      claimant,
      limit,
      ({ traceId, eventCount, analyseMark }) => ({
        traceId,
        eventCount,
        mark: analyseMark,
      }),
    );
  }

  claimComparisons(
    claimant: string,
    limit: number,
    choice: ComparisonChoice | null,
  ): readonly ClaimedComparison[] {
    const variables = new Set(choice?.variables);
    const isChosen = ({ footprints }: DerivedTrace) =>
      choice === null ||
      footprints.some(({ variable }) => variables.has(variable)) === choice.hasOne;
    // Those that are to be analysed first are left out, unless they rest.
    const isDue = (trace: DerivedTrace) =>
      (!this.#toAnalyse.has(trace.traceId) || !this.#isRested(trace.traceId)) && isChosen(trace);
    return this.#claim(this.#toCompare, isDue, claimant, limit, (trace) => {
      trace.comparedAt = this.#analyses;
      return { traceId: trace.traceId, mark: trace.mark, spreads: trace.spreads };
    });
  }

  releaseClaims(claimant: string): void {
    for (const trace of this.#traces.values()) {
      if (trace.claimant === claimant) returnClaim(trace);
    }
  }

  /** Ends a claim with an analysis that the trace holds: it is compared where that has a use. A newer mark stays. */
  finishAnalysis(trace: DerivedTrace, record: Pick<TraceRecord, 'eventCount' | 'mark'>): void {
    trace.analysedEvents = record.eventCount;
    trace.analysedMark = record.mark;
    endClaim(trace);
    this.#analyses += 1;
    trace.analysedAt = this.#analyses;
    const sinceMs = this.#toAnalyse.sinceOf(trace.traceId) ?? Date.now();
    const isDone = trace.eventCount === record.eventCount && trace.analyseMark === record.mark;
    if (isDone) this.#toAnalyse.delete(trace.traceId);
    const left = {
      hasFootprints: trace.footprints.length > 0,
      hasAcrossFindings: trace.findings.some(({ isAcross }) => isAcross),
      hasComparisonCuts: trace.comparisonCuts.length > 0,
    };
    if (isToCompare(left)) this.markForComparison(trace.traceId, true, sinceMs);
  }

  /** Ends a claim with a comparison. A newer mark stays. */
  finishComparison(trace: DerivedTrace, mark: number): void {
    endClaim(trace);
    if (trace.mark !== mark) return;
    trace.spreads = false;
    this.#toCompare.delete(trace.traceId);
  }

  erase(traceId: string): void {
    this.#toAnalyse.delete(traceId);
    this.#toCompare.delete(traceId);
  }

  #isRested(traceId: string): boolean {
    const trace = this.#traces.get(traceId);
    if (trace === undefined || trace.claimant !== null) return true;
    return (
      trace.claimedUntilMs <= Date.now() ||
      trace.analyseMark !== trace.analysedMark ||
      trace.eventCount >= REST_GROWTH * trace.analysedEvents
    );
  }

  /** Claims traces from both ends of a queue, as far as they are due and nobody else holds them. */
  #claim<Claim>(
    queue: WaitingQueue,
    isDue: (trace: DerivedTrace) => boolean,
    claimant: string,
    limit: number,
    describe: (trace: DerivedTrace) => Claim,
  ): readonly Claim[] {
    const nowMs = Date.now();
    const claims: Claim[] = [];
    const take = (waiting: Iterable<string>, count: number) => {
      for (const traceId of waiting) {
        if (claims.length === count) return;
        const trace = this.#traces.get(traceId);
        const isFree =
          trace !== undefined && (trace.claimant === null || trace.claimedUntilMs <= nowMs);
        if (!isFree || !isDue(trace)) continue;
        trace.claimant = claimant;
        trace.claimedUntilMs = nowMs + CLAIM_SECONDS * 1000;
        claims.push(describe(trace));
      }
    };
    take(queue.newestFirst(), limit - oldestOf(limit));
    take(queue.oldestFirst(), limit);
    return claims;
  }
}

/** Ends a claim, with a rest for a large trace. */
function endClaim(trace: DerivedTrace): void {
  const { analysedEvents } = trace;
  const restMs = Math.min(analysedEvents * REST_MS_PER_EVENT, REST_MS_MAX);
  trace.claimant = null;
  trace.claimedUntilMs = analysedEvents < RESTING_EVENTS ? 0 : Date.now() + restMs;
}

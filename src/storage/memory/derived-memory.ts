import sortedBtree from 'sorted-btree';
import { type Contribution, changesOf, concernedBy } from '../../analysis/derivation.ts';
import type { IssueSubject } from '../../domain/finding.ts';
import type { Footprint } from '../../domain/footprint.ts';
import type { Issue, IssuePage, IssueQuery } from '../../domain/issue.ts';
import type { ComparisonRecord, StoredFinding, TraceRecord } from '../../domain/trace-record.ts';
import type { VariableSummary } from '../../domain/variable-state.ts';
import {
  type ChangedSpan,
  type ClaimedComparison,
  type ClaimedTrace,
  type DerivedStore,
  type FootprintPlace,
  type Meeting,
  type Neighbour,
  RACED_TRACES_SHOWN,
  type RacedVariable,
  type Regrouping,
  type ServiceCallTotals,
} from '../derived.ts';
import { CallBook } from './call-book.ts';
import {
  bytesOf,
  changedSpans,
  claimWaiting,
  comparePlaces,
  type DerivedTrace,
  ENTRY_BYTES,
  newTrace,
  nothing,
  parsed,
  type StoredFootprint,
  storedFootprint,
} from './derived-trace.ts';
import { IssueBook } from './issue-book.ts';
import { SpanIndex } from './span-index.ts';
import { VariableBook } from './variable-book.ts';

/** The derived store of the memory backend: one object per trace, and indexes over all of them. */
export class MemoryDerived implements DerivedStore {
  readonly #traces = new Map<string, DerivedTrace>();
  /** In the order in which they were marked. */
  readonly #toAnalyse = new Set<string>();
  readonly #toCompare = new Set<string>();
  /** Counts analyses, so that a comparison knows which it has seen. */
  #analyses = 0;
  readonly #spans = new SpanIndex();
  readonly #footprints = new sortedBtree.default<FootprintPlace, StoredFootprint>(
    undefined,
    comparePlaces,
  );
  readonly #variables = new VariableBook();
  readonly #issues = new IssueBook();
  readonly #calls = new CallBook();
  readonly #rows = { footprints: 0, findings: 0, trace_calls: 0, trace_spans: 0 };
  #bytes = 0;

  /** Bytes that everything derived takes, on the heap. */
  get bytes(): number {
    return this.#bytes + this.#variables.bytes + this.#issues.bytes;
  }

  /** What there is now, in the names of Postgres' tables. */
  get rowCounts() {
    return {
      ...this.#rows,
      variables: this.#variables.size,
      issues: this.#issues.size,
      service_calls: this.#calls.size,
    };
  }

  /** Issues that a trace takes part in. */
  raceCount(traceId: string): number {
    return this.#issues.countOfTrace(traceId);
  }

  /** Notes that the events of a trace changed. */
  eventsChanged(traceId: string, eventCount: number): void {
    const trace = this.#traces.get(traceId) ?? this.#newTrace(traceId);
    trace.eventCount = eventCount;
    this.#toAnalyse.add(traceId);
  }

  /** Forgets a trace and all that was derived from it; those that met it are compared again. */
  forget(traceId: string): void {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return;
    const others = this.#issues.ownersOfFindings(traceId).filter((owner) => owner !== traceId);
    for (const owner of others) {
      const other = this.#traces.get(owner);
      if (other === undefined) continue;
      const kept = other.findings.filter(({ traceIds }) => !traceIds.includes(traceId));
      this.#replace(owner, other, { findings: kept });
      this.#markForComparison(owner, false);
    }
    for (const member of trace.group) {
      const other = this.#traces.get(member);
      if (other === undefined) continue;
      this.#replace(member, other, nothing);
      other.group = other.group.filter((id) => id !== traceId);
      this.#markForAnalysis(member);
    }
    this.#replace(traceId, trace, nothing);
    this.#markConcerned(changedSpans(trace, { traceId, ownSpans: [], missingSpans: [] }));
    this.#setSpans(traceId, trace, [], []);
    this.#traces.delete(traceId);
    this.#toAnalyse.delete(traceId);
    this.#toCompare.delete(traceId);
    this.#bytes -= ENTRY_BYTES;
  }

  clear(): void {
    for (const traceId of [...this.#traces.keys()]) this.forget(traceId);
  }

  async claimTraces(claimant: string, limit: number): Promise<readonly ClaimedTrace[]> {
    return claimWaiting(
      this.#traces,
      this.#toAnalyse,
      claimant,
      limit,
      (traceId, { eventCount, analyseMark }) => ({
        traceId,
        eventCount,
        mark: analyseMark,
      }),
    );
  }

  async linkedTraces(
    traceId: string,
    spans: { readonly own: readonly string[]; readonly missing: readonly string[] },
  ): Promise<readonly string[]> {
    return this.#spans.linked(traceId, spans.own, spans.missing);
  }

  async recordTraces(claimant: string, records: readonly TraceRecord[]): Promise<Regrouping> {
    const spans: Regrouping['spans'][number][] = [];
    const traceIds = new Set<string>();
    for (const record of records) {
      const trace = this.#claimed(record.traceId, claimant);
      if (trace === null || this.#isOutdated(trace, record.group, record.findings)) continue;
      const across = trace.findings.filter(({ isAcross }) => isAcross);
      const { footprints, calls } = record;
      const findings = [...record.findings, ...across];
      this.#replace(record.traceId, trace, { footprints, findings, calls }, record.subjects);
      spans.push(...changedSpans(trace, record));
      this.#setSpans(record.traceId, trace, record.ownSpans, record.missingSpans);
      const before = { group: trace.group, eventCount: trace.analysedEvents };
      for (const member of concernedBy(before, record)) {
        if (member !== record.traceId) traceIds.add(member);
      }
      trace.group = record.group;
      trace.claimant = null;
      trace.analysedEvents = record.eventCount;
      this.#analyses += 1;
      trace.analysedAt = this.#analyses;
      const isDone = trace.eventCount === record.eventCount && trace.analyseMark === record.mark;
      if (isDone) this.#toAnalyse.delete(record.traceId);
      this.#markForComparison(record.traceId, true);
    }
    return { spans, traceIds: [...traceIds].sort() };
  }

  async claimComparisons(claimant: string, limit: number): Promise<readonly ClaimedComparison[]> {
    return claimWaiting(this.#traces, this.#toCompare, claimant, limit, (traceId, trace) => {
      trace.comparedAt = this.#analyses;
      return { traceId, mark: trace.mark, spreads: trace.spreads };
    });
  }

  async footprints(traceIds: readonly string[]): Promise<readonly Footprint[]> {
    return traceIds.flatMap((traceId) =>
      (this.#traces.get(traceId)?.footprints ?? []).map(
        ({ document }) => JSON.parse(document) as Footprint,
      ),
    );
  }

  async neighbours(
    places: readonly FootprintPlace[],
    before: number,
    after: number,
  ): Promise<readonly Neighbour[]> {
    const found: Neighbour[] = [];
    for (const place of places) {
      this.#collect(this.#footprints.entriesReversed(place, undefined, true), place, before, found);
      this.#collect(this.#footprints.entries(place), place, after, found);
    }
    return found;
  }

  async recordComparisons(
    claimant: string,
    records: readonly ComparisonRecord[],
    met: readonly Meeting[],
  ): Promise<void> {
    for (const { traceId, mark, findings, subjects } of records) {
      const trace = this.#claimed(traceId, claimant);
      if (trace === null || this.#isOutdated(trace, [], findings)) continue;
      const within = trace.findings.filter(({ isAcross }) => !isAcross);
      this.#replace(traceId, trace, { findings: [...within, ...findings] }, subjects);
      trace.claimant = null;
      if (trace.mark !== mark) continue;
      trace.spreads = false;
      this.#toCompare.delete(traceId);
    }
    for (const { traceId, changedId } of met) {
      const comparedAt = this.#traces.get(traceId)?.comparedAt ?? 0;
      const isNew = comparedAt < (this.#traces.get(changedId)?.analysedAt ?? 0);
      if (isNew) this.#markForComparison(traceId, false);
    }
  }

  async regroup({ spans, traceIds }: Regrouping): Promise<void> {
    for (const traceId of traceIds) this.#markForAnalysis(traceId);
    this.#markConcerned(spans);
  }

  async releaseClaims(claimant: string): Promise<void> {
    for (const trace of this.#traces.values()) {
      if (trace.claimant === claimant) trace.claimant = null;
    }
  }

  async backlog(limit: number): Promise<number> {
    return Math.min(limit, this.#toAnalyse.size + this.#toCompare.size);
  }

  async issues(query: IssueQuery): Promise<IssuePage> {
    return this.#issues.page(query);
  }

  async issue(fingerprint: string): Promise<Issue | null> {
    return this.#issues.find(fingerprint);
  }

  async issuesOfTrace(traceId: string, limit: number): Promise<readonly Issue[]> {
    return this.#issues.ofTrace(traceId, limit);
  }

  async serviceCalls(): Promise<readonly ServiceCallTotals[]> {
    return this.#calls.all();
  }

  async topVariables(limit: number): Promise<readonly VariableSummary[]> {
    return this.#variables.top(limit);
  }

  async racedVariables(limit: number): Promise<readonly RacedVariable[]> {
    return this.#variables.raced(limit).map(({ isCritical, ...summary }) => ({
      ...summary,
      severity: isCritical ? 'CRITICAL' : 'WARNING',
      traceIds: this.#traceIds(summary.variable),
    }));
  }

  #newTrace(traceId: string): DerivedTrace {
    const trace = newTrace(traceId);
    this.#traces.set(traceId, trace);
    this.#bytes += ENTRY_BYTES;
    return trace;
  }

  #claimed(traceId: string, claimant: string): DerivedTrace | null {
    const trace = this.#traces.get(traceId);
    return trace?.claimant === claimant ? trace : null;
  }

  /** Whether a result names a trace that was erased meanwhile; the work is then done again. */
  #isOutdated(
    trace: DerivedTrace,
    group: readonly string[],
    findings: readonly StoredFinding[],
  ): boolean {
    const named = [...group, ...findings.flatMap(({ traceIds }) => traceIds)];
    if (named.every((traceId) => this.#traces.has(traceId))) return false;
    trace.claimant = null;
    return true;
  }

  /** Puts something in the place of what a trace left before; what is not given stays. */
  #replace(
    traceId: string,
    trace: DerivedTrace,
    next: Partial<Contribution>,
    about: readonly IssueSubject[] = [],
  ): void {
    const bytesBefore = bytesOf(trace);
    const footprints = next.footprints?.map(storedFootprint) ?? trace.footprints;
    const { findings = trace.findings, calls = trace.calls } = next;
    const known = new Set(trace.footprints.map(({ document }) => document));
    const stays = new Set(
      footprints.map(({ document }) => document).filter((document) => known.has(document)),
    );
    const changes = changesOf(
      [
        {
          footprints: parsed(trace.footprints, stays),
          findings: trace.findings,
          calls: trace.calls,
        },
      ],
      [{ footprints: parsed(footprints, stays), findings, calls }],
      this.#variables.statesOf([
        ...trace.footprints,
        ...footprints,
        ...trace.findings,
        ...findings,
      ]),
      about,
    );
    this.#issues.change(traceId, trace.findings, findings, changes.issues);
    this.#variables.apply(changes.variables);
    this.#calls.apply(changes.calls);
    if (footprints !== trace.footprints) {
      for (const footprint of trace.footprints) this.#footprints.delete(footprint);
      for (const footprint of footprints) this.#footprints.set(footprint, footprint);
    }
    this.#rows.footprints += footprints.length - trace.footprints.length;
    this.#rows.findings += findings.length - trace.findings.length;
    this.#rows.trace_calls += calls.length - trace.calls.length;
    trace.footprints = footprints;
    trace.findings = findings;
    trace.calls = calls;
    this.#bytes += bytesOf(trace) - bytesBefore;
  }

  #markForAnalysis(traceId: string): void {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return;
    trace.analyseMark += 1;
    this.#toAnalyse.add(traceId);
  }

  #markForComparison(traceId: string, spreads: boolean): void {
    const trace = this.#traces.get(traceId);
    if (trace === undefined) return;
    trace.mark += 1;
    trace.spreads ||= spreads;
    this.#toCompare.add(traceId);
  }

  /** Marks the other traces whose links a change of spans concerns. */
  #markConcerned(spans: readonly ChangedSpan[]): void {
    for (const { traceId, spanId, isMissing } of spans) {
      const concerned = this.#spans.concerned(traceId, spanId, isMissing, (other) => {
        const trace = this.#traces.get(other);
        return trace !== undefined && (trace.group.length > 1 || trace.claimant !== null);
      });
      for (const other of concerned) {
        this.#markForAnalysis(other);
      }
    }
  }

  #setSpans(
    traceId: string,
    trace: DerivedTrace,
    own: readonly string[],
    missing: readonly string[],
  ): void {
    this.#spans.remove(traceId, trace.ownSpans, trace.missingSpans);
    this.#spans.add(traceId, own, missing);
    const spans = own.length + missing.length - trace.ownSpans.length - trace.missingSpans.length;
    this.#rows.trace_spans += spans;
    this.#bytes += spans * ENTRY_BYTES;
    trace.ownSpans = own;
    trace.missingSpans = missing;
  }

  #collect(
    entries: Iterable<[FootprintPlace, StoredFootprint]>,
    place: FootprintPlace,
    limit: number,
    found: Neighbour[],
  ): void {
    let count = 0;
    for (const [, footprint] of entries) {
      if (footprint.variable !== place.variable || count === limit) return;
      if (footprint.traceId === place.traceId) continue;
      count += 1;
      const { document, ...neighbour } = footprint;
      found.push(neighbour);
    }
  }

  /** The traces that accessed a variable, earliest first, as many as a list shows. */
  #traceIds(variable: string): readonly string[] {
    const traceIds: string[] = [];
    for (const [place] of this.#footprints.entries({ variable, firstNs: -1n, traceId: '' })) {
      if (place.variable !== variable || traceIds.length === RACED_TRACES_SHOWN) break;
      traceIds.push(place.traceId);
    }
    return traceIds;
  }
}

import { changesOf, concernedBy } from '../../../analysis/issues/derivation.ts';
import { compareCodePoints } from '../../../domain/code-points.ts';
import type { IssueSubject } from '../../../domain/findings/finding.ts';
import type { Footprint } from '../../../domain/findings/footprint.ts';
import {
  type Issue,
  type IssueBounds,
  type IssuePage,
  type IssueQuery,
  shownByDefault,
} from '../../../domain/findings/issue.ts';
import type { VariablePage, VariableQuery } from '../../../domain/findings/variable-query.ts';
import type { VariableCourses, VariableSummary } from '../../../domain/findings/variable-state.ts';
import type { IssueGlances } from '../../../domain/issue-traits.ts';
import type { ComparisonRecord, TraceRecord } from '../../../domain/trace/trace-record.ts';
import { changedSpans, noSpans } from '../../changed-spans.ts';
import {
  type Aftermath,
  type ComparisonChoice,
  type CutSummary,
  type DerivedStore,
  type Encounter,
  type FootprintPlace,
  type Neighbour,
  RACED_TRACES_SHOWN,
  type RacedVariable,
  type Regrouping,
  type ServiceCallTotals,
  type VariableHistoryQuery,
  type WaitingWork,
} from '../../derived.ts';
import { leftPlaces } from '../../left-places.ts';
import { compareNames } from '../../name-key.ts';
import { Pauses } from '../../pauses.ts';
import { TextStore } from '../bytes/text-store.ts';
import { CallBook, totalsOf } from './call-book.ts';
import { CutBook } from './cut-book.ts';
import {
  bytesOf,
  claimedTrace,
  type DerivedListener,
  type DerivedTrace,
  footprintOn,
  footprintsOf,
  type KeptRecord,
  newTrace,
  nothing,
  orNone,
  SITES_AT_ONCE,
  SPAN_BYTES,
  TRACE_BYTES,
  traceToReplace,
} from './derived-trace.ts';
import { changedFootprints, FootprintBook, footprintsInSteps } from './footprint-book.ts';
import { IssueBook } from './issue-book.ts';
import type { OwnedFinding } from './issue-entry.ts';
import { levelsOf } from './issue-level.ts';
import { MemoryTriage } from './memory-triage.ts';
import {
  attested,
  changedAcross,
  type Names,
  namesOf,
  owned,
  witnessesOf,
} from './owned-findings.ts';
import { raceCounts, racedVariables } from './raced-variables.ts';
import { SpanIndex } from './span-index.ts';
import { TriageBook } from './triage-book.ts';
import { VariableBook } from './variable-book.ts';
import { WaitingTraces } from './waiting-traces.ts';

/** The derived store of the memory backend: one object per trace, and indexes over all of them. */
export class MemoryDerived implements DerivedStore {
  readonly #listener: DerivedListener;
  readonly #traces = new Map<string, DerivedTrace>();
  readonly #waiting = new WaitingTraces(this.#traces);
  readonly #spans = new SpanIndex();
  readonly #variables = new VariableBook();
  readonly #issues: IssueBook;
  readonly triageBook = new TriageBook();
  readonly triage: MemoryTriage;
  /** What alerts ask of the issues that lists show. */
  readonly issueLevels = () => levelsOf(this.#issues.shown(shownByDefault));
  readonly #calls = new CallBook();
  readonly #cuts = new CutBook();
  readonly #texts = new TextStore(() => this.#listener.isMemoryWanted());
  readonly #names: Names = {
    traces: this.#traces,
    issue: (fingerprint) => this.#issues.nameOf(fingerprint),
    variable: (variable) => this.#variables.nameOf(variable),
  };
  readonly #footprints = new FootprintBook();
  readonly #counts = { footprints: 0, findings: 0, calls: 0, spans: 0 };
  #bytes = 0;

  constructor(listener: DerivedListener) {
    this.#listener = listener;
    this.#issues = new IssueBook(
      (all) => witnessesOf(all, this.#traces, this.#texts),
      this.triageBook,
      listener,
    );
    const isDone = () => this.#waiting.size === 0;
    this.triage = new MemoryTriage(this.#issues, this.triageBook, listener, isDone);
  }

  /** Bytes that everything derived takes. */
  get bytes(): number {
    const books = [this.#variables, this.#issues, this.#cuts, this.#texts];
    return books.reduce((sum, { bytes }) => sum + bytes, this.#bytes);
  }

  /** What there is now, by kind. */
  get counts() {
    return {
      ...this.#counts,
      variables: this.#variables.size,
      issues: this.#issues.size,
      serviceCalls: this.#calls.size,
    };
  }

  /** Issues that a trace takes part in. */
  raceCount(traceId: string): number {
    return this.#issues.countOfTrace(traceId);
  }

  /** Traces that access a variable; null where none is asked for. */
  tracesWith(variable: string | null): readonly string[] | null {
    return variable === null ? null : this.#footprints.allTraceIdsOf(variable);
  }

  /** Notes that the events of a trace changed. */
  eventsChanged(traceId: string, eventCount: number): void {
    const trace = this.#traces.get(traceId) ?? newTrace(traceId);
    if (!this.#traces.has(traceId)) this.#bytes += TRACE_BYTES;
    this.#traces.set(traceId, trace);
    this.#waiting.eventsChanged(trace, eventCount);
  }

  /** Erases traces and all that was derived from them; those that met them are compared again. */
  erase(traceIds: readonly string[]): void {
    const gone = traceIds.flatMap((traceId) => this.#traces.get(traceId) ?? []);
    const names = new Set(traceIds);
    const members = new Set(gone.flatMap(({ group }) => group));
    const owners = traceIds.flatMap((traceId) => this.#issues.ownersOfFindings(traceId));
    for (const owner of new Set(owners)) {
      const other = this.#traces.get(owner);
      // What a member of their groups left goes as a whole.
      if (other === undefined || members.has(owner)) continue;
      const kept = attested(other, this.#texts, (one) => !one.traceIds.some((id) => names.has(id)));
      this.#replace(other, { findings: kept });
      this.#waiting.markForComparison(owner, false);
    }
    for (const member of members) {
      const other = this.#traces.get(member);
      if (other === undefined) continue;
      this.#replace(other, nothing);
      other.group = other.group.filter((id) => !names.has(id));
      this.#waiting.markForAnalysis(member);
    }
    const spans = gone.flatMap((trace) => changedSpans(trace.traceId, trace, noSpans));
    for (const trace of gone) {
      this.#setSpans(trace, [], []);
      this.#cuts.set(trace, { analysisCuts: [], comparisonCuts: [] });
      this.#traces.delete(trace.traceId);
      this.#waiting.erase(trace.traceId);
      this.#bytes -= TRACE_BYTES;
    }
    this.#waiting.markConcerned(spans, this.#spans);
  }

  async claimTraces(claimant: string, limit: number, eventsMax: number | null) {
    return this.#waiting.claimTraces(claimant, limit, eventsMax);
  }

  async linkedTraces(
    traceId: string,
    spans: { readonly own: readonly string[]; readonly missing: readonly string[] },
  ): Promise<readonly string[]> {
    return this.#spans.linked(traceId, spans.own, spans.missing);
  }

  async recordTraces(claimant: string, records: readonly TraceRecord[]): Promise<Aftermath> {
    const spans: Regrouping['spans'][number][] = [];
    const traceIds = new Set<string>();
    const [before, after]: [Neighbour[], Footprint[]] = [[], []];
    const pauses = new Pauses();
    for (const record of records) {
      await pauses.betweenSteps();
      if (traceToReplace(this.#traces, claimant, record) === null) continue;
      const places = this.#traces.get(record.traceId)?.footprints ?? [];
      await this.#replaceFootprints(record, claimant, pauses);
      const trace = traceToReplace(this.#traces, claimant, record);
      if (trace === null) continue;
      const across = attested(trace, this.#texts, ({ isAcross }) => isAcross);
      const findings = [...owned(trace, record.findings, this.#names), ...across];
      this.#replace(trace, { ...record, findings }, record.subjects);
      for (const place of places) before.push(place);
      for (const footprint of record.footprints) after.push(footprint);
      spans.push(...changedSpans(record.traceId, trace, record));
      this.#setSpans(trace, record.ownSpans, record.missingSpans);
      const { group, analysedEvents } = trace;
      for (const member of concernedBy({ group, eventCount: analysedEvents }, record)) {
        if (member !== record.traceId) traceIds.add(member);
      }
      trace.group = namesOf(record.group, trace, this.#traces);
      this.#cuts.set(trace, { analysisCuts: record.cuts });
      this.#listener.tagged(record.traceId, record.tags);
      this.#waiting.finishAnalysis(trace, record);
    }
    this.#listener.grown();
    return { spans, traceIds: [...traceIds].sort(), left: leftPlaces(before, after) };
  }

  async claimComparisons(claimant: string, limit: number, choice: ComparisonChoice | null) {
    return this.#waiting.claimComparisons(claimant, limit, choice);
  }

  async footprints(traceIds: readonly string[]): Promise<readonly Footprint[]> {
    return [...new Set(traceIds)].sort(compareCodePoints).flatMap((traceId) => {
      const footprints = footprintsOf(this.#traces.get(traceId), this.#texts);
      return footprints.sort((a, b) => compareNames(a.variable, b.variable));
    });
  }

  async neighbours(
    places: readonly FootprintPlace[],
    before: number,
    after: number,
  ): Promise<readonly Neighbour[]> {
    return places.flatMap((place) => this.#footprints.neighbours(place, before, after));
  }

  async recordComparisons(
    claimant: string,
    records: readonly ComparisonRecord[],
    met: readonly Encounter[],
  ): Promise<void> {
    const pauses = new Pauses();
    for (const record of records) {
      await pauses.betweenSteps();
      const trace = traceToReplace(this.#traces, claimant, record);
      if (trace === null) continue;
      const next = changedAcross(trace, record.findings, this.#names, this.#texts);
      if (next !== null) this.#replace(trace, { findings: next }, record.subjects);
      this.#cuts.set(trace, { comparisonCuts: record.cuts });
      this.#waiting.finishComparison(trace, record.mark);
    }
    this.#waiting.markEncounters(met);
    this.#listener.grown();
  }

  async regroup({ spans, traceIds }: Regrouping): Promise<void> {
    for (const traceId of traceIds) this.#waiting.markForAnalysis(traceId);
    this.#waiting.markConcerned(spans, this.#spans);
  }

  async releaseClaims(claimant: string): Promise<void> {
    this.#waiting.releaseClaims(claimant);
  }

  async backlog(limit: number): Promise<number> {
    return Math.min(limit, this.#waiting.size);
  }

  async waiting(): Promise<WaitingWork> {
    return this.#waiting.work;
  }

  async cuts(limit: number): Promise<CutSummary> {
    return this.#cuts.summary(limit);
  }

  async issues(query: IssueQuery): Promise<IssuePage> {
    return this.#issues.page(query);
  }

  async issueGlances(limit: number): Promise<IssueGlances> {
    return this.#issues.glances(limit);
  }

  async issue(fingerprint: string): Promise<Issue | null> {
    return this.#issues.find(fingerprint);
  }

  async issuesOfTraces(traceIds: readonly string[], limit: number): Promise<readonly Issue[]> {
    return this.#issues.ofTraces(traceIds, limit);
  }

  async serviceCalls(environment: string | null = null): Promise<readonly ServiceCallTotals[]> {
    if (environment === null) return this.#calls.all();
    const there = [...this.#traces.values()].filter(({ traceId, calls }) =>
      calls.length === 0 ? false : this.#listener.isIn(traceId, environment),
    );
    return totalsOf(there.map(({ calls }) => calls));
  }

  async variables(query: VariableQuery): Promise<VariablePage> {
    const { environment } = query;
    const counts = raceCounts(this.#issues.shown({ ...shownByDefault, environment }));
    return this.#variables.page(query, counts);
  }

  async variableHistory(query: VariableHistoryQuery): Promise<readonly Footprint[]> {
    const isWanted = (traceId: string) => this.#listener.isIn(traceId, query.environment);
    return this.#footprints
      .latest(query, isWanted)
      .flatMap((id) => footprintOn(this.#traces.get(id), query.variable, this.#texts) ?? []);
  }

  async topVariables(
    limit: number,
    environment: string | null = null,
  ): Promise<readonly VariableSummary[]> {
    return this.#variables.top(environment, limit);
  }

  async courses(limit: number): Promise<readonly VariableCourses[]> {
    return this.#variables.courses(limit);
  }

  async racedVariables(bounds: IssueBounds, limit: number): Promise<readonly RacedVariable[]> {
    const raced = this.#variables.raced(racedVariables(this.#issues.shown(bounds)), bounds, limit);
    const isWanted = (traceId: string) => this.#listener.isIn(traceId, bounds.environment);
    return raced.map(({ isCritical, ...summary }) => ({
      ...summary,
      severity: isCritical ? 'CRITICAL' : 'WARNING',
      traceIds: this.#footprints.traceIdsOf(summary.variable, RACED_TRACES_SHOWN, isWanted),
    }));
  }

  /**
   * Replaces the footprints of a trace by those of its record. Where they are many it takes one
   * variable after the other, because each new site is paired with all known ones. The counts are
   * right after every step, so that the trace may be erased between two steps.
   */
  async #replaceFootprints(
    { traceId, footprints }: TraceRecord,
    claimant: string,
    pauses: Pauses,
  ): Promise<void> {
    const sites = footprints.reduce((sum, { signatures }) => sum + signatures.length, 0);
    if (sites <= SITES_AT_ONCE) return;
    const trace = claimedTrace(this.#traces, claimant, traceId);
    if (trace === null) return;
    for (const some of footprintsInSteps(footprintsOf(trace, this.#texts), footprints)) {
      this.#replace(trace, { footprints: some });
      await pauses.betweenSteps();
      if (claimedTrace(this.#traces, claimant, traceId) !== trace) return;
    }
  }

  /** Puts something in the place of what a trace left before; what is not given stays. */
  #replace(
    trace: DerivedTrace,
    next: Partial<KeptRecord>,
    about: readonly IssueSubject[] = [],
  ): void {
    const bytesBefore = bytesOf(trace);
    const findings = next.findings?.map(({ finding }) => finding) ?? trace.findings;
    const { calls = trace.calls } = next;
    const texts = this.#texts.read(trace.texts);
    const witnesses = texts.splice(trace.footprints.length);
    const nextTexts = next.footprints?.map((footprint) => JSON.stringify(footprint)) ?? texts;
    const footprints = changedFootprints(texts, nextTexts, next.footprints ?? []);
    const changes = changesOf(
      [{ footprints: footprints.removed, findings: trace.findings, calls: trace.calls }],
      [{ footprints: footprints.added, findings, calls }],
      this.#variables.statesOf(
        [footprints.removed, footprints.added, trace.findings, findings].flat(),
      ),
      about,
    );
    const witnessOf = (finding: OwnedFinding) =>
      next.findings?.find((one) => one.finding === finding)?.witness ?? '';
    this.#issues.change(trace.findings, findings, changes.issues, witnessOf);
    this.#variables.apply(changes.variables);
    this.#calls.apply(changes.calls);
    if (next.footprints !== undefined) {
      this.#counts.footprints += next.footprints.length - trace.footprints.length;
      this.#footprints.replace(trace, next.footprints, (name) => this.#variables.nameOf(name));
    }
    const nextWitnesses = next.findings?.map(({ witness }) => witness) ?? witnesses;
    this.#texts.free(trace.texts);
    trace.texts = this.#texts.put([...nextTexts, ...nextWitnesses]);
    this.#counts.findings += findings.length - trace.findings.length;
    this.#counts.calls += calls.length - trace.calls.length;
    trace.findings = orNone(findings);
    trace.calls = orNone(calls);
    this.#bytes += bytesOf(trace) - bytesBefore;
  }

  #setSpans(trace: DerivedTrace, own: readonly string[], missing: readonly string[]): void {
    const spans = this.#spans.replace(trace, own, missing);
    this.#counts.spans += spans;
    this.#bytes += spans * SPAN_BYTES;
  }
}

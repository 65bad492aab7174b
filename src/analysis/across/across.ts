import type { Finding } from '../../domain/findings/finding.ts';
import type { Footprint } from '../../domain/findings/footprint.ts';
import {
  compareRankedFindings,
  type RankedFinding,
  rankedFinding,
} from '../../domain/findings/ranking.ts';
import { siteText } from '../issues/fingerprint.ts';
import { actConflicts, bothFrom } from './act-conflicts.ts';
import { correlatedConflicts } from './correlated-conflicts.ts';
import { cycleOccurrences } from './cycle-findings.ts';
import { VariableHistory } from './history/history.ts';
import { overlap } from './history/timeline.ts';
import {
  areStrangers,
  compareVisits,
  type MetTrace,
  tracesOf,
  type Visit,
} from './history/visits.ts';
import { findingOf, type Occurrence } from './occurrences.ts';
import { overlapConflicts } from './overlap-conflicts.ts';
import { readConflicts } from './read-conflicts.ts';
import { type Scene, sceneOf, surelyMeet } from './scene.ts';
import { skewConflicts } from './skew-conflicts.ts';
import { unknownRowConflicts } from './unknown-rows.ts';

/**
 * Compares traces with each other. What is found of one depends on the traces that it met, not on
 * what else was loaded: a batch that shares a variable is loaded once, and sorted once.
 */
export class TraceComparison {
  readonly #traces: ReadonlyMap<string, MetTrace>;
  readonly #visits = new Map<string, Visit[]>();
  readonly #histories = new Map<string, VariableHistory>();
  readonly #acts = new Map<Visit, readonly Occurrence[]>();

  constructor(footprints: readonly Footprint[]) {
    this.#traces = new Map(tracesOf(footprints).map((trace) => [trace.traceId, trace]));
    for (const { visits } of this.#traces.values()) {
      for (const visit of visits.values()) {
        const known = this.#visits.get(visit.place);
        if (known === undefined) this.#visits.set(visit.place, [visit]);
        else known.push(visit);
      }
    }
  }

  /**
   * The findings that a trace owns: of two traces that used a variable at one time, or went by one
   * value, the later one by (first access, trace id); of reads and acts that others disturbed, the
   * disturbed one; of a dependency cycle, also by the clock on correlated variables, the latest member by
   * (begin, trace id). One per fingerprint.
   */
  findingsOf(traceId: string): readonly Finding[] {
    const own = this.#traces.get(traceId);
    if (own === undefined) return [];
    const findings = new FindingTable();
    // Where nobody else was, there is nothing to find.
    const visits = [...own.visits.values()].filter(({ place }) => this.#isShared(place));
    const scenes = visits.map((visit) => sceneOf(this.#historyOf(visit.place), visit));
    for (const scene of scenes) {
      if (scene.visit.isOfUnknownRow) {
        for (const occurrence of unknownRowConflicts(scene)) {
          findings.add(occurrence, otherOf(occurrence, own));
        }
        continue;
      }
      const overlaps = overlapConflicts(scene).filter((overlap) => !this.#isTold(overlap));
      for (const occurrence of [
        ...this.#actsOf(scene.visit),
        ...apartFrom(scene),
        ...readConflicts(scene),
        ...overlaps,
      ]) {
        findings.add(occurrence, otherOf(occurrence, own));
      }
    }
    const plain = scenes.filter(({ visit }) => !visit.isStatement);
    for (const occurrence of [...correlatedConflicts(own, plain), ...skewConflicts(own, scenes)]) {
      findings.add(occurrence, otherOf(occurrence, own));
    }
    for (const { occurrence, other } of cycleOccurrences(own, scenes, (variable) =>
      this.#historyOf(variable),
    )) {
      findings.add(occurrence, other);
    }
    return findings.list();
  }

  /** Whether acts of one of the two traces, at other sites, tell what their operations did. */
  #isTold({ events, isRequestLocal }: Occurrence): boolean {
    if (isRequestLocal) return false;
    const [actors, sites] = [actorsOf(events), sitesOf(events)];
    const isStatement = events.some((access) => access.isStatement);
    return events.some(({ visit }) =>
      this.#actsOf(visit).some(
        (act) => actorsOf(act.events) === actors && (isStatement || sitesOf(act.events) !== sites),
      ),
    );
  }

  /** What others did between the checks and the acts of a visit. */
  #actsOf(visit: Visit): readonly Occurrence[] {
    let acts = this.#acts.get(visit);
    if (acts === undefined) {
      acts = actConflicts(sceneOf(this.#historyOf(visit.place), visit));
      this.#acts.set(visit, acts);
    }
    return acts;
  }

  #isShared(place: string): boolean {
    return (this.#visits.get(place) ?? []).length > 1;
  }

  #historyOf(place: string): VariableHistory {
    let history = this.#histories.get(place);
    if (history === undefined) {
      history = new VariableHistory(this.#visits.get(place) ?? []);
      this.#histories.set(place, history);
    }
    return history;
  }
}

/** The findings that a trace owns among some others. The order of the arguments does not matter. */
export function findingsAcross(
  target: readonly Footprint[],
  others: readonly Footprint[],
): readonly Finding[] {
  const [first] = target;
  if (first === undefined) return [];
  return new TraceComparison([...target, ...others]).findingsOf(first.traceId);
}

/**
 * Acts of two transactions on one value, although they did not overlap: the later one did not see
 * what the earlier one had committed.
 */
function apartFrom(scene: Scene): readonly Occurrence[] {
  const { visit, history } = scene;
  if (visit.trace.transaction === null) return [];
  const found: Occurrence[] = [];
  for (const other of history.visits) {
    const isEarlier = compareVisits(other, visit) < 0;
    if (other.trace.transaction === null || !isEarlier || overlap(other.widest, visit.widest))
      continue;
    if (!areStrangers(other.trace, visit.trace)) continue;
    for (const act of history.acts(visit)) {
      for (const earlier of history.acts(other)) {
        if (act.base === null || act.base !== earlier.base) continue;
        if (act.basis === act.write || earlier.basis === earlier.write) continue;
        if (history.isWrittenBetween(act.base, act.basis.ns, earlier.basis.ns)) continue;
        const scope = surelyMeet(scene, earlier.write, act.write);
        if (scope !== null) found.push(bothFrom(act, earlier, scope, 1));
      }
    }
  }
  return found;
}

function otherOf({ events: [one, two] }: Occurrence, own: MetTrace): MetTrace {
  return (one.visit.trace === own ? two : one).visit.trace;
}

/** Findings by fingerprint: the one that ranks first, with the pairs of all. */
class FindingTable {
  readonly #findings = new Map<string, RankedFinding>();

  add(occurrence: Occurrence, other: MetTrace): void {
    const ranked = rankedFinding(findingOf(occurrence, other));
    const known = this.#findings.get(ranked.fingerprint);
    if (known === undefined) {
      this.#findings.set(ranked.fingerprint, ranked);
      return;
    }
    const best = compareRankedFindings(ranked, known) < 0 ? ranked : known;
    const finding: Finding = {
      ...best.finding,
      provenPairs: ranked.finding.provenPairs + known.finding.provenPairs,
      overlappingPairs: ranked.finding.overlappingPairs + known.finding.overlappingPairs,
    };
    this.#findings.set(ranked.fingerprint, { ...best, finding });
  }

  /** Best rank first. */
  list(): readonly Finding[] {
    return [...this.#findings.values()].sort(compareRankedFindings).map(({ finding }) => finding);
  }
}

/** The operations that two accesses belong to, in any order. */
function actorsOf(events: Occurrence['events']): string {
  return events
    .map(({ signature: { service, operation } }) => JSON.stringify([service, operation]))
    .sort()
    .join(' ');
}

/** The sites of two accesses, in any order. */
function sitesOf(events: Occurrence['events']): string {
  return events
    .map(({ signature }) => siteText(signature))
    .sort()
    .join(' ');
}

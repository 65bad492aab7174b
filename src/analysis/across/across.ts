import type { Finding } from '../../domain/finding.ts';
import type { Footprint } from '../../domain/footprint.ts';
import { compareRankedFindings, type RankedFinding, rankedFinding } from '../../domain/ranking.ts';
import { conflictsOf, dirtyReadsOf } from './conflicts.ts';
import { cycleOccurrences } from './cycle-findings.ts';
import { findingOf, type Occurrence } from './occurrences.ts';
import { areStrangers, compareTraces, type MetTrace, tracesOf, type Visit } from './visits.ts';

/**
 * Finds what happened between a trace and its neighbours, as far as this trace owns it. It owns a
 * pair when its first access to the variable is the later one (of equal ones, when its id is
 * greater). It owns a dirty read or a cycle when it began last. For each (fingerprint, other trace)
 * it gives one finding, the one that ranks first. Traces that never overlapped give nothing, unless
 * both are transactions and values prove something. The order of the arguments' elements does not
 * matter.
 *
 * @param target all footprints of the trace
 * @param others all footprints of other traces near it in time
 */
export function findingsAcross(
  target: readonly Footprint[],
  others: readonly Footprint[],
): readonly Finding[] {
  const [own] = tracesOf(target);
  if (own === undefined) return [];
  const neighbours = tracesOf(others).filter((trace) => areStrangers(own, trace));
  const findings = new FindingTable();
  for (const visit of own.visits.values()) {
    const history = [own, ...neighbours].flatMap((trace) => trace.visits.get(visit.variable) ?? []);
    for (const other of history) {
      if (other === visit) continue;
      const occurrences: Occurrence[] = [];
      if (isLater(visit, other)) occurrences.push(...conflictsOf(other, visit, history));
      if (compareTraces(other.trace, own) < 0) {
        occurrences.push(...dirtyReadsOf(other, visit, history));
      }
      for (const occurrence of occurrences) findings.add(occurrence, other.trace);
    }
  }
  for (const { occurrence, other } of cycleOccurrences(own, neighbours)) {
    findings.add(occurrence, other);
  }
  return findings.list();
}

/** By (first access, trace id). */
function isLater(visit: Visit, other: Visit): boolean {
  const difference = BigInt(visit.footprint.firstNs) - BigInt(other.footprint.firstNs);
  if (difference !== 0n) return difference > 0n;
  return visit.trace.traceId > other.trace.traceId;
}

/** Findings by fingerprint and other trace; of several the one that ranks first. */
class FindingTable {
  readonly #findings = new Map<string, RankedFinding>();

  add(occurrence: Occurrence, other: MetTrace): void {
    const ranked = rankedFinding(findingOf(occurrence, other));
    const key = keyOf(ranked.finding);
    const known = this.#findings.get(key);
    if (known === undefined || compareRankedFindings(ranked, known) < 0) {
      this.#findings.set(key, ranked);
    }
  }

  list(): readonly Finding[] {
    return [...this.#findings.values()].sort(compareRankedFindings).map(({ finding }) => finding);
  }
}

function keyOf({ subject, otherTraceId }: Finding): string {
  return `${subject.fingerprint} ${otherTraceId}`;
}

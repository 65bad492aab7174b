import type { StoredFinding } from '../../../domain/trace/trace-record.ts';
import type { TextStore } from '../bytes/text-store.ts';
import type { AttestedFinding, DerivedTrace } from './derived-trace.ts';
import type { OwnedFinding } from './issue-entry.ts';

type Traces = ReadonlyMap<string, DerivedTrace>;

/** Gives names as everybody else has them, so that equal texts are kept once. */
export interface Names {
  readonly traces: Traces;
  issue(fingerprint: string): string;
  variable(name: string): string;
}

/**
 * Findings as a trace keeps them. Member by member: V8 gives what is made by spreading a hidden class
 * of its own, which takes more than the finding.
 */
export function owned(
  trace: DerivedTrace,
  findings: readonly StoredFinding[],
  names: Names,
): AttestedFinding[] {
  return findings.map((finding) => ({
    finding: {
      ownerId: trace.traceId,
      fingerprint: names.issue(finding.fingerprint),
      isAcross: finding.isAcross,
      variable: names.variable(finding.variable),
      isCritical: finding.isCritical,
      rank: finding.rank,
      evidence: finding.evidence,
      pattern: finding.pattern,
      anomalyClass: finding.anomalyClass,
      verdict: finding.verdict,
      isRequestLocal: finding.isRequestLocal,
      meeting: finding.meeting,
      provenPairs: finding.provenPairs,
      overlappingPairs: finding.overlappingPairs,
      firstNs: BigInt(finding.firstNs),
      lastNs: BigInt(finding.lastNs),
      traceIds: namesOf(finding.traceIds, trace, names.traces),
    },
    witness: finding.witness,
  }));
}

/** Ids of traces, of which one is given. */
export function namesOf(
  traceIds: readonly string[],
  { alone }: DerivedTrace,
  traces: Traces,
): readonly string[] {
  if (traceIds.length === 1) return alone;
  return traceIds.map((traceId) => traces.get(traceId)?.traceId ?? traceId);
}

/** Reads the witnesses of findings, all at once: those of one owner are deflated together. */
export type ReadWitnesses = (
  findings: readonly OwnedFinding[],
) => ReadonlyMap<OwnedFinding, string>;

/** The witnesses of findings whose owners are known. */
export function witnessesOf(
  wanted: readonly OwnedFinding[],
  traces: Traces,
  texts: TextStore,
): ReadonlyMap<OwnedFinding, string> {
  const all = new Set(wanted);
  const found = new Map<OwnedFinding, string>();
  for (const ownerId of new Set(wanted.map((finding) => finding.ownerId))) {
    const owner = traces.get(ownerId) as DerivedTrace;
    for (const { finding, witness } of attested(owner, texts, (one) => all.has(one))) {
      found.set(finding, witness);
    }
  }
  return found;
}

/** Some findings of a trace with their witnesses. */
export function attested(
  { findings, footprints, texts }: DerivedTrace,
  store: TextStore,
  isWanted: (finding: OwnedFinding) => boolean,
): AttestedFinding[] {
  if (!findings.some(isWanted)) return [];
  const found = store.read(texts).slice(footprints.length);
  return findings
    .map((finding, place) => ({ finding, witness: found[place] as string }))
    .filter(({ finding }) => isWanted(finding));
}

/**
 * The findings of a trace with others in the place of those that comparisons left; null when these are the
 * same as before.
 */
export function changedAcross(
  trace: DerivedTrace,
  findings: readonly StoredFinding[],
  names: Names,
  texts: TextStore,
): readonly AttestedFinding[] | null {
  const before = attested(trace, texts, ({ isAcross }) => isAcross);
  const after = owned(trace, findings, names);
  if (areSame(before, after)) return null;
  return [...attested(trace, texts, ({ isAcross }) => !isAcross), ...after];
}

/** Whether two lists of findings of one trace differ in nothing. */
function areSame(before: readonly AttestedFinding[], after: readonly AttestedFinding[]): boolean {
  return (
    before.length === after.length &&
    before.every(({ finding, witness }, place) => {
      const other = after[place];
      return other?.witness === witness && hasSameMembers(finding, other.finding);
    })
  );
}

function hasSameMembers(one: OwnedFinding, two: OwnedFinding): boolean {
  const others: ReadonlyMap<string, unknown> = new Map(Object.entries(two));
  return Object.entries(one).every(([name, value]) => {
    const other = others.get(name);
    if (!Array.isArray(value) || !Array.isArray(other)) return value === other;
    return value.length === other.length && value.every((item, place) => item === other[place]);
  });
}

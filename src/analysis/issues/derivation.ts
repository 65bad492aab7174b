import type { Finding, IssueSubject } from '../../domain/findings/finding.ts';
import type { Footprint } from '../../domain/findings/footprint.ts';
import {
  compareRankedFindings,
  type RankedFinding,
  rankedFinding,
} from '../../domain/findings/ranking.ts';
import type { VariableState } from '../../domain/findings/variable-state.ts';
import { holdsExactNumber, type JsonValue, stringifyJson } from '../../domain/json.ts';
import type {
  CountedFinding,
  CountedRecord,
  LinkType,
  ServiceCalls,
  StoredFinding,
} from '../../domain/trace/trace-record.ts';
import { meetingName } from './meeting-name.ts';
import { changePossible } from './variable-environments.ts';
import { changedPairs, changeVariable, type PossiblePair } from './variable-sites.ts';

/** What a new record adds to an issue, or takes from it. */
export interface IssueChange {
  readonly fingerprint: string;
  /** Null when the change only takes away: the issue is known then. */
  subject: IssueSubject | null;
  /** More (or fewer) findings; event pairs behind those inside traces, and possible ones across. */
  findings: number;
  provenPairs: number;
  overlappingPairs: number;
  pairs: number;
  tracePairs: number;
}

/** What a new record adds to the calls between two services, or takes from them. */
export interface CallChange {
  readonly from: string;
  readonly to: string;
  readonly linkType: LinkType;
  calls: number;
  traces: number;
}

/** Where one variable is accessed now, over all traces. */
export interface VariableSites {
  /** Null when nobody accesses the variable any more. */
  readonly state: VariableState | null;
}

/** What changes of one variable. */
export interface VariableChange {
  /** Null when they stay as they are. */
  readonly sites: VariableSites | null;
  /** More (or fewer) findings whose witness is this variable. */
  readonly findings: number;
}

/** What changes over all traces when records are taken away and added. */
export interface DerivedChanges {
  /** Sorted by variable. */
  readonly variables: ReadonlyMap<string, VariableChange>;
  /** By fingerprint. */
  readonly issues: readonly IssueChange[];
  /** Traces that take part in other findings than before; sorted. */
  readonly members: readonly string[];
  /** What the findings that came or went met about (`meetingName`); sorted. */
  readonly meetings: readonly string[];
  /** By services and link type. */
  readonly calls: readonly CallChange[];
}

/**
 * Computes what changes. Sums are sums: any order of changes, however grouped, ends in the same
 * totals.
 *
 * @param variables present states of all variables that the records name
 * @param about what the added findings are about
 */
export function changesOf(...records: Parameters<typeof changeSteps>): DerivedChanges {
  const steps = changeSteps(...records);
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** {@link changesOf} in steps, one variable after the other, for those who must not take long. */
export function* changeSteps(
  removed: readonly CountedRecord[],
  added: readonly CountedRecord[],
  variables: ReadonlyMap<string, VariableState>,
  about: readonly IssueSubject[],
): Generator<void, DerivedChanges> {
  const subjects = new Map(about.map((subject) => [subject.fingerprint, subject]));
  const issues = new IssueChanges(subjects);
  const members = new Set<string>();
  const meetings = new Set<string>();
  const findings = new Map<string, number>();
  const tally = (records: readonly CountedRecord[], sign: 1 | -1) => {
    for (const finding of records.flatMap(({ findings }) => findings)) {
      issues.addFinding(finding, sign);
      findings.set(finding.variable, (findings.get(finding.variable) ?? 0) + sign);
      meetings.add(finding.meeting);
      for (const traceId of finding.traceIds) members.add(traceId);
    }
  };
  tally(removed, -1);
  tally(added, 1);
  const changed = yield* changedVariables(removed, added, variables, issues, findings);
  return {
    variables: changed,
    issues: issues.sorted(),
    members: [...members].sort(),
    meetings: [...meetings].sort(),
    calls: changedCalls(removed, added),
  };
}

/**
 * Findings of one analysis or comparison as they are stored: one per issue, the best for witness,
 * seen from the first of all to the last.
 */
export function storedFindings(
  ownerId: string,
  findings: readonly Finding[],
  isAcross: boolean,
): readonly StoredFinding[] {
  const merged = new Map<string, MergedFindings>();
  for (const ranked of findings.map(rankedFinding)) {
    const { provenPairs, overlappingPairs, firstNs, lastNs } = ranked.finding;
    const known = merged.get(ranked.fingerprint);
    if (known === undefined) {
      merged.set(ranked.fingerprint, {
        best: ranked,
        provenPairs,
        overlappingPairs,
        firstNs,
        lastNs,
      });
      continue;
    }
    if (compareRankedFindings(ranked, known.best) < 0) known.best = ranked;
    known.provenPairs += provenPairs;
    known.overlappingPairs += overlappingPairs;
    if (BigInt(firstNs) < BigInt(known.firstNs)) known.firstNs = firstNs;
    if (BigInt(lastNs) > BigInt(known.lastNs)) known.lastNs = lastNs;
  }
  return [...merged].sort(byKey).map(([, { best, ...sums }]) => {
    const { finding, fingerprint, rank } = best;
    const witness = finding.witness as unknown as JsonValue;
    return {
      fingerprint,
      isAcross,
      variable: finding.witness.variable,
      isCritical: finding.subject.severity === 'CRITICAL',
      rank,
      evidence: finding.evidence,
      pattern: finding.pattern,
      anomalyClass: finding.anomalyClass,
      isRequestLocal: finding.isRequestLocal,
      meeting: meetingName(finding),
      verdict: finding.verdict,
      ...sums,
      traceIds: [...new Set([ownerId, ...finding.traceIds])].sort(),
      witness: stringifyJson(witness, holdsExactNumber(witness)),
    };
  });
}

/** All findings of one issue that have one owner. */
interface MergedFindings {
  best: RankedFinding;
  provenPairs: number;
  overlappingPairs: number;
  firstNs: string;
  lastNs: string;
}

class IssueChanges {
  readonly #subjects: ReadonlyMap<string, IssueSubject>;
  readonly #changes = new Map<string, IssueChange>();

  constructor(subjects: ReadonlyMap<string, IssueSubject>) {
    this.#subjects = subjects;
  }

  addFinding(finding: CountedFinding, sign: 1 | -1): void {
    const { fingerprint, isAcross, provenPairs, overlappingPairs } = finding;
    const change = this.#changeOf(fingerprint);
    if (sign > 0) change.subject ??= this.#subjects.get(fingerprint) ?? null;
    change.findings += sign;
    change.provenPairs += sign * provenPairs;
    change.overlappingPairs += sign * overlappingPairs;
    if (!isAcross) change.pairs += sign * overlappingPairs;
  }

  addPossible(pairs: readonly PossiblePair[]): void {
    for (const { subject, tracePairs, eventPairs } of pairs) {
      const change = this.#changeOf(subject.fingerprint);
      change.tracePairs += tracePairs;
      change.pairs += eventPairs;
      if (tracePairs > 0 || eventPairs > 0) change.subject ??= subject;
    }
  }

  /** By fingerprint; also those whose sums stay, for their best finding may be another now. */
  sorted(): readonly IssueChange[] {
    return [...this.#changes].sort(byKey).map(([, change]) => change);
  }

  #changeOf(fingerprint: string): IssueChange {
    let change = this.#changes.get(fingerprint);
    if (change === undefined) {
      change = {
        fingerprint,
        subject: null,
        findings: 0,
        provenPairs: 0,
        overlappingPairs: 0,
        pairs: 0,
        tracePairs: 0,
      };
      this.#changes.set(fingerprint, change);
    }
    return change;
  }
}

function* changedVariables(
  removed: readonly CountedRecord[],
  added: readonly CountedRecord[],
  states: ReadonlyMap<string, VariableState>,
  issues: IssueChanges,
  findings: ReadonlyMap<string, number>,
): Generator<void, Map<string, VariableChange>> {
  const before = byVariable(removed);
  const after = byVariable(added);
  const changed = new Map<string, VariableChange>();
  const names = new Set([...before.keys(), ...after.keys(), ...findings.keys()]);
  for (const variable of [...names].sort()) {
    const [old, young] = [before.get(variable) ?? [], after.get(variable) ?? []];
    const isSame = old.length === 0 && young.length === 0;
    changed.set(variable, {
      sites: isSame ? null : changedSites(states.get(variable) ?? null, old, young, issues),
      findings: findings.get(variable) ?? 0,
    });
    yield;
  }
  return changed;
}

function changedSites(
  state: VariableState | null,
  removed: readonly Footprint[],
  added: readonly Footprint[],
  issues: IssueChanges,
): VariableSites {
  const changed = changeVariable(state, removed, added);
  const next = changed.traces === 0 ? null : changed;
  const pairs = changedPairs(state, next);
  issues.addPossible(pairs);
  if (next === null) return { state: null };
  const kinds = pairs.map(({ subject, sitePairs }) => ({ ...subject, sitePairs }));
  return { state: { ...next, possible: changePossible(next.possible, kinds) } };
}

function byVariable(records: readonly CountedRecord[]): ReadonlyMap<string, Footprint[]> {
  const footprints = new Map<string, Footprint[]>();
  for (const footprint of records.flatMap((record) => record.footprints)) {
    const known = footprints.get(footprint.variable);
    if (known === undefined) footprints.set(footprint.variable, [footprint]);
    else known.push(footprint);
  }
  return footprints;
}

function changedCalls(
  removed: readonly CountedRecord[],
  added: readonly CountedRecord[],
): readonly CallChange[] {
  const changes = new Map<string, CallChange>();
  const tally = (records: readonly CountedRecord[], sign: 1 | -1) => {
    for (const { from, to, linkType, calls } of records.flatMap((each) => each.calls)) {
      const key = callKey({ from, to, linkType });
      const change = changes.get(key) ?? { from, to, linkType, calls: 0, traces: 0 };
      change.calls += sign * calls;
      change.traces += sign;
      changes.set(key, change);
    }
  };
  tally(removed, -1);
  tally(added, 1);
  return [...changes]
    .filter(([, { calls, traces }]) => calls !== 0 || traces !== 0)
    .sort(byKey)
    .map(([, change]) => change);
}

/** What an analysis of a trace looked at. */
export interface Analysed {
  readonly group: readonly string[];
  readonly eventCount: number;
}

/**
 * The traces to analyse again after one trace changed: the members of its group when its events
 * changed, and the members of both groups when it moved to another group.
 */
export function concernedBy(before: Analysed, after: Analysed): readonly string[] {
  const isSame =
    before.eventCount === after.eventCount &&
    before.group.length === after.group.length &&
    before.group.every((id, place) => id === after.group[place]);
  return isSame ? [] : [...new Set([...before.group, ...after.group])];
}

/** Names one kind of call; unlike any other's. */
export function callKey(call: Pick<ServiceCalls, 'from' | 'to' | 'linkType'>): string {
  return JSON.stringify([call.from, call.to, call.linkType]);
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

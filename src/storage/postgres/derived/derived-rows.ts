import type { IssueChange, VariableChange } from '../../../analysis/issues/derivation.ts';
import { summarizeVariable } from '../../../analysis/issues/variable-sites.ts';
import type {
  AnomalyClass,
  Evidence,
  FindingEvent,
  IssueSubject,
  Pattern,
  Verdict,
} from '../../../domain/findings/finding.ts';
import { type OwnerRule, ownerOf } from '../../../domain/findings/finding-rules.ts';
import type { Footprint } from '../../../domain/findings/footprint.ts';
import type { Issue } from '../../../domain/findings/issue.ts';
import { possibleTraits, rankOf } from '../../../domain/findings/ranking.ts';
import { releasesOf, type SeenRelease } from '../../../domain/findings/seen-release.ts';
import { dispositionOf, readTriage, type Triage } from '../../../domain/findings/triage.ts';
import type { VariableState } from '../../../domain/findings/variable-state.ts';
import type { IssueTraits } from '../../../domain/issue-traits.ts';
import type { Cut, ServiceCalls, StoredFinding } from '../../../domain/trace/trace-record.ts';
import { nameKey } from '../../name-key.ts';
import { type IssueRow, type IssueTraitsRow, WITNESS_END } from './issue-queries.ts';

/**
 * Between rows and what was derived. Rows of statements that run for each trace are arrays, in the
 * order of the columns.
 */

/** The issue of a row. */
export function issueOf(row: IssueRow, owners: readonly OwnerRule[]): Issue {
  const subject = JSON.parse(row.subject) as IssueSubject;
  return {
    subject,
    fingerprint: row.shown_fingerprint,
    evidence: row.evidence,
    pattern: row.pattern,
    anomalyClass: row.anomaly_class,
    verdict: row.verdict,
    count: Number(row.count),
    pairsPossible: Number(row.pairs_possible),
    tracePairs: Number(row.trace_pairs),
    firstNs: row.first_ns,
    lastNs: row.last_ns,
    firstReleases: releasesInEvents(row.first_events),
    lastReleases: releasesInEvents(row.last_events),
    witnesses: row.witnesses?.split(WITNESS_END) ?? [],
    disposition: dispositionOf(
      row.triage === null ? null : readTriage(JSON.parse(row.triage) as Triage),
      row.ignoring_rule,
      ownerOf(owners, subject),
    ),
  };
}

function releasesInEvents(events: string | null): readonly SeenRelease[] {
  return events === null ? [] : releasesOf(JSON.parse(events) as readonly FindingEvent[]);
}

/** The traits of a row. */
export function traitsOf(row: IssueTraitsRow): IssueTraits {
  const { variable, scope, severity, services, environments, evidence, pattern } = row;
  return {
    ...{ variable, scope, severity, services, environments, evidence, pattern },
    isRequestLocal: row.is_request_local,
    state: row.state,
    locations: row.locations,
    firstNs: row.first_ns === null ? null : BigInt(row.first_ns),
    lastNs: row.last_ns === null ? null : BigInt(row.last_ns),
  };
}

/** A finding and the trace that owns it. */
export interface FindingOfTrace {
  readonly traceId: string;
  readonly finding: StoredFinding;
}

/** A row of `FINDING_COLUMNS`. */
export function findingOf(row: readonly unknown[]): FindingOfTrace {
  const [traceId, fingerprint, isAcross, variable, isCritical, rank, evidence, pattern, ...more] =
    row;
  const [anomalyClass, isRequestLocal, meeting, verdict, provenPairs, overlappingPairs, ...rest] =
    more;
  const [firstNs, lastNs, traceIds, witness] = rest;
  return {
    traceId: traceId as string,
    finding: {
      fingerprint: fingerprint as string,
      isAcross: isAcross as boolean,
      variable: variable as string,
      isCritical: isCritical as boolean,
      rank: rank as number,
      evidence: evidence as Evidence,
      pattern: pattern as Pattern,
      anomalyClass: anomalyClass as AnomalyClass | null,
      isRequestLocal: isRequestLocal as boolean,
      meeting: meeting as string,
      verdict: verdict as Verdict | null,
      provenPairs: Number(provenPairs),
      overlappingPairs: Number(overlappingPairs),
      firstNs: firstNs as string,
      lastNs: lastNs as string,
      traceIds: traceIds as string[],
      witness: witness as string,
    },
  };
}

/** The JSON text of a row of `upsertFindings`; the witness is put in as it is. */
export function findingRow({ traceId, finding }: FindingOfTrace): string {
  const row = JSON.stringify({
    trace_id: traceId,
    fingerprint: finding.fingerprint,
    is_across: finding.isAcross,
    variable: finding.variable,
    is_critical: finding.isCritical,
    rank: finding.rank,
    evidence: finding.evidence,
    pattern: finding.pattern,
    anomaly_class: finding.anomalyClass,
    is_request_local: finding.isRequestLocal,
    meeting: finding.meeting,
    verdict: finding.verdict,
    proven_pairs: finding.provenPairs,
    overlapping_pairs: finding.overlappingPairs,
    first_ns: finding.firstNs,
    last_ns: finding.lastNs,
    trace_ids: finding.traceIds,
  });
  return `${row.slice(0, -1)},"witness":${finding.witness}}`;
}

/** A row of `upsertFootprints`, except for the document. */
export function footprintRow(footprint: Footprint, document: string): string {
  const row = JSON.stringify({
    trace_id: footprint.traceId,
    variable_key: nameKey(footprint.variable),
    variable: footprint.variable,
    first_ns: footprint.firstNs,
    last_ns: footprint.lastNs,
    is_transaction: footprint.transaction !== null,
  });
  return `${row.slice(0, -1)},"document":${document}}`;
}

export function variableRow(variable: string, sites: NonNullable<VariableChange['sites']>): object {
  const totals = sites.state === null ? null : summarizeVariable(sites.state);
  return {
    variable_key: nameKey(variable),
    access_count: totals?.access_count ?? 0,
    trace_count: totals?.trace_count ?? 0,
    environments: sites.state === null ? null : countsByEnvironment(sites.state),
    possible: sites.state?.possible ?? null,
    document: sites.state,
  };
}

/** A row of `addToIssues`, for a change that says what the issue is about. */
export function issueRow(change: IssueChange, subject: IssueSubject): object {
  const possible = possibleTraits(subject);
  return {
    ...issueSums(change),
    variable: subject.variable,
    scope: subject.scope,
    severity: subject.severity,
    services: subject.services,
    environments: subject.environments,
    subject,
    possible_rank: rankOf(possible),
    possible_pattern: possible.pattern,
  };
}

export function issueSums(change: IssueChange) {
  return {
    fingerprint: change.fingerprint,
    finding_count: change.findings,
    proven_pairs: change.provenPairs,
    overlapping_pairs: change.overlappingPairs,
    pair_count: change.pairs,
    trace_pairs: change.tracePairs,
  };
}

/** The columns that name one kind of call. */
export function callRow({ from, to, linkType }: Pick<ServiceCalls, 'from' | 'to' | 'linkType'>) {
  return {
    from_key: nameKey(from),
    to_key: nameKey(to),
    link_type: linkType,
    from_service: from,
    to_service: to,
  };
}

/** Traces and accesses by environment. */
function countsByEnvironment({ environments }: VariableState): object {
  return Object.fromEntries(
    environments.map(([name, { traces, accesses }]) => [name, [traces, accesses]]),
  );
}

/** The cuts of a record, as pairs of a limit and a variable; null: there are none. */
export function cutsRow(
  cuts: readonly Cut[],
): readonly (readonly [string, string | null])[] | null {
  return cuts.length === 0 ? null : cuts.map(({ limit, variable }) => [limit, variable]);
}

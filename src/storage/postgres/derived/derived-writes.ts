import {
  type Analysed,
  changeSteps,
  concernedBy,
  type DerivedChanges,
} from '../../../analysis/issues/derivation.ts';
import type { IssueSubject } from '../../../domain/findings/finding.ts';
import type { IgnoreRule } from '../../../domain/findings/finding-rules.ts';
import type { Footprint } from '../../../domain/findings/footprint.ts';
import type { VariableState } from '../../../domain/findings/variable-state.ts';
import {
  type ComparisonRecord,
  type CountedRecord,
  namedTraces,
  type TraceRecord,
} from '../../../domain/trace/trace-record.ts';
import { isToCompare } from '../../comparison-need.ts';
import type { Aftermath, Encounter, Neighbour } from '../../derived.ts';
import { leftPlaces } from '../../left-places.ts';
import { nameKey } from '../../name-key.ts';
import { Pauses } from '../../pauses.ts';
import type { Session } from '../connection/session.ts';
import {
  finishAnalyses,
  finishComparisons,
  type LockedTraceRow,
  lockTraces,
  markEncounters,
  returnClaims,
} from './claim-queries.ts';
import {
  addVariableFindings,
  insertVariables,
  lockVariables,
  selectOwnFindings,
  updateRaceCounts,
  updateVariableSites,
  upsertTags,
} from './derived-queries.ts';
import {
  callRow,
  cutsRow,
  type FindingOfTrace,
  findingOf,
  issueRow,
  issueSums,
  variableRow,
} from './derived-rows.ts';
import {
  addToIssues,
  addToKnownIssues,
  lockIssues,
  updateBestFindings,
  updateTold,
} from './issue-queries.ts';
import { addServiceCalls } from './link-queries.ts';
import {
  type CallsOfTrace,
  replaceCalls,
  replaceFindings,
  replaceFootprints,
  replaceSpans,
} from './record-rows.ts';
import { followIssues } from './triage-writes.ts';

/**
 * Puts analyses in the place of earlier ones, as far as the claims on their traces still hold.
 * Gives what that means for other traces.
 */
export async function writeAnalyses(
  session: Session,
  claimant: string,
  records: readonly TraceRecord[],
  rules: readonly IgnoreRule[],
): Promise<Aftermath> {
  const held = await heldClaims(session, claimant, records);
  if (held.length === 0) return { spans: [], traceIds: [], left: [] };
  const traceIds = held.map(({ traceId }) => traceId);
  const before = await readOwn(session, traceIds);
  const footprints = held.flatMap((record) => record.footprints);
  const findings = held.flatMap(({ traceId, findings: found }) =>
    found.map((finding) => ({ traceId, finding })),
  );
  const calls = held.flatMap(({ traceId, calls: made }) => made.map((call) => ({ traceId, call })));
  const within = before.findings.filter(({ finding }) => !finding.isAcross);
  const oldFootprints = await replaceFootprints(session, traceIds, footprints);
  const oldCalls = await replaceCalls(session, traceIds, calls);
  const spans = await replaceSpans(session, held);
  await applyChanges(
    session,
    { footprints: oldFootprints.removed, findings: within, calls: oldCalls },
    { footprints: oldFootprints.added, findings, calls },
    { about: held.flatMap((record) => record.subjects), rules },
  );
  await session(
    upsertTags(JSON.stringify(held.map(({ traceId, tags }) => ({ trace_id: traceId, tags })))),
  );
  const across = before.findings.filter(({ finding }) => finding.isAcross);
  const foundAcross = new Set(across.map(({ traceId }) => traceId));
  const done = held.map((record) => ({
    trace_id: record.traceId,
    environments: record.environments,
    event_count: record.eventCount,
    mark: record.mark,
    group_ids: record.group.length > 1 ? record.group : null,
    cuts: cutsRow(record.cuts),
    compares: isToCompare({
      hasFootprints: record.footprints.length > 0,
      hasAcrossFindings: foundAcross.has(record.traceId),
      hasComparisonCuts: record.before.hasComparisonCuts,
    }),
  }));
  await session(finishAnalyses(JSON.stringify(done)));
  const members = held.flatMap(({ traceId, group, eventCount, before }) =>
    concernedBy(before, { group, eventCount }).filter((member) => member !== traceId),
  );
  const left = leftPlaces(oldFootprints.removed.map(neighbourOf), footprints);
  return { spans, traceIds: [...new Set(members)].sort(), left };
}

function neighbourOf({ traceId, variable, firstNs, lastNs, transaction }: Footprint): Neighbour {
  const window = { firstNs: BigInt(firstNs), lastNs: BigInt(lastNs) };
  return { traceId, variable, ...window, isTransaction: transaction !== null };
}

/** Puts comparisons in the place of earlier ones, and marks what is to be compared again. */
export async function writeComparisons(
  session: Session,
  claimant: string,
  records: readonly ComparisonRecord[],
  met: readonly Encounter[],
  rules: readonly IgnoreRule[],
): Promise<void> {
  const held = await heldClaims(session, claimant, records);
  if (held.length > 0) {
    const before = await readOwn(
      session,
      held.map(({ traceId }) => traceId),
    );
    const findings = held.flatMap(({ traceId, findings: found }) =>
      found.map((finding) => ({ traceId, finding })),
    );
    await applyChanges(
      session,
      {
        footprints: [],
        findings: before.findings.filter(({ finding }) => finding.isAcross),
        calls: [],
      },
      { footprints: [], findings, calls: [] },
      { about: held.flatMap((record) => record.subjects), rules },
    );
    const done = held.map(({ traceId, mark, cuts }) => ({
      trace_id: traceId,
      mark,
      cuts: cutsRow(cuts),
    }));
    await session(finishComparisons(JSON.stringify(done)));
  }
  if (met.length > 0) {
    const rows = met.map(({ traceIds, changedIds }, number) => ({
      number,
      trace_ids: traceIds,
      changed_ids: changedIds,
    }));
    await session(markEncounters(JSON.stringify(rows)));
  }
}

/** The rows of some traces' records: what everything that is counted over traces is made of. */
export interface RecordRows {
  readonly footprints: readonly Footprint[];
  readonly findings: readonly FindingOfTrace[];
  readonly calls: readonly CallsOfTrace[];
}

/** What a trace was before its claim's record. */
interface HeldBefore extends Analysed {
  /** Whether budgets kept something out of its last comparison. */
  readonly hasComparisonCuts: boolean;
}

/**
 * The records whose claims still hold. A record that names a trace which was erased meanwhile is
 * left out. Its claim is given back, so that the work is done again without that trace.
 */
async function heldClaims<Record extends TraceRecord | ComparisonRecord>(
  session: Session,
  claimant: string,
  records: readonly Record[],
): Promise<readonly (Record & { readonly before: HeldBefore })[]> {
  const named = records.flatMap((record) => [record.traceId, ...namedTraces(record)]);
  const rows = await session.named<LockedTraceRow>(lockTraces([...new Set(named)].sort()));
  const known = new Map(
    rows.map((row) => [
      row.trace_id,
      {
        claimedBy: row.claimant,
        group: row.group_ids ?? [row.trace_id],
        eventCount: Number(row.analysed_events),
        hasComparisonCuts: row.has_comparison_cuts,
      },
    ]),
  );
  const claimed = records.filter(({ traceId }) => known.get(traceId)?.claimedBy === claimant);
  const outdated = claimed.filter((record) => !namedTraces(record).every((id) => known.has(id)));
  if (outdated.length > 0) {
    await session(returnClaims(outdated.map(({ traceId }) => traceId)));
  }
  return claimed.flatMap((record) => {
    const before = known.get(record.traceId);
    return before === undefined || outdated.includes(record) ? [] : [{ ...record, before }];
  });
}

/** What else there is to know about a change of records. */
interface ChangeContext {
  /** What the added findings are about. */
  readonly about: readonly IssueSubject[];
  /** Which issues nobody wants to hear of. */
  readonly rules: readonly IgnoreRule[];
  /** Findings whose rows are gone already. */
  readonly erased?: readonly FindingOfTrace[];
}

async function readOwn(session: Session, traceIds: readonly string[]) {
  return { findings: (await session(selectOwnFindings(traceIds))).map(findingOf) };
}

/**
 * Writes findings and everything that is summed over traces.
 */
export async function applyChanges(
  session: Session,
  before: RecordRows,
  after: RecordRows,
  { about, rules, erased = [] }: ChangeContext,
): Promise<DerivedChanges> {
  const removed = { ...before, findings: [...before.findings, ...erased] };
  const states = await lockStates(session, removed, after);
  const steps = changeSteps([countedRecord(removed)], [countedRecord(after)], states, about);
  const changes = await inPauses(steps);
  await replaceFindings(session, before.findings, after.findings);
  await writeVariables(session, changes);
  const flipped = await writeIssues(session, changes);
  const judged = await followIssues(
    session,
    changes.issues.map(({ fingerprint }) => fingerprint),
    { before: removed.findings, after: after.findings },
    rules,
  );
  if (changes.calls.length > 0) {
    const rows = changes.calls.map((change) => ({
      ...callRow(change),
      calls: change.calls,
      trace_count: change.traces,
    }));
    await session(addServiceCalls(JSON.stringify(rows)));
  }
  const members = new Set([...changes.members, ...flipped, ...judged]);
  if (members.size > 0) await session(updateRaceCounts([...members].sort()));
  return changes;
}

async function inPauses<Result>(steps: Generator<void, Result>): Promise<Result> {
  const pauses = new Pauses();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    await pauses.betweenSteps();
  }
}

function countedRecord({ footprints, findings, calls }: RecordRows): CountedRecord {
  return {
    footprints,
    findings: findings.map(({ finding }) => finding),
    calls: calls.map(({ call }) => call),
  };
}

async function lockStates(
  session: Session,
  before: RecordRows,
  after: RecordRows,
): Promise<ReadonlyMap<string, VariableState>> {
  const named = [before, after].flatMap(({ footprints, findings }) => [
    ...footprints.map(({ variable }) => variable),
    ...findings.map(({ finding }) => finding.variable),
  ]);
  const rows = [...new Set(named)]
    .map((variable) => ({ variable_key: nameKey(variable), variable }))
    .sort((a, b) => (a.variable_key < b.variable_key ? -1 : 1));
  if (rows.length === 0) return new Map();
  await session(insertVariables(JSON.stringify(rows)));
  const locked = await session(lockVariables(rows.map((row) => row.variable_key)));
  return new Map(
    locked
      .filter(([, document]) => document !== null)
      .map(([variable, document]) => [variable as string, JSON.parse(document as string)]),
  );
}

async function writeVariables(session: Session, { variables }: DerivedChanges): Promise<void> {
  const sites = [...variables].flatMap(([variable, change]) =>
    change.sites === null ? [] : [variableRow(variable, change.sites)],
  );
  if (sites.length > 0) await session(updateVariableSites(JSON.stringify(sites)));
  const findings = [...variables]
    .filter(([, change]) => change.findings !== 0)
    .map(([variable, change]) => ({
      variable_key: nameKey(variable),
      finding_count: change.findings,
    }));
  if (findings.length > 0) await session(addVariableFindings(JSON.stringify(findings)));
}

/** Writes what changes of issues; gives the traces of those that say something since, or not any more. */
async function writeIssues(
  session: Session,
  { issues, meetings }: DerivedChanges,
): Promise<readonly string[]> {
  if (issues.length === 0) return [];
  const fingerprints = issues.map(({ fingerprint }) => fingerprint);
  await session(lockIssues(fingerprints, meetings));
  const described = issues.flatMap((change) =>
    change.subject === null ? [] : [issueRow(change, change.subject)],
  );
  if (described.length > 0) await session(addToIssues(JSON.stringify(described)));
  const known = issues.filter(({ subject }) => subject === null).map(issueSums);
  if (known.length > 0) await session(addToKnownIssues(JSON.stringify(known)));
  const best = await session(updateBestFindings(fingerprints));
  const named = best.flatMap(([meeting]) => (meeting === null ? [] : [meeting as string]));
  const flipped = await session(updateTold([...new Set([...meetings, ...named])].sort()));
  return flipped.map(([traceId]) => traceId as string);
}

import {
  type Analysed,
  type Contribution,
  callKey,
  changeSteps,
  concernedBy,
  type DerivedChanges,
} from '../../analysis/derivation.ts';
import type { IssueSubject } from '../../domain/finding.ts';
import type { Footprint } from '../../domain/footprint.ts';
import type {
  ComparisonRecord,
  LinkType,
  ServiceCalls,
  TraceRecord,
} from '../../domain/trace-record.ts';
import type { VariableState } from '../../domain/variable-state.ts';
import type { Meeting, Regrouping } from '../derived.ts';
import { Pauses } from '../pauses.ts';
import {
  finishAnalyses,
  finishComparisons,
  lockTraces,
  markMeetings,
  returnClaims,
} from './claim-queries.ts';
import {
  addServiceCalls,
  addVariableFindings,
  insertVariables,
  lockVariables,
  retractFindings,
  retractFootprints,
  retractSpans,
  retractTraceCalls,
  selectFootprints,
  selectOwnFindings,
  selectTraceCalls,
  updateRaceCounts,
  updateVariableSites,
  upsertFindings,
  upsertFootprints,
  upsertSpans,
  upsertTraceCalls,
} from './derived-queries.ts';
import {
  callRow,
  findingOf,
  findingRow,
  footprintRow,
  issueRow,
  issueSums,
  type OwnedFinding,
  variableRow,
} from './derived-rows.ts';
import { addToIssues, addToKnownIssues, lockIssues, updateBestRanks } from './issue-queries.ts';
import { serviceKey } from './service-key.ts';
import type { Session } from './session.ts';

export interface OwnedCalls {
  readonly traceId: string;
  readonly call: ServiceCalls;
}

/**
 * Puts analyses in the place of earlier ones, as far as the claims on their traces still hold.
 * Gives what that means for the groups of other traces.
 */
export async function writeAnalyses(
  session: Session,
  claimant: string,
  records: readonly TraceRecord[],
): Promise<Regrouping> {
  const held = await heldClaims(session, claimant, records);
  if (held.length === 0) return { spans: [], traceIds: [] };
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
    held.flatMap((record) => record.subjects),
  );
  const done = held.map(({ traceId, eventCount, mark, group }) => ({
    trace_id: traceId,
    event_count: eventCount,
    mark,
    group_ids: group.length > 1 ? group : null,
  }));
  await session(finishAnalyses(JSON.stringify(done)));
  const members = held.flatMap(({ traceId, group, eventCount, before }) =>
    concernedBy(before, { group, eventCount }).filter((member) => member !== traceId),
  );
  return { spans, traceIds: [...new Set(members)].sort() };
}

/** Puts comparisons in the place of earlier ones, and marks what is to be compared again. */
export async function writeComparisons(
  session: Session,
  claimant: string,
  records: readonly ComparisonRecord[],
  met: readonly Meeting[],
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
      held.flatMap((record) => record.subjects),
    );
    const done = held.map(({ traceId, mark }) => ({ trace_id: traceId, mark }));
    await session(finishComparisons(JSON.stringify(done)));
  }
  if (met.length > 0) {
    const rows = met.map(({ traceId, changedId }) => ({
      trace_id: traceId,
      changed_id: changedId,
    }));
    await session(markMeetings(JSON.stringify(rows)));
  }
}

/** What traces leave behind, each part with its trace. */
export interface Owned {
  readonly footprints: readonly Footprint[];
  readonly findings: readonly OwnedFinding[];
  readonly calls: readonly OwnedCalls[];
}

/**
 * The records whose claims still hold. One that names a trace which was erased meanwhile is left
 * out, and its claim handed back, so that the work is done again without it.
 */
async function heldClaims<Record extends AnyRecord>(
  session: Session,
  claimant: string,
  records: readonly Record[],
): Promise<readonly (Record & { readonly before: Analysed })[]> {
  const named = records.flatMap((record) => [record.traceId, ...namedBy(record)]);
  const rows = await session(lockTraces([...new Set(named)].sort()));
  const known = new Map(
    rows.map(([traceId, , group, claimedBy, eventCount]) => [
      traceId as string,
      {
        claimedBy,
        group: (group as string[] | null) ?? [traceId as string],
        eventCount: Number(eventCount),
      },
    ]),
  );
  const claimed = records.filter(({ traceId }) => known.get(traceId)?.claimedBy === claimant);
  const outdated = claimed.filter((record) => !namedBy(record).every((id) => known.has(id)));
  if (outdated.length > 0) {
    await session(returnClaims(outdated.map(({ traceId }) => traceId)));
  }
  return claimed.flatMap((record) => {
    const before = known.get(record.traceId);
    return before === undefined || outdated.includes(record) ? [] : [{ ...record, before }];
  });
}

type AnyRecord = Pick<TraceRecord, 'traceId' | 'findings'> & Partial<Pick<TraceRecord, 'group'>>;

/** Traces that a record names. */
function namedBy({ group = [], findings }: AnyRecord): readonly string[] {
  return [...group, ...findings.flatMap(({ traceIds }) => traceIds)];
}

async function readOwn(session: Session, traceIds: readonly string[]) {
  return { findings: (await session(selectOwnFindings(traceIds))).map(findingOf) };
}

export async function readFootprints(session: Session, traceIds: readonly string[]) {
  const rows = await session(selectFootprints(traceIds));
  return rows.map(([, , , document]) => {
    const footprint = JSON.parse(document as string) as Footprint;
    return { footprint, document: document as string };
  });
}

export async function readCalls(
  session: Session,
  traceIds: readonly string[],
): Promise<readonly OwnedCalls[]> {
  const rows = await session(selectTraceCalls(traceIds));
  return rows.map(([traceId, from, to, linkType, calls]) => ({
    traceId: traceId as string,
    call: {
      from: from as string,
      to: to as string,
      linkType: linkType as LinkType,
      calls: Number(calls),
    },
  }));
}

/** Writes the footprints that changed; gives those that went and those that came. */
async function replaceFootprints(
  session: Session,
  traceIds: readonly string[],
  footprints: readonly Footprint[],
): Promise<{ removed: readonly Footprint[]; added: readonly Footprint[] }> {
  const old = await readFootprints(session, traceIds);
  const known = new Set(old.map(({ document }) => document));
  const young = footprints.map((footprint) => ({ footprint, document: JSON.stringify(footprint) }));
  const kept = new Set(young.map(({ document }) => document).filter((text) => known.has(text)));
  const removed = old.filter(({ document }) => !kept.has(document));
  const added = young.filter(({ document }) => !kept.has(document));
  const places = new Set(young.map(({ footprint }) => placeOf(footprint)));
  const gone = removed.filter(({ footprint }) => !places.has(placeOf(footprint)));
  if (gone.length > 0) {
    const rows = gone.map(({ footprint }) => ({
      trace_id: footprint.traceId,
      variable_key: serviceKey(footprint.variable),
    }));
    await session(retractFootprints(JSON.stringify(rows)));
  }
  if (added.length > 0) {
    const rows = added.map(({ footprint, document }) => footprintRow(footprint, document));
    await session(upsertFootprints(`[${rows.join(',')}]`));
  }
  return {
    removed: removed.map(({ footprint }) => footprint),
    added: added.map(({ footprint }) => footprint),
  };
}

function placeOf({ traceId, variable }: Footprint): string {
  return JSON.stringify([traceId, variable]);
}

async function replaceCalls(
  session: Session,
  traceIds: readonly string[],
  calls: readonly OwnedCalls[],
): Promise<readonly OwnedCalls[]> {
  const old = await readCalls(session, traceIds);
  const keyOf = ({ traceId, call }: OwnedCalls) => JSON.stringify([traceId, callKey(call)]);
  const kept = new Set(calls.map(keyOf));
  const gone = old.filter((call) => !kept.has(keyOf(call)));
  const row = ({ traceId, call }: OwnedCalls) => ({ trace_id: traceId, ...callRow(call) });
  if (gone.length > 0) await session(retractTraceCalls(JSON.stringify(gone.map(row))));
  if (calls.length > 0) {
    const rows = calls.map((owned) => ({ ...row(owned), calls: owned.call.calls }));
    await session(upsertTraceCalls(JSON.stringify(rows)));
  }
  return old;
}

async function replaceSpans(
  session: Session,
  records: readonly TraceRecord[],
): Promise<Regrouping['spans']> {
  const rows = records.flatMap(({ traceId, ownSpans, missingSpans }) => [
    ...ownSpans.map((span) => ({ trace_id: traceId, span_id: span, is_missing: false })),
    ...missingSpans.map((span) => ({ trace_id: traceId, span_id: span, is_missing: true })),
  ]);
  const text = JSON.stringify(rows);
  const traceIds = records.map(({ traceId }) => traceId);
  const changed = [
    ...(await session(retractSpans(traceIds, text))),
    ...(rows.length === 0 ? [] : await session(upsertSpans(text))),
  ];
  return changed.map(([traceId, spanId, isMissing]) => ({
    traceId: traceId as string,
    spanId: spanId as string,
    isMissing: isMissing as boolean,
  }));
}

/**
 * Writes findings and everything that is summed over traces.
 *
 * @param erased findings whose rows are gone already
 */
export async function applyChanges(
  session: Session,
  before: Owned,
  after: Owned,
  about: readonly IssueSubject[],
  erased: readonly OwnedFinding[] = [],
): Promise<DerivedChanges> {
  const removed = { ...before, findings: [...before.findings, ...erased] };
  const states = await lockStates(session, removed, after);
  const steps = changeSteps([contributionOf(removed)], [contributionOf(after)], states, about);
  const changes = await inPauses(steps);
  await replaceFindings(session, before.findings, after.findings);
  await writeVariables(session, changes);
  await writeIssues(session, changes);
  if (changes.calls.length > 0) {
    const rows = changes.calls.map((change) => ({
      ...callRow(change),
      calls: change.calls,
      trace_count: change.traces,
    }));
    await session(addServiceCalls(JSON.stringify(rows)));
  }
  if (changes.members.length > 0) await session(updateRaceCounts(changes.members));
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

function contributionOf({ footprints, findings, calls }: Owned): Contribution {
  return {
    footprints,
    findings: findings.map(({ finding }) => finding),
    calls: calls.map(({ call }) => call),
  };
}

async function lockStates(
  session: Session,
  before: Owned,
  after: Owned,
): Promise<ReadonlyMap<string, VariableState>> {
  const named = [before, after].flatMap(({ footprints, findings }) => [
    ...footprints.map(({ variable }) => variable),
    ...findings.map(({ finding }) => finding.variable),
  ]);
  const rows = [...new Set(named)]
    .map((variable) => ({ variable_key: serviceKey(variable), variable }))
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

async function replaceFindings(
  session: Session,
  before: readonly OwnedFinding[],
  after: readonly OwnedFinding[],
): Promise<void> {
  const keyOf = ({ traceId, finding }: OwnedFinding) =>
    JSON.stringify([traceId, finding.fingerprint, finding.isAcross]);
  const kept = new Set(after.map(keyOf));
  const known = new Set(before.map(findingRow));
  const gone = before.filter((finding) => !kept.has(keyOf(finding)));
  if (gone.length > 0) {
    const rows = gone.map(({ traceId, finding }) => ({
      trace_id: traceId,
      fingerprint: finding.fingerprint,
      is_across: finding.isAcross,
    }));
    await session(retractFindings(JSON.stringify(rows)));
  }
  const rows = after.map(findingRow).filter((row) => !known.has(row));
  if (rows.length > 0) await session(upsertFindings(`[${rows.join(',')}]`));
}

async function writeVariables(session: Session, { variables }: DerivedChanges): Promise<void> {
  const sites = [...variables].flatMap(([variable, change]) =>
    change.sites === null ? [] : [variableRow(variable, change.sites)],
  );
  if (sites.length > 0) await session(updateVariableSites(JSON.stringify(sites)));
  const findings = [...variables]
    .filter(([, change]) => change.findings !== 0 || change.criticalFindings !== 0)
    .map(([variable, change]) => ({
      variable_key: serviceKey(variable),
      finding_count: change.findings,
      critical_findings: change.criticalFindings,
    }));
  if (findings.length > 0) await session(addVariableFindings(JSON.stringify(findings)));
}

async function writeIssues(session: Session, { issues }: DerivedChanges): Promise<void> {
  if (issues.length === 0) return;
  const fingerprints = issues.map(({ fingerprint }) => fingerprint);
  await session(lockIssues(fingerprints));
  const described = issues.flatMap((change) =>
    change.subject === null ? [] : [issueRow(change, change.subject)],
  );
  if (described.length > 0) await session(addToIssues(JSON.stringify(described)));
  const known = issues.filter(({ subject }) => subject === null).map(issueSums);
  if (known.length > 0) await session(addToKnownIssues(JSON.stringify(known)));
  await session(updateBestRanks(fingerprints));
}

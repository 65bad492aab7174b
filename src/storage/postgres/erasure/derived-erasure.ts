import type { IgnoreRule } from '../../../domain/findings/finding-rules.ts';
import { addCounts, type ErasureCounts, nothingErased } from '../../erasure-counts.ts';
import { nameKey } from '../../name-key.ts';
import type { Session } from '../connection/session.ts';
import {
  type LockedTraceRow,
  lockTraces,
  markAnalyses,
  markComparisons,
} from '../derived/claim-queries.ts';
import {
  lockVariables,
  selectFindingsWith,
  selectOwnFindings,
} from '../derived/derived-queries.ts';
import { findingOf } from '../derived/derived-rows.ts';
import { applyChanges } from '../derived/derived-writes.ts';
import { type SpanRow, selectSpans } from '../derived/link-queries.ts';
import { readCalls, readFootprints } from '../derived/record-rows.ts';
import { forgetPinned, forgetWords } from '../derived/triage-writes.ts';
import {
  eraseDerivedRows,
  eraseEmptySums,
  eraseEmptyVariableIssues,
  leaveGroups,
} from './erasure-queries.ts';
import { runErasures } from './row-erasure.ts';

/**
 * Erases traces from everything derived; those that met them are compared again. Locks the traces,
 * and gives what was erased; null when all are unknown.
 *
 * @param isAsked whether somebody wants them gone, rather than that they were kept long enough
 */
export async function eraseDerived(
  session: Session,
  traceIds: readonly string[],
  rules: readonly IgnoreRule[],
  isAsked: boolean,
): Promise<ErasureCounts | null> {
  const known = await session.named<LockedTraceRow>(lockTraces([...traceIds].sort()));
  if (known.length === 0) return null;
  const grouped = known.flatMap((row) => row.group_ids ?? [row.trace_id]);
  const groups = [...new Set(grouped)].sort();
  const met = (await session(selectFindingsWith(traceIds))).map(findingOf);
  const owners = met.map((finding) => finding.traceId);
  await session(lockTraces([...new Set([...groups, ...owners])].sort()));
  if (isAsked) await forgetWords(session, traceIds);
  await forgetPinned(session, traceIds);
  const footprints = await readFootprints(session, groups);
  const calls = await readCalls(session, groups);
  const own = (await session(selectOwnFindings(groups))).map(findingOf);
  const inGroups = new Set(groups);
  const others = (await session(selectFindingsWith(traceIds)))
    .map(findingOf)
    .filter((finding) => !inGroups.has(finding.traceId));
  // Findings are counted by variable as they go: all that is locked of variables is locked before.
  const named = [
    ...footprints.map(({ footprint }) => footprint.variable),
    ...[...own, ...others].map(({ finding }) => finding.variable),
  ];
  await session(lockVariables([...new Set(named.map(nameKey))].sort()));
  const spans = await session.named<SpanRow>(selectSpans(traceIds));
  const erased = new Set(traceIds);
  const left = groups.filter((traceId) => !erased.has(traceId));
  if (left.length > 0) await session(leaveGroups(left, traceIds));
  const rows = await runErasures(session, eraseDerivedRows(traceIds, groups));
  // Now that the erased traces own no span any more.
  if (left.length + spans.length > 0) await session(markAnalyses(left, JSON.stringify(spans)));
  const changes = await applyChanges(
    session,
    { footprints: footprints.map(({ footprint }) => footprint), findings: [], calls },
    { footprints: [], findings: [], calls: [] },
    { about: [], rules, erased: [...own, ...others] },
  );
  if (others.length > 0) {
    await session(markComparisons([...new Set(others.map((finding) => finding.traceId))]));
  }
  const names = [...changes.variables.keys()];
  await session(eraseEmptyVariableIssues(names));
  const fingerprints = changes.issues.map(({ fingerprint }) => fingerprint);
  const sums = await runErasures(session, eraseEmptySums(names.map(nameKey), fingerprints));
  return addCounts(addCounts(nothingErased, rows), sums);
}

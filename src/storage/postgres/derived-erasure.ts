import { lockTraces, markAnalyses, markComparisons } from './claim-queries.ts';
import {
  deleteDerivedRows,
  deleteEmptySums,
  selectFindingsWith,
  selectOwnFindings,
  selectSpans,
} from './derived-queries.ts';
import { findingOf } from './derived-rows.ts';
import { applyChanges, readCalls, readFootprints } from './derived-writes.ts';
import { serviceKey } from './service-key.ts';
import type { Session } from './session.ts';

/**
 * Takes a trace out of everything derived, for good; those that met it are compared again. Locks
 * the trace, and gives its number of events, null when it is unknown.
 */
export async function eraseDerived(session: Session, traceId: string): Promise<number | null> {
  const [known] = await session(lockTraces([traceId]));
  if (known === undefined) return null;
  const group = (known[2] as string[] | null) ?? [traceId];
  const met = (await session(selectFindingsWith(traceId))).map(findingOf);
  const owners = [...new Set(met.map((finding) => finding.traceId))];
  await session(lockTraces([...new Set([...group, ...owners])].sort()));
  const footprints = await readFootprints(session, group);
  const calls = await readCalls(session, group);
  const own = (await session(selectOwnFindings(group))).map(findingOf);
  const others = (await session(selectFindingsWith(traceId)))
    .map(findingOf)
    .filter((finding) => !group.includes(finding.traceId));
  const spans = (await session(selectSpans([traceId]))).map(([, spanId]) => ({
    trace_id: traceId,
    span_id: spanId,
  }));
  await session(markAnalyses(group, JSON.stringify(spans)));
  for (const query of deleteDerivedRows(traceId, group)) await session(query);
  const changes = await applyChanges(
    session,
    { footprints: footprints.map(({ footprint }) => footprint), findings: [], calls },
    { footprints: [], findings: [], calls: [] },
    [],
    [...own, ...others],
  );
  if (others.length > 0) {
    await session(markComparisons([...new Set(others.map((finding) => finding.traceId))]));
  }
  const variables = [...changes.variables.keys()].map(serviceKey);
  const fingerprints = changes.issues.map(({ fingerprint }) => fingerprint);
  for (const query of deleteEmptySums(variables, fingerprints)) await session(query);
  return Number(known[1]);
}

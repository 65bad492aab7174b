import { callKey } from '../../../analysis/issues/derivation.ts';
import type { Footprint } from '../../../domain/findings/footprint.ts';
import type { ServiceCalls, TraceRecord } from '../../../domain/trace/trace-record.ts';
import { changedSpans, noSpans } from '../../changed-spans.ts';
import type { Regrouping } from '../../derived.ts';
import { nameKey } from '../../name-key.ts';
import type { Session } from '../connection/session.ts';
import {
  retractFindings,
  retractFootprints,
  selectFootprints,
  upsertFindings,
  upsertFootprints,
} from './derived-queries.ts';
import { callRow, type FindingOfTrace, findingRow, footprintRow } from './derived-rows.ts';
import {
  retractSpans,
  retractTraceCalls,
  type SpanRow,
  selectSpans,
  selectTraceCalls,
  type TraceCallsRow,
  upsertSpans,
  upsertTraceCalls,
} from './link-queries.ts';

/** The rows of records of single traces: read, and replaced by those of later records. */

export interface CallsOfTrace {
  readonly traceId: string;
  readonly call: ServiceCalls;
}

/** Footprints with their texts as they are stored. */
export async function readFootprints(session: Session, traceIds: readonly string[]) {
  const rows = await session(selectFootprints(traceIds));
  return rows.map(([document]) => {
    const footprint = JSON.parse(document as string) as Footprint;
    return { footprint, document: document as string };
  });
}

/** Calls between services, each with the trace that made them. */
export async function readCalls(
  session: Session,
  traceIds: readonly string[],
): Promise<readonly CallsOfTrace[]> {
  const rows = await session.named<TraceCallsRow>(selectTraceCalls(traceIds));
  return rows.map((row) => ({
    traceId: row.trace_id,
    call: {
      from: row.from_service,
      to: row.to_service,
      linkType: row.link_type,
      calls: Number(row.calls),
    },
  }));
}

/** Writes the footprints that changed; gives those that went and those that came. */
export async function replaceFootprints(
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
      variable_key: nameKey(footprint.variable),
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

/** Writes the calls between services; gives those that were there. */
export async function replaceCalls(
  session: Session,
  traceIds: readonly string[],
  calls: readonly CallsOfTrace[],
): Promise<readonly CallsOfTrace[]> {
  const old = await readCalls(session, traceIds);
  const keyOf = ({ traceId, call }: CallsOfTrace) => JSON.stringify([traceId, callKey(call)]);
  const kept = new Set(calls.map(keyOf));
  const gone = old.filter((call) => !kept.has(keyOf(call)));
  const row = ({ traceId, call }: CallsOfTrace) => ({ trace_id: traceId, ...callRow(call) });
  if (gone.length > 0) await session(retractTraceCalls(JSON.stringify(gone.map(row))));
  if (calls.length > 0) {
    const rows = calls.map((owned) => ({ ...row(owned), calls: owned.call.calls }));
    await session(upsertTraceCalls(JSON.stringify(rows)));
  }
  return old;
}

/** Writes the spans that changed, and gives them. */
export async function replaceSpans(
  session: Session,
  records: readonly TraceRecord[],
): Promise<Regrouping['spans']> {
  const traceIds = records.map(({ traceId }) => traceId);
  const old = new Map(traceIds.map((traceId) => [traceId, newSpans()]));
  for (const row of await session.named<SpanRow>(selectSpans(traceIds))) {
    const { ownSpans, missingSpans } = old.get(row.trace_id) ?? newSpans();
    (row.is_missing ? missingSpans : ownSpans).push(row.span_id);
  }
  const changed = records.flatMap((record) =>
    changedSpans(record.traceId, old.get(record.traceId) ?? noSpans, record),
  );
  if (changed.length === 0) return changed;
  const rows = records.flatMap(({ traceId, ownSpans, missingSpans }) => [
    ...ownSpans.map((span) => ({ trace_id: traceId, span_id: span, is_missing: false })),
    ...missingSpans.map((span) => ({ trace_id: traceId, span_id: span, is_missing: true })),
  ]);
  const text = JSON.stringify(rows);
  await session(retractSpans(traceIds, text));
  if (rows.length > 0) await session(upsertSpans(text));
  return changed;
}

function newSpans(): { ownSpans: string[]; missingSpans: string[] } {
  return { ownSpans: [], missingSpans: [] };
}

/** Writes the findings that changed. */
export async function replaceFindings(
  session: Session,
  before: readonly FindingOfTrace[],
  after: readonly FindingOfTrace[],
): Promise<void> {
  const keyOf = ({ traceId, finding }: FindingOfTrace) =>
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

import { formerFingerprints } from '../../../analysis/issues/fingerprint.ts';
import type { IssueSubject, Pattern } from '../../../domain/findings/finding.ts';
import { type IgnoreRule, ignoringRule } from '../../../domain/findings/finding-rules.ts';
import { releasesIn } from '../../../domain/findings/seen-release.ts';
import {
  carriedOver,
  endedAt,
  imported,
  newOccurrences,
  readTriageRecord,
  regressedBy,
  type TriageAuthor,
  type TriageRecord,
  unpinned,
  withoutTraces,
  withoutWords,
} from '../../../domain/findings/triage.ts';
import type { NamedTriage } from '../../triage-store.ts';
import type { Session } from '../connection/session.ts';
import { updateRaceCounts } from './derived-queries.ts';
import type { FindingOfTrace } from './derived-rows.ts';
import { lockIssues } from './issue-queries.ts';
import {
  type JudgedRow,
  lockTriage,
  selectJudged,
  selectLonelyIssues,
  selectMembers,
  selectPinsOf,
  selectReceiptsOf,
  updateDispositions,
  upsertTriage,
} from './triage-queries.ts';

/** Traces that one statement counts anew: an issue may be of all traces. */
const TRACES_COUNTED = 5000;

/** The findings of some traces before and after a change. */
interface ChangedFindings {
  readonly before: readonly FindingOfTrace[];
  readonly after: readonly FindingOfTrace[];
}

/**
 * Brings what is said of issues up to date after their findings changed, and notes which are ignored; gives
 * the traces of those for which that changed. The issues are locked.
 */
export async function followIssues(
  session: Session,
  fingerprints: readonly string[],
  findings: ChangedFindings,
  rules: readonly IgnoreRule[],
): Promise<readonly string[]> {
  const former = new Map(fingerprints.map((name) => [name, formerFingerprints(name)]));
  const known = await lockRecords(session, [...former.keys(), ...[...former.values()].flat()]);
  if (known.size > 0) {
    const carried = [...former].flatMap(([fingerprint, names]) => {
      if (known.has(fingerprint)) return [];
      const record = carriedOver(
        names.flatMap((name) => known.get(name) ?? []),
        Date.now(),
      );
      return record === null ? [] : [[fingerprint, record] as const];
    });
    for (const [fingerprint, record] of carried) known.set(fingerprint, record);
    const opened = await openedBy(session, fingerprints, known, findings);
    await writeRecords(session, new Map([...carried, ...opened]));
  }
  return noteIgnored(session, fingerprints, rules);
}

/** Says of an issue what follows from what was said before, and notes whether it is ignored. */
export async function retriage(
  session: Session,
  fingerprint: string,
  next: (known: TriageRecord | null) => TriageRecord | null,
  rules: readonly IgnoreRule[],
): Promise<void> {
  await session(lockIssues([fingerprint], []));
  const known = await lockRecords(session, [fingerprint]);
  const record = next(known.get(fingerprint) ?? null);
  if (record !== null) await writeRecords(session, new Map([[fingerprint, record]]));
  await judgeIssues(session, [fingerprint], rules);
}

/** Takes what was said on another server; gives how much of it. */
export async function mergeTriage(
  session: Session,
  brought: readonly NamedTriage[],
  author: TriageAuthor,
  rules: readonly IgnoreRule[],
): Promise<number> {
  const fingerprints = brought.map(({ fingerprint }) => fingerprint);
  await session(lockIssues(fingerprints, []));
  const known = await lockRecords(session, fingerprints);
  for (const { fingerprint, record } of brought) {
    const next = imported(known.get(fingerprint) ?? null, record, author);
    if (next === null) known.delete(fingerprint);
    else known.set(fingerprint, next);
  }
  await writeRecords(session, known);
  await judgeIssues(session, [...known.keys()], rules);
  return known.size;
}

/** Opens an issue whose time is over. */
export async function endTriage(
  session: Session,
  fingerprint: string,
  nowMs: number,
  rules: readonly IgnoreRule[],
): Promise<void> {
  const next = (known: TriageRecord | null) => (known === null ? null : endedAt(known, nowMs));
  await retriage(session, fingerprint, next, rules);
}

/** Takes the words out of what was said of issues that no other traces take part in; before these are erased. */
export async function forgetWords(session: Session, traceIds: readonly string[]): Promise<void> {
  const lonely = await session(selectLonelyIssues(traceIds));
  if (lonely.length === 0) return;
  const fingerprints = lonely.map(([fingerprint]) => fingerprint as string);
  await session(lockIssues(fingerprints, []));
  const known = await lockRecords(session, fingerprints);
  await writeRecords(session, new Map([...known].map(([name, one]) => [name, withoutWords(one)])));
}

/** Takes traces that are about to be erased out of what is pinned. */
export async function forgetPinned(session: Session, traceIds: readonly string[]): Promise<void> {
  const holding = await session(selectPinsOf(traceIds));
  if (holding.length === 0) return;
  const known = await lockRecords(
    session,
    holding.map(([fingerprint]) => fingerprint as string),
  );
  const gone = new Set(traceIds);
  const left = [...known].flatMap(([name, record]) => {
    const next = withoutTraces(record, gone);
    return next === null ? [] : [[name, next] as const];
  });
  await writeRecords(session, new Map(left));
}

/** Lets go what is pinned for an issue that is not there any more. */
export async function unpinLost(
  session: Session,
  fingerprint: string,
  nowMs: number,
): Promise<void> {
  const record = (await lockRecords(session, [fingerprint])).get(fingerprint);
  if (record?.triage.isPinned === true) {
    await writeRecords(session, new Map([[fingerprint, unpinned(record, nowMs)]]));
  }
}

/** Holds issues against the rules, and counts the races of their traces anew. */
export async function judgeIssues(
  session: Session,
  fingerprints: readonly string[],
  rules: readonly IgnoreRule[],
): Promise<void> {
  await session(lockIssues(fingerprints, []));
  const members = await noteIgnored(session, fingerprints, rules);
  for (let at = 0; at < members.length; at += TRACES_COUNTED) {
    await session(updateRaceCounts(members.slice(at, at + TRACES_COUNTED)));
  }
}

async function lockRecords(
  session: Session,
  fingerprints: readonly string[],
): Promise<Map<string, TriageRecord>> {
  const rows = await session(lockTriage(fingerprints));
  return new Map(rows.map(([name, text]) => [name as string, readTriageRecord(text as string)]));
}

async function writeRecords(
  session: Session,
  records: ReadonlyMap<string, TriageRecord>,
): Promise<void> {
  if (records.size > 0) await session(upsertTriage(records));
}

/** The records of resolved issues with new findings that were received later. */
async function openedBy(
  session: Session,
  fingerprints: readonly string[],
  known: ReadonlyMap<string, TriageRecord>,
  { before, after }: ChangedFindings,
): Promise<ReadonlyMap<string, TriageRecord>> {
  const resolved = fingerprints.flatMap((fingerprint) => {
    const record = known.get(fingerprint);
    return record?.triage.state === 'resolved' ? [{ fingerprint, record }] : [];
  });
  if (resolved.length === 0) return new Map();
  const [old, young] = [before, after].map((findings) =>
    findings.map(({ traceId: ownerId, finding }) => ({ ownerId, ...finding })),
  );
  const found = resolved.map(({ fingerprint, record }) => ({
    fingerprint,
    record,
    findings: newOccurrences(fingerprint, old ?? [], young ?? []),
  }));
  const named = found.flatMap(({ findings }) => findings.flatMap(({ traceIds }) => traceIds));
  const members = [...new Set(named)];
  const rows = members.length === 0 ? [] : await session(selectReceiptsOf(members));
  const receivedMs = new Map(
    rows.map(([traceId, atNs]) => [traceId, Number(BigInt(atNs as string) / 1_000_000n)]),
  );
  return new Map(
    found.flatMap(({ fingerprint, record, findings }) => {
      const [open] = findings
        .map(({ traceIds, witness }) => ({
          witness,
          atMs: Math.max(...traceIds.map((id) => receivedMs.get(id) ?? 0)),
        }))
        .sort((a, b) => a.atMs - b.atMs)
        .flatMap(({ witness, atMs }) => regressedBy(record, atMs, releasesIn(witness)) ?? []);
      return open === undefined ? [] : [[fingerprint, open]];
    }),
  );
}

/** Notes which issues are ignored; gives the traces of those for which that changed. */
async function noteIgnored(
  session: Session,
  fingerprints: readonly string[],
  rules: readonly IgnoreRule[],
): Promise<readonly string[]> {
  const rows = await session.named<JudgedRow>(selectJudged(fingerprints));
  const changed = rows.flatMap((row) => {
    const rule = ruleOf(row, rules);
    const isIgnored = rule !== null || row.state === 'ignored';
    if (isIgnored === row.is_ignored && rule === row.ignoring_rule) return [];
    const { fingerprint, is_ignored: wasIgnored } = row;
    return [
      {
        fingerprint,
        is_ignored: isIgnored,
        ignoring_rule: rule,
        isFlipped: isIgnored !== wasIgnored,
      },
    ];
  });
  if (changed.length === 0) return [];
  await session(updateDispositions(JSON.stringify(changed)));
  const flipped = changed.filter(({ isFlipped }) => isFlipped);
  if (flipped.length === 0) return [];
  const members = await session(selectMembers(flipped.map(({ fingerprint }) => fingerprint)));
  return members.map(([traceId]) => traceId as string);
}

function ruleOf({ subject, pattern }: JudgedRow, rules: readonly IgnoreRule[]): string | null {
  if (rules.length === 0) return null;
  return ignoringRule(rules, JSON.parse(subject) as IssueSubject, pattern as Pattern);
}

import { type Evidence, evidenceLevels } from './finding.ts';
import { type Pin, type PinOffer, pinFor, pinWithout } from './pin.ts';
import type { SeenRelease } from './seen-release.ts';

/** What was decided about an issue, most open first. */
export const triageStates = ['open', 'acknowledged', 'ignored', 'resolved'] as const;
/** One of {@link triageStates}. */
export type TriageState = (typeof triageStates)[number];

/** What persons said of an issue. Times are milliseconds since 1970. */
export interface Triage {
  readonly state: TriageState;
  readonly note: string | null;
  readonly assignee: string | null;
  readonly link: string | null;
  /** When it is open again without anybody's doing; only where it is acknowledged or ignored. */
  readonly untilMs: number | null;
  /** Why it is no race at all; only where it is ignored. */
  readonly falseAlarm: string | null;
  readonly isPinned: boolean;
  /** What is kept for it; null: it is not pinned. */
  readonly pin: Pin | null;
  readonly resolvedMs: number | null;
  /** When a witness was received after it had been resolved: what opened it again. */
  readonly regressedMs: number | null;
  /** The releases in which it came back, as far as that witness tells. */
  readonly regressedReleases: readonly SeenRelease[];
  readonly changedMs: number;
  /** Name of the key; null: the server itself, or somebody without a key. */
  readonly changedBy: string | null;
}

/** Where an issue stands: what persons said, and what the rules of the configuration make of it. */
export interface Disposition {
  /** `ignored` where a rule ignores it, whatever persons said. */
  readonly state: TriageState;
  /** Null: nobody said anything. */
  readonly triage: Triage | null;
  /** The reason of the rule that ignores it; null: none does. */
  readonly rule: string | null;
  /** Who looks after it: whom persons named, else whom a rule names; null: nobody. */
  readonly owner: string | null;
}

export function dispositionOf(
  triage: Triage | null,
  rule: string | null,
  owner: string | null = null,
): Disposition {
  const state = rule === null ? (triage?.state ?? 'open') : 'ignored';
  return { state, triage, rule, owner: triage?.assignee ?? owner };
}

/** What there is to tell of an issue: it is new, it came back, or values prove more than before. */
export type News = 'new' | 'regressed' | 'escalated';

/** What was told of an issue before. */
export interface Told {
  readonly evidence: Evidence;
  /** `regressedMs` of its triage at that time. */
  readonly regressedMs: number | null;
}

/**
 * What there is to tell of an issue to those who were told `before` (null: nothing). Of one that is
 * ignored or resolved there is nothing to tell, and of one that was acknowledged not that it is new.
 */
export function newsOf(
  { evidence, disposition }: { readonly evidence: Evidence; readonly disposition: Disposition },
  before: Told | null,
): News | null {
  const { state, triage } = disposition;
  if (state === 'ignored' || state === 'resolved') return null;
  const regressedMs = triage?.regressedMs ?? null;
  if (regressedMs !== null && regressedMs !== (before?.regressedMs ?? null)) return 'regressed';
  if (before === null) return state === 'open' ? 'new' : null;
  const levelOf = (level: Evidence) => evidenceLevels.indexOf(level);
  return levelOf(evidence) > levelOf(before.evidence) ? 'escalated' : null;
}

/** What a person changes; what is not given stays. */
export type TriageChange = {
  readonly [Member in JudgedMember]?: Triage[Member] | undefined;
};

type JudgedMember = 'state' | 'note' | 'assignee' | 'link' | 'untilMs' | 'falseAlarm' | 'isPinned';

/**
 * Why something changed: a person said so, its time was over, it came back, it has another fingerprint, or
 * it came from another server.
 */
export const triageCauses = ['person', 'until', 'occurrence', 'fingerprint', 'import'] as const;
/** One of {@link triageCauses}. */
export type TriageCause = (typeof triageCauses)[number];

/** One step of the history of a triage. */
export interface TriageStep {
  readonly atMs: number;
  readonly by: string | null;
  readonly cause: TriageCause;
  /** Members that got another value, with that value. */
  readonly changed: TriageChange;
}

/** A triage and how it came about, the latest step last. */
export interface TriageRecord {
  readonly triage: Triage;
  readonly history: readonly TriageStep[];
}

/** Steps kept of one history: years of a race that is judged each week. */
export const TRIAGE_STEPS_KEPT = 100;

/** Who changes something, and when. */
export interface TriageAuthor {
  readonly by: string | null;
  readonly atMs: number;
}

/**
 * A triage after a change by a person. A reason of a false alarm ignores the issue; a state that is left
 * takes with it what holds there alone.
 *
 * @param pin what is kept for it if it is pinned by this change
 */
export function changedByPerson(
  record: TriageRecord | null,
  change: TriageChange,
  author: TriageAuthor,
  pin: Pin | null = null,
): TriageRecord {
  const before = record?.triage ?? untouched;
  const isFalseAlarm = typeof change.falseAlarm === 'string';
  const state = change.state ?? (isFalseAlarm ? 'ignored' : before.state);
  const isSame = state === before.state;
  const isPinned = change.isPinned ?? before.isPinned;
  const next = changed(record, 'person', author, {
    state,
    note: change.note === undefined ? before.note : change.note,
    assignee: change.assignee === undefined ? before.assignee : change.assignee,
    link: change.link === undefined ? before.link : change.link,
    untilMs: change.untilMs === undefined ? (isSame ? before.untilMs : null) : change.untilMs,
    falseAlarm:
      change.falseAlarm === undefined ? (isSame ? before.falseAlarm : null) : change.falseAlarm,
    isPinned,
  });
  const kept = before.isPinned ? (record?.triage.pin ?? null) : pin;
  return { ...next, triage: { ...next.triage, pin: isPinned ? kept : null } };
}

/** What a change pins that was not pinned before; null: nothing. A text says why it cannot. */
export function newPin(
  record: TriageRecord | null,
  change: TriageChange,
  offer: PinOffer | null,
): Pin | string | null {
  if (change.isPinned !== true || record?.triage.isPinned === true || offer === null) return null;
  return pinFor(offer);
}

/** What is wrong with a change; null: nothing is. */
export function faultOf(
  record: TriageRecord | null,
  change: TriageChange,
  nowMs: number,
): string | null {
  const { state, untilMs, falseAlarm } = changedByPerson(record, change, {
    by: null,
    atMs: nowMs,
  }).triage;
  if (untilMs !== null && state !== 'acknowledged' && state !== 'ignored') {
    return `until: only what is acknowledged or ignored has an end, not what is ${state}`;
  }
  if (change.untilMs !== undefined && untilMs !== null && untilMs <= nowMs) {
    return 'until: must be in the future';
  }
  if (falseAlarm !== null && state !== 'ignored') {
    return `false_alarm: a false alarm is ignored, not ${state}`;
  }
  return null;
}

/** Opens what was acknowledged or ignored until a moment that has come; null: nothing changes. */
export function endedAt(record: TriageRecord, nowMs: number): TriageRecord | null {
  const { untilMs } = record.triage;
  if (untilMs === null || untilMs > nowMs) return null;
  const author = { by: null, atMs: nowMs };
  return changed(record, 'until', author, { ...openAgain(record.triage) });
}

/** Opens what was resolved, when a witness was received later; null: nothing changes. */
export function regressedBy(
  record: TriageRecord,
  receivedMs: number,
  regressedReleases: readonly SeenRelease[],
): TriageRecord | null {
  const { state, resolvedMs } = record.triage;
  if (state !== 'resolved' || resolvedMs === null || receivedMs <= resolvedMs) return null;
  const author = { by: null, atMs: receivedMs };
  const next = changed(record, 'occurrence', author, openAgain(record.triage));
  return { ...next, triage: { ...next.triage, regressedMs: receivedMs, regressedReleases } };
}

/**
 * What holds for an issue of a new fingerprint, of what was said under its former ones; null: nothing was.
 * Of several the most open wins, of equal ones the latest.
 */
export function carriedOver(former: readonly TriageRecord[], nowMs: number): TriageRecord | null {
  const [first] = former.toSorted(
    (a, b) =>
      triageStates.indexOf(a.triage.state) - triageStates.indexOf(b.triage.state) ||
      b.triage.changedMs - a.triage.changedMs,
  );
  if (first === undefined) return null;
  const step: TriageStep = { atMs: nowMs, by: null, cause: 'fingerprint', changed: {} };
  return {
    triage: { ...first.triage, isPinned: false, pin: null },
    history: [...first.history, step].slice(-TRIAGE_STEPS_KEPT),
  };
}

/**
 * What holds where a triage of another server is brought; null: what is known holds on, as it was changed as
 * late or later, so that bringing it again changes nothing. What was resolved counts as resolved now: the
 * traces that came with it were received here after it was. A pin stays behind, it is of one storage.
 */
export function imported(
  known: TriageRecord | null,
  brought: TriageRecord,
  { by, atMs }: TriageAuthor,
): TriageRecord | null {
  if (known !== null && known.triage.changedMs >= brought.triage.changedMs) return null;
  const { isPinned = false, pin = null } = known?.triage ?? {};
  const resolvedMs = brought.triage.state === 'resolved' ? atMs : null;
  const step: TriageStep = { atMs, by, cause: 'import', changed: {} };
  return {
    triage: { ...brought.triage, isPinned, pin, resolvedMs },
    history: [...brought.history, step].slice(-TRIAGE_STEPS_KEPT),
  };
}

/** What is wrong with a triage that is brought; null: nothing is. */
export function faultOfBrought({ triage }: TriageRecord, nowMs: number): string | null {
  const { state, untilMs, falseAlarm, changedMs } = triage;
  if (changedMs > nowMs) return 'changed_at: is in the future';
  if (untilMs !== null && state !== 'acknowledged' && state !== 'ignored') {
    return `until: only what is acknowledged or ignored has an end, not what is ${state}`;
  }
  if (falseAlarm !== null && state !== 'ignored') {
    return `false_alarm: a false alarm is ignored, not ${state}`;
  }
  return null;
}

/** What stays of a triage when what it tells of was erased: the state, without anybody's words or names. */
export function withoutWords({ triage }: TriageRecord): TriageRecord {
  const { state, untilMs, isPinned, pin, resolvedMs, regressedMs, changedMs } = triage;
  const { regressedReleases } = triage;
  const judged = { ...untouched, state, untilMs, isPinned };
  return {
    triage: {
      ...judged,
      pin,
      resolvedMs,
      regressedMs,
      regressedReleases,
      changedMs,
      changedBy: null,
    },
    history: [],
  };
}

/** A triage whose pin lost traces; null when it held none of them. */
export function withoutTraces(
  record: TriageRecord,
  gone: ReadonlySet<string>,
): TriageRecord | null {
  const { pin } = record.triage;
  if (pin === null || !pin.traces.some(({ traceId }) => gone.has(traceId))) return null;
  const left = pinWithout(pin, gone);
  return { ...record, triage: { ...record.triage, pin: left, isPinned: left !== null } };
}

/** Lets go what is kept for an issue that is not known any more. */
export function unpinned(record: TriageRecord, nowMs: number): TriageRecord {
  const author = { by: null, atMs: nowMs };
  const next = changed(record, 'fingerprint', author, { ...record.triage, isPinned: false });
  return { ...next, triage: { ...next.triage, pin: null } };
}

/** Reads the text of a record, of this version or an earlier one. */
export function readTriageRecord(text: string): TriageRecord {
  const record = JSON.parse(text) as TriageRecord;
  return { ...record, triage: readTriage(record.triage) };
}

/** A triage as it was written by this version or an earlier one. */
export function readTriage(written: Triage): Triage {
  const { pin = null, regressedReleases = [] } = written as Partial<Triage>;
  // An earlier version lost the pin that it did not know; nothing is kept then.
  return { ...written, isPinned: pin !== null, pin, regressedReleases };
}

/** The findings of an issue that are new, or that happened more often than before. */
export function newOccurrences<Found extends OwnedOccurrence>(
  fingerprint: string,
  before: readonly OwnedOccurrence[],
  after: readonly Found[],
): readonly Found[] {
  const known = new Map(before.map((finding) => [keyOf(finding), pairsOf(finding)]));
  return after
    .filter((finding) => finding.fingerprint === fingerprint)
    .filter((finding) => pairsOf(finding) > (known.get(keyOf(finding)) ?? 0));
}

/** As much of a finding and its owner as tells whether it happened anew. */
export interface OwnedOccurrence {
  readonly ownerId: string;
  readonly fingerprint: string;
  readonly isAcross: boolean;
  readonly provenPairs: number;
  readonly overlappingPairs: number;
  readonly traceIds: readonly string[];
}

function keyOf({ ownerId, fingerprint, isAcross }: OwnedOccurrence): string {
  return JSON.stringify([ownerId, fingerprint, isAcross]);
}

function pairsOf({ provenPairs, overlappingPairs }: OwnedOccurrence): number {
  return provenPairs + overlappingPairs;
}

type Judged = Pick<Triage, JudgedMember>;

const untouched: Judged = {
  state: 'open',
  note: null,
  assignee: null,
  link: null,
  untilMs: null,
  falseAlarm: null,
  isPinned: false,
};

function openAgain({ note, assignee, link, isPinned }: Triage): Judged {
  return { ...untouched, note, assignee, link, isPinned };
}

function changed(
  record: TriageRecord | null,
  cause: TriageCause,
  { by, atMs }: TriageAuthor,
  next: Judged,
): TriageRecord {
  const before: Judged = record?.triage ?? untouched;
  const members = Object.keys(untouched) as JudgedMember[];
  const differing = members.filter((member) => before[member] !== next[member]);
  const step: TriageStep = {
    atMs,
    by,
    cause,
    changed: Object.fromEntries(differing.map((member) => [member, next[member]])),
  };
  const isResolved = next.state === 'resolved';
  const wasResolved = before.state === 'resolved';
  const isNew = isResolved && !wasResolved;
  return {
    triage: {
      ...next,
      pin: record?.triage.pin ?? null,
      resolvedMs: !isResolved ? null : wasResolved ? (record?.triage.resolvedMs ?? atMs) : atMs,
      regressedMs: isNew ? null : (record?.triage.regressedMs ?? null),
      regressedReleases: isNew ? [] : (record?.triage.regressedReleases ?? []),
      changedMs: atMs,
      changedBy: by,
    },
    history: [...(record?.history ?? []), step].slice(-TRIAGE_STEPS_KEPT),
  };
}

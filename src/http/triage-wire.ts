import { z } from 'zod';
import type { Issue } from '../domain/findings/issue.ts';
import { type Pin, pinTotals } from '../domain/findings/pin.ts';
import {
  TRIAGE_STEPS_KEPT,
  type Triage,
  type TriageChange,
  type TriageRecord,
  triageCauses,
  triageStates,
} from '../domain/findings/triage.ts';
import { limits } from '../domain/limits.ts';
import type { NamedTriage } from '../storage/triage-store.ts';

/** What was said of a race, on the wire. */

/** The fingerprint of a race: of one environment, or of one of several. */
export const fingerprintText = z.union(
  [z.string().regex(/^[0-9a-f]{16}$/), z.string().regex(/^[0-9a-f]{16}-[0-9a-f]{8}$/)],
  { error: 'must be 16 hex digits, and maybe a hyphen and 8 more' },
);

const moment = z.iso.datetime().nullable();

/** Anything but what a terminal, a log or a database takes for more than text. */
function text(charactersMax: number) {
  return z
    .string()
    .min(1)
    .max(charactersMax)
    .refine(isPlain, 'must be plain text: no control characters but new lines and tabs');
}

function isPlain(value: string): boolean {
  return value.isWellFormed() && !/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/.test(value);
}

function isWebLink(value: string): boolean {
  return URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);
}

/** What a request may change; `null` takes away what was said. */
export const triageChange = z
  .strictObject({
    state: z.enum(triageStates),
    note: text(limits.noteCharacters).nullable(),
    assignee: text(limits.personCharacters).nullable(),
    until: z.iso
      .datetime({ offset: true, error: 'must be an RFC 3339 time such as 2024-05-01T00:00:00Z' })
      .nullable()
      .describe('When it is open again by itself; of what is acknowledged or ignored.'),
    link: text(limits.linkCharacters)
      .regex(/^https?:\/\/\S+$/i, 'must be a link that begins with https:// or http://')
      .refine(isWebLink, 'must be a link that begins with https:// or http://')
      .nullable(),
    false_alarm: text(limits.noteCharacters)
      .nullable()
      .describe('Why it is no race at all; ignores it.'),
    pinned: z
      .boolean()
      .describe(
        'Whether traces of its witnesses are kept from retention and eviction, as far as there is room.',
      ),
  })
  .partial();

export function changeOf(wire: z.infer<typeof triageChange>): TriageChange {
  const { until, false_alarm: falseAlarm, pinned: isPinned, ...same } = wire;
  const change: TriageChange = same;
  return {
    ...change,
    ...(isPinned === undefined ? {} : { isPinned }),
    ...(falseAlarm === undefined ? {} : { falseAlarm }),
    ...(until === undefined ? {} : { untilMs: until === null ? null : Date.parse(until) }),
  };
}

const said = z.object({
  note: z.string().nullable(),
  assignee: z.string().nullable(),
  link: z.string().nullable(),
  until: moment.describe('When it is open again by itself.'),
  false_alarm: z.string().nullable().describe('Why it is no race at all.'),
  changed_at: z.iso.datetime(),
  changed_by: z
    .string()
    .nullable()
    .describe('Name of the key; null: the server, or somebody without a key.'),
  resolved_at: moment,
  pin: z
    .object({
      traces: z.array(z.string()).describe('Those of the best witness first.'),
      bytes: z.int().describe('Of their events as text, when they were pinned.'),
      left_out: z.int().describe('Traces of its witnesses for which there was no room.'),
    })
    .nullable()
    .describe('What is kept for it, whatever its age; null: nothing.'),
  regressed_at: moment.describe(
    'When a witness was received after it had been resolved, which opened it again.',
  ),
  regressed_release: z
    .array(z.object({ service: z.string(), release: z.string() }))
    .describe('The releases of the services in that witness; empty where none is known.'),
});

/** What a race says of its triage. */
export const triageMembers = {
  state: z
    .enum(triageStates)
    .describe('What was decided about it; `ignored` also where a rule of the configuration is.'),
  owner: z
    .string()
    .nullable()
    .describe('Who looks after it: the assignee, else whom a rule of the configuration names.'),
  triage: said.nullable().describe('What persons said of it; null: nothing.'),
  ignored_by_rule: z.string().nullable().describe('The reason of the rule that ignores it.'),
};

/** The triage of a race with all that is known of how it came about. */
export const triageHistory = z.object({
  fingerprint: z.string(),
  ...triageMembers,
  history: z
    .array(
      z.object({
        at: z.iso.datetime(),
        by: z.string().nullable(),
        cause: z
          .enum(triageCauses)
          .describe(
            'A person, the end of its time, a new witness, or a fingerprint that took the place of another.',
          ),
        changed: triageChange.describe('What got another value, with that value.'),
      }),
    )
    .describe('The latest last; of very many steps the latest hundred.'),
});

/** A member of a record that a server gives to another one. */
const carriedSteps = z
  .array(
    z.strictObject({
      at: z.iso.datetime(),
      by: text(limits.nameCharacters).nullable(),
      cause: z.enum(triageCauses),
      changed: triageChange,
    }),
  )
  .max(TRIAGE_STEPS_KEPT);

/** What was said of one race, as one server gives it to another. */
export const carriedTriage = z
  .strictObject({
    fingerprint: fingerprintText,
    state: z.enum(triageStates),
    note: triageChange.shape.note.unwrap(),
    assignee: triageChange.shape.assignee.unwrap(),
    link: triageChange.shape.link.unwrap(),
    until: moment,
    false_alarm: triageChange.shape.false_alarm.unwrap(),
    resolved_at: moment,
    regressed_at: moment,
    regressed_release: z
      .array(
        z.strictObject({
          service: z.string().max(limits.nameCharacters),
          release: z.string().max(limits.nameCharacters),
        }),
      )
      .max(2),
    changed_at: z.iso.datetime(),
    changed_by: text(limits.nameCharacters).nullable(),
    history: carriedSteps,
  })
  .meta({ id: 'CarriedTriage' });

export function carriedToWire({ fingerprint, record }: NamedTriage): CarriedTriage {
  const { pin: _, ...words } = saidToWire(record.triage);
  const { state } = record.triage;
  return { fingerprint, state, ...words, history: stepsToWire(record) };
}

/** Reads what another server gave. */
export function carriedFromWire(wire: CarriedTriage): NamedTriage {
  const { fingerprint, state, note, assignee, link, history } = wire;
  return {
    fingerprint,
    record: {
      triage: {
        state,
        note,
        assignee,
        link,
        untilMs: msOf(wire.until),
        falseAlarm: wire.false_alarm,
        isPinned: false,
        pin: null,
        resolvedMs: msOf(wire.resolved_at),
        regressedMs: msOf(wire.regressed_at),
        regressedReleases: wire.regressed_release,
        changedMs: Date.parse(wire.changed_at),
        changedBy: wire.changed_by,
      },
      history: history.map(({ at, by, cause, changed }) => ({
        atMs: Date.parse(at),
        by,
        cause,
        changed: changeOf(changed),
      })),
    },
  };
}

type CarriedTriage = z.infer<typeof carriedTriage>;

function msOf(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}

/** The members of {@link triageMembers} of an issue. */
export function triageToWire({ disposition: { state, triage, rule, owner } }: Issue) {
  const words = triage === null ? null : saidToWire(triage);
  return { state, owner, triage: words, ignored_by_rule: rule };
}

export function historyToWire(issue: Issue, record: TriageRecord | null) {
  return {
    fingerprint: issue.fingerprint,
    ...triageToWire(issue),
    history: record === null ? [] : stepsToWire(record),
  };
}

function stepsToWire({ history }: TriageRecord) {
  return history.map(({ atMs, by, cause, changed }) => {
    const { untilMs, falseAlarm, isPinned, ...same } = changed;
    return {
      at: timeText(atMs),
      by,
      cause,
      changed: {
        ...same,
        ...(untilMs === undefined ? {} : { until: timeOrNull(untilMs) }),
        ...(falseAlarm === undefined ? {} : { false_alarm: falseAlarm }),
        ...(isPinned === undefined ? {} : { pinned: isPinned }),
      },
    };
  });
}

function saidToWire(triage: Triage): z.infer<typeof said> {
  const { note, assignee, link, untilMs, falseAlarm, changedMs, changedBy } = triage;
  return {
    note,
    assignee,
    link,
    until: timeOrNull(untilMs),
    false_alarm: falseAlarm,
    changed_at: timeText(changedMs),
    changed_by: changedBy,
    resolved_at: timeOrNull(triage.resolvedMs),
    pin: triage.pin === null ? null : pinToWire(triage.pin),
    regressed_at: timeOrNull(triage.regressedMs),
    regressed_release: [...triage.regressedReleases],
  };
}

function pinToWire(pin: Pin) {
  return {
    traces: pin.traces.map(({ traceId }) => traceId),
    bytes: pinTotals([pin]).bytes,
    left_out: pin.leftOut,
  };
}

function timeOrNull(atMs: number | null): string | null {
  return atMs === null ? null : timeText(atMs);
}

function timeText(atMs: number): string {
  return new Date(atMs).toISOString();
}

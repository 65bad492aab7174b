import type { Issue, TriageChange, TriageHistory } from '../../api/types.ts';
import { moment } from '../format.ts';
import { visible } from '../visible.ts';

type State = Issue['state'];
type Zone = 'local' | 'utc';

/** What may be decided, in the order of a choice, with what each does. */
export const triageChoices: readonly {
  readonly state: State;
  readonly name: string;
  readonly says: string;
}[] = [
  { state: 'open', name: 'Open', says: 'nobody has decided yet' },
  { state: 'acknowledged', name: 'Acknowledged', says: 'somebody knows; it stays in lists' },
  { state: 'ignored', name: 'Ignored', says: 'left out of lists and counts' },
  { state: 'resolved', name: 'Resolved', says: 'opens by itself when it happens again' },
];

/** A state in words; one of a newer server is shown as it is called. */
export function stateName(state: string): string {
  return triageChoices.find((choice) => choice.state === state)?.name ?? state;
}

/** What the fields of the form hold. */
export interface TriageDraft {
  readonly state: State;
  readonly note: string;
  readonly assignee: string;
  readonly link: string;
  /** As a field of a day and a time has it, in the zone that is set; empty: without an end. */
  readonly until: string;
  readonly falseAlarm: string;
  readonly isPinned: boolean;
}

/** What the form begins with. */
export function draftOf({ state, triage }: Issue, zone: Zone): TriageDraft {
  return {
    state,
    note: triage?.note ?? '',
    assignee: triage?.assignee ?? '',
    link: triage?.link ?? '',
    until: triage?.until ? fieldOf(triage.until, zone) : '',
    falseAlarm: triage?.false_alarm ?? '',
    isPinned: triage?.pin != null,
  };
}

/** Whether what is in a state may open again by itself. */
export function mayEnd(state: State): boolean {
  return state === 'acknowledged' || state === 'ignored';
}

/**
 * What is sent of a form: members that were changed, so that what somebody else says meanwhile stays. A
 * state that is left takes its end and its reason with it on the server; those that hold on are sent again.
 */
export function changeOf(before: TriageDraft, after: TriageDraft, zone: Zone): TriageChange {
  const isMoved = after.state !== before.state;
  const isSaid = (text: string, known: string) => (isMoved ? text !== '' : text !== known);
  const words = (text: string) => (text.trim() === '' ? null : text.trim());
  return {
    ...(isMoved ? { state: after.state } : {}),
    ...(after.note === before.note ? {} : { note: words(after.note) }),
    ...(after.assignee === before.assignee ? {} : { assignee: words(after.assignee) }),
    ...(after.link === before.link ? {} : { link: words(after.link) }),
    ...(mayEnd(after.state) && isSaid(after.until, before.until)
      ? { until: timeOf(after.until, zone) }
      : {}),
    ...(after.state === 'ignored' && isSaid(after.falseAlarm, before.falseAlarm)
      ? { false_alarm: words(after.falseAlarm) }
      : {}),
    ...(after.isPinned === before.isPinned ? {} : { pinned: after.isPinned }),
  };
}

/** Where a link leads, as it is opened and shown; null for what is no page of the web. */
export function webLink(text: string): string | null {
  if (!URL.canParse(text)) return null;
  const { protocol, href } = new URL(text);
  return protocol === 'https:' || protocol === 'http:' ? href : null;
}

/** A note with its lines, in which every other character can be seen. */
export function noteText(text: string): string {
  return text
    .split('\n')
    .map((line) => visible(line, Number.POSITIVE_INFINITY))
    .join('\n');
}

type Step = TriageHistory['history'][number];

const causeWords: Readonly<Record<Step['cause'], string>> = {
  person: 'somebody without a key',
  until: 'its time was over',
  occurrence: 'it happened again',
  fingerprint: 'it got another fingerprint',
  import: 'brought from another server',
};

/** Who took a step, or why it came about. */
export function stepCause({ by, cause }: Step): string {
  if (by !== null) return `by ${visible(by)}`;
  return Object.hasOwn(causeWords, cause) ? causeWords[cause] : cause;
}

/** What a step changed, a line for each member. */
export function stepLines({ changed }: Step, zone: Zone): readonly string[] {
  const { state, note, assignee, link, until, false_alarm: falseAlarm, pinned } = changed;
  const members: readonly (readonly [name: string, value: string | null | undefined])[] = [
    ['State', state === undefined ? undefined : stateName(state).toLowerCase()],
    ['Assignee', assignee],
    ['Until', typeof until === 'string' ? moment(until, zone) : until],
    ['Link', link],
    ['False alarm', falseAlarm],
    ['Witnesses', pinned === undefined ? undefined : pinned ? 'kept' : 'not kept'],
    ['Note', note],
  ];
  return members.flatMap(([name, value]) => {
    if (value === undefined) return [];
    return [`${name}: ${value === null ? 'taken away' : noteText(value)}`];
  });
}

/** `2030-01-31T09:30`, as a field of a day and a time has it. */
function fieldOf(time: string, zone: Zone): string {
  const date = new Date(time);
  const offsetMs = zone === 'utc' ? 0 : date.getTimezoneOffset() * 60_000;
  return new Date(date.getTime() - offsetMs).toISOString().slice(0, 16);
}

function timeOf(field: string, zone: Zone): string | null {
  const ms = Date.parse(zone === 'utc' ? `${field}Z` : field);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

/** What the panel of a race's triage shows and sends, without a browser. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Issue, TriageHistory } from '../../web/src/api/types.ts';
import {
  changeOf,
  draftOf,
  noteText,
  stateName,
  stepCause,
  stepLines,
  type TriageDraft,
  webLink,
} from '../../web/src/model/race/triage.ts';

const blank: TriageDraft = {
  state: 'open',
  note: '',
  assignee: '',
  link: '',
  until: '',
  falseAlarm: '',
  isPinned: false,
};
const until = '2030-01-31T09:30';
const untilTime = '2030-01-31T09:30:00.000Z';

test('only what was changed is sent; what is emptied is taken away', () => {
  const said: TriageDraft = {
    state: 'ignored',
    note: 'one\ntwo',
    assignee: 'ann',
    link: 'https://git.example/7',
    until,
    falseAlarm: 'one replica',
    isPinned: true,
  };
  const rows: readonly (readonly [before: TriageDraft, after: TriageDraft, change: object])[] = [
    [blank, blank, {}],
    [said, said, {}],
    [blank, { ...blank, state: 'resolved' }, { state: 'resolved' }],
    [blank, { ...blank, note: '  a lock \n' }, { note: 'a lock' }],
    [said, { ...said, assignee: ' ', link: '' }, { assignee: null, link: null }],
    [said, { ...said, until: '', falseAlarm: '' }, { until: null, false_alarm: null }],
    [
      blank,
      said,
      {
        state: 'ignored',
        note: said.note,
        assignee: 'ann',
        link: said.link,
        until: untilTime,
        false_alarm: 'one replica',
        pinned: true,
      },
    ],
    [said, { ...said, isPinned: false }, { pinned: false }],
    // An end goes on where the next state has one, and is not sent where it has none.
    [said, { ...said, state: 'acknowledged' }, { state: 'acknowledged', until: untilTime }],
    [said, { ...said, state: 'open' }, { state: 'open' }],
    [blank, { ...blank, until, falseAlarm: 'left in a field' }, {}],
    [blank, { ...blank, state: 'ignored' }, { state: 'ignored' }],
  ];
  for (const [before, after, change] of rows) {
    assert.deepEqual(changeOf(before, after, 'utc'), change);
  }
});

test('a form begins with what was said, times in the zone that is set', () => {
  const triage = { note: 'a', assignee: null, link: null, until: untilTime, false_alarm: null };
  const issue = { state: 'acknowledged', triage } as Issue;
  const inUtc = draftOf(issue, 'utc');
  assert.deepEqual(inUtc, { ...blank, state: 'acknowledged', note: 'a', until });
  assert.deepEqual(draftOf({ state: 'open', triage: null } as Issue, 'local'), blank);
  for (const zone of ['utc', 'local'] as const) {
    const after = draftOf(issue, zone);
    assert.deepEqual(changeOf(blank, after, zone), {
      state: 'acknowledged',
      note: 'a',
      until: untilTime,
    });
  }
});

test('a link leads to a page of the web, and is shown as it is opened', () => {
  const rows: readonly (readonly [text: string, link: string | null])[] = [
    ['https://git.example/7', 'https://git.example/7'],
    ['http://git.example', 'http://git.example/'],
    ['HTTPS://Git.Example/a b', 'https://git.example/a%20b'],
    ['https://gіt.example/', 'https://xn--gt-hoc.example/'],
    ['https://git.example/\u202egnp', 'https://git.example/%E2%80%AEgnp'],
    ['javascript:alert(1)', null],
    [' java\nscript:alert(1)', null],
    ['data:text/html,<script>alert(1)</script>', null],
    ['vscode://file/a', null],
    ['//git.example/7', null],
    ['git.example/7', null],
    ['', null],
  ];
  for (const [text, link] of rows) assert.equal(webLink(text), link, text);
});

test('steps of a history are lines of text, whatever was said', () => {
  const step: TriageHistory['history'][number] = {
    at: untilTime,
    by: 'ann\u202e',
    cause: 'person',
    changed: {
      state: 'resolved',
      note: '<b>one</b>\n\u202etwo',
      assignee: null,
      until: untilTime,
      link: 'javascript:alert(1)',
      false_alarm: '__proto__',
    },
  };
  assert.equal(stepCause(step), 'by ann⟨U+202E⟩');
  assert.deepEqual(stepLines(step, 'utc'), [
    'State: resolved',
    'Assignee: taken away',
    'Until: 2030-01-31 09:30:00.000 UTC',
    'Link: javascript:alert(1)',
    'False alarm: __proto__',
    'Note: <b>one</b>\n⟨U+202E⟩two',
  ]);
  const alone = { ...step, by: null, changed: {} };
  assert.deepEqual(stepLines(alone, 'utc'), []);
  assert.equal(stepCause(alone), 'somebody without a key');
  assert.equal(stepCause({ ...alone, cause: 'until' }), 'its time was over');
  assert.equal(stepCause({ ...alone, cause: 'occurrence' }), 'it happened again');
  assert.equal(stateName('constructor'), 'constructor');
  assert.equal(noteText('a\tb\u0000'), 'a␉b␀');
});

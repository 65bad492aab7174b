import { RacewayError } from '../../domain/errors.ts';
import { type JsonObject, stringifyJson } from '../../domain/json.ts';
import { plainText } from '../../report/plain-text.ts';
import type { Command } from '../context.ts';
import type { OptionValues } from '../option.ts';
import { readData } from '../server-data.ts';
import { objectsOf, textOf } from './cells.ts';
import { clientOptions, clientSettings } from './client-settings.ts';
import { readIssue } from './read-issue.ts';

/** Longer than any note. */
const LINE_CHARACTERS = 5000;

/** `raceway triage FINGERPRINT` */
export const triageCommand: Command = {
  name: 'triage',
  summary: 'say what was decided about a race, or show it',
  description:
    'Changes what is said of a race: state, note, assignee, link, until when, or why it is a false\n' +
    'alarm. What is not given stays, an empty text takes away. Without any of them it prints what was\n' +
    'said, and how that came about. A change needs a key with the scope triage.',
  options: ['state', 'note', 'assignee', 'link', 'until', 'false-alarm', ...clientOptions],
  operand: { name: 'FINGERPRINT', countMax: 1 },
  async run(values, context, [name = '']) {
    const { server, format } = clientSettings(values, context);
    const fingerprint = textOf((await readIssue(server, name))['fingerprint']);
    const path = `/api/races/${encodeURIComponent(fingerprint)}`;
    const change = changeIn(values);
    if (Object.keys(change).length > 0) {
      await readData(server, path, { method: 'PATCH', body: JSON.stringify(change) });
    }
    const triage = await readData(server, `${path}/triage`);
    context.print(format === 'json' ? stringifyJson(triage, true) : triageText(triage));
    return 0;
  },
};

/** What the options say, as the API takes it. */
function changeIn(values: OptionValues): Record<string, string | null> {
  const { state, note, assignee, link, until } = values;
  const given = { state, note, assignee, link, until, false_alarm: values['false-alarm'] };
  if (state === '') throw new RacewayError('bad_request', '--state must not be empty');
  return Object.fromEntries(
    Object.entries(given).flatMap(([name, text]) =>
      text === undefined ? [] : [[name, text === '' ? null : text]],
    ),
  );
}

function triageText(triage: JsonObject): string {
  const said = objectsOf([triage['triage'] ?? null])[0] ?? {};
  const rows: [string, string][] = [
    ['race', textOf(triage['fingerprint'])],
    ['state', textOf(triage['state'])],
    ['owner', textOf(triage['owner'])],
    ['ignored by rule', textOf(triage['ignored_by_rule'])],
    ...['note', 'link', 'until', 'false_alarm', 'regressed_at'].map((name): [string, string] => [
      name.replaceAll('_', ' '),
      textOf(said[name]),
    ]),
  ];
  const steps = objectsOf(triage['history']).map((step) => {
    const changed = stringifyJson(step['changed'] ?? null, true);
    return `${textOf(step['at'])}  ${textOf(step['by']) || textOf(step['cause'])}  ${changed}`;
  });
  return [
    ...rows.filter(([, text]) => text !== '').map(([title, text]) => `${title}: ${text}`),
    ...steps,
  ]
    .map((line) => plainText(line, LINE_CHARACTERS))
    .join('\n');
}

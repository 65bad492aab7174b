import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { RacewayError } from '../../domain/errors.ts';
import { type JsonObject, type JsonValue, numberOf, stringifyJson } from '../../domain/json.ts';
import { plainText } from '../../report/plain-text.ts';
import type { Command, Context } from '../context.ts';
import type { OptionValues } from '../option.ts';
import { textOf as bodyOf, refusal, type Server, send } from '../server-client.ts';
import { readData } from '../server-data.ts';
import { membersOf, objectsOf, textOf } from './cells.ts';
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
    'alarm, and whether its witnesses are kept. What is not given stays, an empty text takes away.\n' +
    'Without any of them it prints what was said, and how that came about. A change needs a key with\n' +
    'the scope triage. With --out it writes the traces of its best witness there, without values, for\n' +
    'raceway import: what the maintainers need to look into a false alarm.',
  options: [
    ...([
      'state',
      'note',
      'assignee',
      'link',
      'until',
      'false-alarm',
      'pin',
      'unpin',
      'out',
    ] as const),
    ...clientOptions,
  ],
  operand: { name: 'FINGERPRINT', countMax: 1 },
  async run(values, context, [name = '']) {
    const { server, format } = clientSettings(values, context);
    const fingerprint = textOf((await readIssue(server, name))['fingerprint']);
    const path = `/api/races/${encodeURIComponent(fingerprint)}`;
    const change = changeIn(values);
    if (Object.keys(change).length > 0) {
      await readData(server, path, { method: 'PATCH', body: JSON.stringify(change) });
    }
    if (values.out !== undefined)
      await writeWitness(server, `${path}/witness`, values.out, context);
    const triage = await readData(server, `${path}/triage`);
    context.print(format === 'json' ? stringifyJson(triage, true) : triageText(triage));
    return 0;
  },
};

async function writeWitness(
  server: Server,
  path: string,
  name: string,
  context: Context,
): Promise<void> {
  const answer = await send(server, path);
  if (answer.statusCode !== 200) {
    const reason = refusal(answer, await bodyOf(answer));
    throw new RacewayError('bad_request', `${server.url.origin}: ${reason}`);
  }
  try {
    await pipeline(answer, createWriteStream(resolve(context.cwd, name), { mode: 0o600 }));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RacewayError('unavailable', `${name} cannot be written (${code})`, { cause });
  }
  context.tell(
    `${name} has the traces of its best witness without values; look at it before you send it`,
  );
}

/** What the options say, as the API takes it. */
function changeIn(values: OptionValues): Record<string, string | boolean | null> {
  const { state, note, assignee, link, until, pin, unpin } = values;
  const given = { state, note, assignee, link, until, false_alarm: values['false-alarm'] };
  if (state === '') throw new RacewayError('bad_request', '--state must not be empty');
  if (pin === true && unpin === true) {
    throw new RacewayError('bad_request', '--pin and --unpin exclude each other');
  }
  const words = Object.entries(given).flatMap(([name, text]) =>
    text === undefined ? [] : [[name, text === '' ? null : text]],
  );
  const pinned = pin === true || unpin === true ? { pinned: pin === true } : {};
  return { ...Object.fromEntries(words), ...pinned };
}

function pinText(pin: JsonValue): string {
  const held = membersOf(pin);
  const traces = Array.isArray(held['traces']) ? held['traces'] : [];
  if (traces.length === 0) return '';
  const leftOut = numberOf(held['left_out']) ?? 0;
  const more = leftOut === 0 ? '' : `; no room for ${leftOut} more`;
  return `${traces.length} kept${more}: ${traces.map(textOf).join(', ')}`;
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
    ['pinned traces', pinText(said['pin'] ?? null)],
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

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { RacewayError } from '../../domain/errors.ts';
import { stringifyJson } from '../../domain/json.ts';
import type { Command } from '../context.ts';
import { readData } from '../server-data.ts';
import { objectsOf, textOf } from './cells.ts';
import { clientOptions, clientSettings } from './client-settings.ts';
import { readIssue } from './read-issue.ts';

/** `raceway reproduce FINGERPRINT` */
export const reproduceCommand: Command = {
  name: 'reproduce',
  summary: 'write a script that makes a race happen again',
  description:
    'Prints a script that makes a race happen: for one in a database two SQL sessions that take turns\n' +
    '(for psql, or as a test of Node with pg) and the same with a remedy; over HTTP the two requests at\n' +
    'once (for curl, or for Node). Values are those of the trace. Run it where nothing can be lost.',
  options: ['as', 'out', ...clientOptions],
  operand: { name: 'FINGERPRINT', countMax: 1 },
  async run(values, context, [name = '']) {
    const { server, format, isQuiet } = clientSettings(values, context);
    const fingerprint = textOf((await readIssue(server, name))['fingerprint']);
    const data = await readData(server, `/api/races/${fingerprint}/reproduction`);
    if (format === 'json') {
      context.print(stringifyJson(data, true));
      return 0;
    }
    const reasons = Array.isArray(data['reasons']) ? data['reasons'].map(textOf) : [];
    const scripts = objectsOf(data['scripts']);
    const script = scripts.find(({ name: own }) => values.as === undefined || own === values.as);
    if (script === undefined) {
      const known = scripts.map(({ name: own }) => textOf(own));
      const choice = known.length === 0 ? '' : `; there is ${known.join(', ')}`;
      throw new RacewayError('bad_request', `${reasons.join('; ') || 'no such script'}${choice}`);
    }
    const text = textOf(script['text']);
    if (values.out === undefined) context.print(text.trimEnd());
    else write(resolve(context.cwd, values.out), text);
    if (!isQuiet) for (const reason of reasons) context.tell(`raceway: ${reason}`);
    return 0;
  },
};

/** What a shell runs may be run by its owner. */
function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o700 });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RacewayError('bad_request', `${path} cannot be written (${code})`, { cause });
  }
}

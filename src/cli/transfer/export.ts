import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { RacewayError } from '../../domain/errors.ts';
import type { Command } from '../context.ts';
import type { OptionValues } from '../option.ts';
import { serverOf } from '../server-client.ts';
import { downloadExport } from './export-stream.ts';

/** `raceway export` */
export const exportCommand: Command = {
  name: 'export',
  summary: 'download the events of a server, or some of them',
  description:
    'Writes one event per line, and a closing line that says how many there are. A connection that\n' +
    'breaks is taken up where it broke; without the closing line the file is not whole, and exit\n' +
    'code 1 says so. An export of everything has what was decided about races too. The key is better given in RACEWAY_API_KEY than on the command line.',
  options: ['server', 'key', 'ca', 'out', 'trace', 'service', 'since', 'until', 'tag', 'writer'],
  async run(values, context) {
    const server = serverOf(values, context);
    const file = values.out === undefined ? null : openFile(resolve(context.cwd, values.out));
    const write = async (text: string) => {
      if (file === null) context.print(text.replace(/\n$/, ''));
      else if (!file.write(text)) await once(file, 'drain');
    };
    try {
      const count = await downloadExport(server, filtersOf(values), write, wait);
      context.tell(`${count} events`);
    } finally {
      if (file !== null) await close(file, values.out ?? '');
    }
    return 0;
  },
};

function filtersOf(values: OptionValues): URLSearchParams {
  const { trace, service, since, until, tag, writer } = values;
  const filters = new URLSearchParams();
  const given = Object.entries({ trace_id: trace, service, since, until, tag, key: writer });
  for (const [name, value] of given) if (value !== undefined) filters.set(name, value);
  return filters;
}

function openFile(path: string): Writable {
  // Exports hold what services were sent: for their owner only.
  return createWriteStream(path, { mode: 0o600 });
}

async function close(file: Writable, name: string): Promise<void> {
  file.end();
  await finished(file).catch((cause: NodeJS.ErrnoException) => {
    throw new RacewayError('unavailable', `${name} cannot be written (${cause.code})`, { cause });
  });
}

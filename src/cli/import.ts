import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { RacewayError } from '../domain/errors.ts';
import type { Command } from './context.ts';
import { faultOf, uploadExport } from './import-stream.ts';
import { serverOf } from './server-client.ts';
import { linesOf, readControlLine } from './transfer.ts';

/** `raceway import FILE` */
export const importCommand: Command = {
  name: 'import',
  summary: 'send exported events to a server',
  description:
    'Sends the events of FILE (- is standard input) in batches, waits when the server asks to, and\n' +
    'says how many were accepted, were there already, or were rejected. Running it again is safe. A\n' +
    'file without its closing line was cut off: it is refused unless --partial is given. Exit code 1\n' +
    'when something was refused. The key is better given in RACEWAY_API_KEY than on the command line.',
  options: ['server', 'key', 'ca', 'partial'],
  operand: { name: 'FILE', countMax: 1 },
  async run(values, context, [name = '']) {
    const server = serverOf(values, context);
    const isPartial = values.partial === true;
    const open = () => read(name, context.cwd);
    const early = isPartial || name === '-' ? null : await checkWhole(open());
    if (early !== null) throw incomplete(name, early);
    const report = await uploadExport(server, open(), wait);
    const { accepted, duplicates, rejected, reasons } = report;
    context.print(`accepted ${accepted}, duplicates ${duplicates}, rejected ${rejected}`);
    for (const reason of reasons) context.tell(`rejected: ${reason}`);
    if (report.fault !== null && !isPartial) throw incomplete(name, report.fault);
    return rejected > 0 ? 1 : 0;
  },
};

function incomplete(name: string, fault: string): RacewayError {
  const message = `${name} is not a whole export: ${fault}; --partial imports what there is`;
  return new RacewayError('bad_request', message);
}

/** Reads a file to its end before anything of it is sent; gives what it lacks. */
async function checkWhole(lines: AsyncIterable<string>): Promise<string | null> {
  let count = 0;
  let announced: number | null = null;
  for await (const line of lines) {
    const control = line.trim() === '' ? null : readControlLine(line);
    if (control?.kind === 'complete') announced = control.count;
    else if (control === null && line.trim() !== '') count += 1;
  }
  return faultOf(announced, count);
}

async function* read(name: string, cwd: string): AsyncGenerator<string> {
  try {
    yield* linesOf(name === '-' ? process.stdin : createReadStream(resolve(cwd, name)));
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RacewayError('bad_request', `${name} cannot be read (${code})`, { cause });
  }
}

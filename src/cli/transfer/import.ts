import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { RacewayError } from '../../domain/errors.ts';
import type { Command } from '../context.ts';
import { serverOf } from '../server-client.ts';
import { faultOf, uploadExport } from './import-stream.ts';
import { readSpanFile } from './span-file.ts';
import { uploadSpans } from './span-upload.ts';
import { linesOf, readControlLine } from './transfer.ts';

/** `raceway import FILE` */
export const importCommand: Command = {
  name: 'import',
  summary: 'send exported events, or spans of other systems, to a server',
  description:
    'Sends the events of FILE (- is standard input) in batches, waits when the server asks to, and\n' +
    'says how many were accepted, were there already, or were rejected. Running it again is safe. A\n' +
    'file without its closing line was cut off: it is refused unless --partial is given. Standard\n' +
    'input is taken as far as it goes. FILE may also hold spans in JSON: requests of OTLP, one or one a\n' +
    'line, or what the pages of Jaeger and Zipkin download. Exit code 1 when something was refused or cut off. The key is\n' +
    'better given in RACEWAY_API_KEY than on the command line; for what was decided about races it needs the\n' +
    'scope triage too.',
  options: ['server', 'key', 'ca', 'partial'],
  operand: { name: 'FILE', countMax: 1 },
  async run(values, context, [name = '']) {
    const server = serverOf(values, context);
    const isPartial = values.partial === true;
    const isStream = name === '-';
    const source = isStream ? 'standard input' : name;
    const file = resolve(context.cwd, name);
    const groups = isStream ? null : await readSpanFile(file);
    if (groups !== null) {
      const { sent, rejected, reasons } = await uploadSpans(server, groups, wait);
      context.print(`sent ${sent} spans, rejected ${rejected}`);
      for (const reason of reasons) context.tell(`rejected: ${reason}`);
      return rejected > 0 ? 1 : 0;
    }
    const open = () => readLines(source, isStream ? context.input() : createReadStream(file));
    // What comes through a pipe comes once.
    const early = isPartial || isStream ? null : await checkWhole(open());
    if (early !== null) throw incomplete(source, `${early}; --partial imports what there is`);
    const report = await uploadExport(server, open(), wait);
    const { accepted, duplicates, rejected, reasons } = report;
    context.print(`accepted ${accepted}, duplicates ${duplicates}, rejected ${rejected}`);
    for (const reason of reasons) context.tell(`rejected: ${reason}`);
    const { triage } = report;
    if (triage !== null) {
      context.print(`decisions about races: taken ${triage.taken}, known ${triage.kept}`);
      if (triage.refusal !== null) context.tell(`decisions not taken: ${triage.refusal}`);
    }
    if (report.fault !== null && !isPartial) {
      throw incomplete(source, `${report.fault}; its events are stored`);
    }
    return rejected > 0 || (triage !== null && triage.refusal !== null) ? 1 : 0;
  },
};

function incomplete(source: string, fault: string): RacewayError {
  return new RacewayError('bad_request', `${source} is not a whole export: ${fault}`);
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

async function* readLines(source: string, stream: Readable): AsyncGenerator<string> {
  try {
    yield* linesOf(stream);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new RacewayError('bad_request', `${source} cannot be read (${code})`, { cause });
  }
}

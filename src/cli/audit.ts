import { type Verification, verifyAudit } from '../audit/verify.ts';
import type { Command, Context } from './context.ts';

const hashShape = /^[0-9a-f]{64}$/i;

/** `raceway audit verify FILE...` */
export const audit: Command = {
  name: 'audit',
  summary: 'prove that an audit log is as it was written',
  description:
    '`raceway audit verify FILE...` follows the chain of hashes through the files, oldest first, and\n' +
    'names the first line that was changed, put in or taken out; exit code 1 then. Lines of the\n' +
    'ordinary log among them do not matter. The end of a chain proves nothing about lines behind it:\n' +
    'compare its hash with /status or the log, or ask with --hash whether a noted one is in it.',
  options: ['hash'],
  operand: { name: 'verify FILE...', countMax: 10_000 },
  async run({ hash }, context, [action, ...files]) {
    if (action !== 'verify' || files.length === 0) {
      context.tell('raceway: write raceway audit verify FILE...');
      return 2;
    }
    if (hash !== undefined && !hashShape.test(hash)) {
      context.tell('raceway: --hash must be the hash of an audit line, 64 hexadecimal digits.');
      return 2;
    }
    try {
      return tell(await verifyAudit(files, hash?.toLowerCase() ?? null), hash, context);
    } catch (error) {
      const { code, path } = error as NodeJS.ErrnoException;
      if (code === undefined || path === undefined) throw error;
      context.tell(`raceway: ${path} cannot be read (${code})`);
      return 1;
    }
  },
};

function tell(result: Verification, hash: string | undefined, context: Context): number {
  for (const { chain, first, last } of result.chains) {
    const from = first.seq === 1 ? 'from its beginning' : `from number ${first.seq}`;
    context.print(
      `chain ${chain}: ${last.seq - first.seq + 1} lines ${from}, ${first.time} to ${last.time}; ` +
        `the last has hash ${last.hash}`,
    );
  }
  const { fault } = result;
  if (fault !== null) {
    context.tell(`raceway: ${fault.file} line ${fault.line} ${fault.reason}.`);
    return 1;
  }
  if (hash !== undefined && !result.isExpectedFound) {
    context.tell('raceway: no line has that hash: the line was taken out, or is in another file.');
    return 1;
  }
  context.tell(`${result.lineCount} lines, none changed.`);
  return 0;
}

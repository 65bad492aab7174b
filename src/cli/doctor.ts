import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { examine, surroundingsOf } from '../checkup/doctor.ts';
import { remarkLines } from '../checkup/remark.ts';
import type { Command, Context } from './context.ts';

const keyVariable = 'RACEWAY_API_KEY';

/** `raceway doctor URL` */
export const doctor: Command = {
  name: 'doctor',
  summary: 'look at a server from outside, through its proxy',
  description:
    'Asks a running server what a client can see: TLS, certificate, HSTS, redirect, whether every\n' +
    'route asks for a key, body size, CORS, client addresses, clock, event stream. Prints what to\n' +
    'change for each that is wrong. Stores and deletes nothing, and shows up as failed\n' +
    `authentication, because it asks without a key; a limit makes it wait. The key is better given in\n` +
    `${keyVariable} than on the command line, which others on this machine can read. Exit code 1\n` +
    'when something fails.',
  options: ['key', 'ca'],
  operand: { name: 'URL', countMax: 1 },
  async run({ key, ca }, context, [text = '']) {
    const url = serverUrl(text);
    if (url === null) {
      context.tell('raceway: write the URL of the server, as in https://raceway.company.com');
      return 2;
    }
    const root = ca === undefined ? null : readRoot(ca, context);
    if (root === undefined) return 1;
    const target = { url, key: key ?? context.environment[keyVariable] ?? null, ca: root };
    const remarks = await examine(target, surroundingsOf(url)).catch((error: unknown) => {
      const { code, message } = error as NodeJS.ErrnoException;
      context.tell(`raceway: ${url.origin} does not answer (${code ?? message})`);
      return null;
    });
    if (remarks === null) return 1;
    context.print(remarkLines(remarks));
    return remarks.some(({ level }) => level === 'fail') ? 1 : 0;
  },
};

function serverUrl(text: string): URL | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  return url !== null && /^https?:$/.test(url.protocol) ? url : null;
}

/** undefined: it cannot be read, and that was told. */
function readRoot(path: string, context: Context): string | undefined {
  try {
    return readFileSync(resolve(context.cwd, path), 'utf8');
  } catch (error) {
    context.tell(`raceway: --ca ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return undefined;
  }
}

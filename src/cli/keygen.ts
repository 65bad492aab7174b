import { randomBytes } from 'node:crypto';
import type { Command } from './context.ts';

/** Twice what nobody can guess, and the same as the `openssl rand -hex 32` people know. */
const keyBytes = 32;

/** `raceway keygen` */
export const keygen: Command = {
  name: 'keygen',
  summary: 'print a new API key',
  description:
    'Prints a key of 256 random bits in hexadecimal, which needs no quoting anywhere. Put it into\n' +
    'RACEWAY_API_KEYS of the server and into the configuration of the clients.',
  options: [],
  run(_values, context) {
    context.print(randomBytes(keyBytes).toString('hex'));
    return 0;
  },
};

import { get as getPlain } from 'node:http';
import { get as getEncrypted } from 'node:https';
import { certificateFiles } from '../config/decision.ts';
import type { Command } from './context.ts';
import { loadFor } from './load.ts';
import { reachableHost } from './reachable-host.ts';

/** Below the 3 seconds or more that container runtimes usually give a check. */
const answerMsMax = 2500;

/** `raceway healthcheck` */
export const healthcheck: Command = {
  name: 'healthcheck',
  summary: 'ask a running server whether it is alive',
  description:
    'Asks /health of the server that runs with the same configuration and options. Exit code 0 if\n' +
    'it answers with 200, else 1. For images without curl.',
  options: ['config', 'host', 'port'],
  async run(values, context) {
    const { host, port, tls } = loadFor(values, context).config.server;
    const scheme = certificateFiles(tls) === null ? 'http' : 'https';
    const url = `${scheme}://${reachableHost(host)}:${port}/health`;
    const fault = await healthFault(url);
    if (fault === null) return 0;
    context.tell(`raceway: ${url} ${fault}`);
    return 1;
  },
};

/** Why a server is not well, as the end of a sentence; null when it is. */
function healthFault(url: string): Promise<string | null> {
  return new Promise((resolve) => {
    const get = url.startsWith('https:') ? getEncrypted : getPlain;
    // The certificate has the public name of the server, and here it is asked by its address.
    const options = { agent: false, timeout: answerMsMax, rejectUnauthorized: false } as const;
    const request = get(url, options, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? null : `answers with ${response.statusCode}`);
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (error: NodeJS.ErrnoException) => {
      resolve(`does not answer (${error.code ?? error.message})`);
    });
  });
}

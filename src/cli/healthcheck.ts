import { get } from 'node:http';
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
    const { host, port } = loadFor(values, context).config.server;
    const url = `http://${reachableHost(host)}:${port}/health`;
    const fault = await healthFault(url);
    if (fault === null) return 0;
    context.tell(`raceway: ${url} ${fault}`);
    return 1;
  },
};

/** Why a server is not well, as the end of a sentence; null when it is. */
function healthFault(url: string): Promise<string | null> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: answerMsMax }, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? null : `answers with ${response.statusCode}`);
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (error: NodeJS.ErrnoException) => {
      resolve(`does not answer (${error.code ?? error.message})`);
    });
  });
}

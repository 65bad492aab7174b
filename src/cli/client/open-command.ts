import { RacewayError } from '../../domain/errors.ts';
import type { Command } from '../context.ts';
import type { Server } from '../server-client.ts';
import { clientOptions, clientSettings } from './client-settings.ts';
import { pageUrl } from './pages.ts';

const pages = ['races', 'traces', 'live', 'map', 'variables', 'latency', 'settings'] as const;
const fingerprint = /^[0-9a-f]{16}(-[0-9a-f]{8})?$/;

/** `raceway open THING` */
export const openCommand: Command = {
  name: 'open',
  summary: 'open a page of the web UI in the browser',
  description:
    'Opens the page of a thing, and prints its address: of the fingerprint of a race, of the id of a\n' +
    `trace, or one of ${pages.join(', ')} and home.`,
  options: clientOptions,
  operand: { name: 'THING', countMax: 1 },
  run(values, context, [thing = '']) {
    const { server } = clientSettings(values, context);
    const page = pageOf(server, thing);
    context.print(page.href);
    context.openPage(page);
    return 0;
  },
};

function pageOf(server: Server, thing: string): URL {
  if (thing === 'home') return pageUrl(server, '');
  const page = pages.find((name) => name === thing);
  if (page !== undefined) return pageUrl(server, page);
  if (thing === '') throw new RacewayError('bad_request', 'raceway open needs a thing to open');
  return pageUrl(server, fingerprint.test(thing) ? 'races' : 'traces', thing);
}

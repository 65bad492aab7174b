import { randomUUID } from 'node:crypto';
import { demoBatches } from '../../demo/demo-batches.ts';
import { numberOf, stringifyJson } from '../../domain/json.ts';
import type { Command } from '../context.ts';
import { readRaces } from '../race-list.ts';
import { readData } from '../server-data.ts';
import { membersOf } from './cells.ts';
import { clientOptions, clientSettings } from './client-settings.ts';
import { printListing } from './listing.ts';
import { pageUrl } from './pages.ts';
import { raceListing } from './races-command.ts';

const patienceMs = 30_000;
/** The tag of every event of the example. */
const selection = 'tag=demo:true';

/** `raceway demo` */
export const demoCommand: Command = {
  name: 'demo',
  summary: 'send an example: a small shop whose requests race',
  description:
    'Sends what three services of a small shop would send in a few seconds, and prints the races that\n' +
    'the server finds in it: a lost update, a sale of what is not there, a write skew and a dirty read;\n' +
    'an error, a slow page, a chain of three services and a path that is right are there too. The key\n' +
    'needs the scopes ingest and read. --erase takes the example away again (scope delete).',
  options: ['erase', ...clientOptions],
  async run(values, context) {
    const settings = clientSettings(values, context);
    const { server } = settings;
    if (values.erase === true) {
      const data = await readData(server, `/api/traces?${selection}`, { method: 'DELETE' });
      const count = numberOf(membersOf(data['matched'])['traces']) ?? 0;
      context.tell(`raceway: ${count} traces are erased`);
      return 0;
    }
    // One after the other: durations are judged by those that came before.
    for (const events of demoBatches(Date.now(), randomUUID)) {
      await readData(server, '/events', { body: stringifyJson({ events }, false) });
    }
    const list = await readRaces(server, {}, patienceMs);
    printListing(raceListing(list, settings), settings, context);
    const [first] = list.races;
    if (first === undefined || settings.isQuiet) return 0;
    context.tell(`raceway: raceway race ${first.fingerprint} shows the first of them step by step`);
    context.tell(
      `raceway: ${pageUrl(server, 'races', first.fingerprint).href} shows it in a browser`,
    );
    return 0;
  },
};

import type { Command } from '../context.ts';
import { isSince, readRaces } from '../race-list.ts';
import { serverOf } from '../server-client.ts';
import { sinceOf } from '../since.ts';
import { analysisMsMax, conclude, evidenceRead } from './conclude.ts';
import { gateOptions, gateSettings } from './gate-settings.ts';

/** `raceway gate --server URL` */
export const gateCommand: Command = {
  name: 'gate',
  summary: 'fail a build for the races that a running server has seen',
  description:
    'Waits until the server has analysed what it stored, and prints the races that happened at or\n' +
    'after --since: a time, or 90m, 12h, 7d ago (default: all). Exit code 3 when one at or above\n' +
    '--fail-on is not in the baseline; 1 when the analysis did not end. The key is better given in\n' +
    'RACEWAY_API_KEY than on the command line; it needs the scope read.',
  options: ['server', 'key', 'ca', 'since', ...gateOptions],
  async run(values, context) {
    const server = serverOf(values, context);
    const settings = gateSettings(values, context);
    const sinceNs = values.since === undefined ? null : sinceOf(values.since, Date.now());
    const wanted = { evidence: evidenceRead(settings.failOn) };
    const list = await readRaces(server, wanted, analysisMsMax);
    const races = list.races.filter((race) => isSince(race, sinceNs));
    return conclude({ ...list, races }, settings, context);
  },
};

import { RacewayError } from '../../domain/errors.ts';
import { type JsonObject, stringifyJson } from '../../domain/json.ts';
import { raceMarkdown } from '../../report/markdown.ts';
import { plainText } from '../../report/plain-text.ts';
import { readRace } from '../../report/race.ts';
import { raceText } from '../../report/terminal.ts';
import { readWitness, stepsAlone, type WitnessTold } from '../../report/witness.ts';
import type { Command } from '../context.ts';
import type { Server } from '../server-client.ts';
import { readData } from '../server-data.ts';
import { objectsOf, textOf } from './cells.ts';
import { clientOptions, clientSettings, numberOption } from './client-settings.ts';
import { listingText } from './listing.ts';
import { pageUrl } from './pages.ts';
import { painted } from './paint.ts';
import { raceListing } from './races-command.ts';
import { readIssue } from './read-issue.ts';

/** Witnesses that a server keeps of a race are fewer. */
const witnessesMax = 1000;

/** `raceway race FINGERPRINT` */
export const raceCommand: Command = {
  name: 'race',
  summary: 'show how one race happened, and how to close it',
  description:
    'Prints what two requests did to each other, step by step, where, and what would keep them\n' +
    'apart. The race is named by its fingerprint, or by its number in the list of `raceway races`,\n' +
    'as in `raceway race 1`.',
  options: ['witness', 'web', ...clientOptions],
  operand: { name: 'FINGERPRINT', countMax: 1 },
  async run(values, context, [name = '']) {
    const settings = clientSettings(values, context);
    const { server, format, hasColors, isQuiet } = settings;
    const issue = await readIssue(server, name);
    const fingerprint = textOf(issue['fingerprint']);
    const page = pageUrl(server, 'races', fingerprint);
    if (values.web === true) {
      context.openPage(page);
      context.print(page.href);
      return 0;
    }
    const witnesses = objectsOf(issue['witnesses']);
    const count = Math.max(1, witnesses.length);
    const number = numberOption('witness', values.witness, {
      fallback: 1,
      min: 1,
      max: witnessesMax,
    });
    if (number > count) throw wrong(`there are ${count} witnesses of this race`);
    const race = readRace(issue, number - 1);
    if (format === 'json') context.print(stringifyJson(issue, true));
    else if (format === 'md') context.print(raceMarkdown(race));
    else if (format === 'logfmt') context.print(listingText(listingOf(issue), settings));
    else {
      const told = await readTold(server, fingerprint, number);
      const [head = '', ...lines] = raceText(race, told).split('\n');
      context.print([painted(head, 'strong', hasColors), ...lines].join('\n'));
      const traces = tracesOf(witnesses[number - 1] ?? {});
      const remarks = [
        `Witness ${number} of ${count}: ${traces.map((id) => `raceway trace ${plainText(id)}`).join(', ')}`,
        `Page: ${page.href}`,
      ];
      if (!isQuiet) context.print(painted(remarks.join('\n'), 'weak', hasColors));
    }
    return 0;

    function listingOf(one: JsonObject) {
      const list = { races: [race], issues: [one], hidden: {}, reservations: [], isStale: false };
      return raceListing(list, settings);
    }
  },
};

/** What the server knows around a witness; an earlier version does not tell it. */
async function readTold(server: Server, fingerprint: string, number: number): Promise<WitnessTold> {
  const path = `/api/races/${encodeURIComponent(fingerprint)}/witnesses/${number}`;
  try {
    return readWitness(await readData(server, path));
  } catch (error) {
    if (error instanceof RacewayError && error.code === 'bad_request') return stepsAlone;
    throw error;
  }
}

/** The traces that a witness is made of. */
function tracesOf(witness: JsonObject): string[] {
  const ids = objectsOf(witness['events']).map((event) => textOf(event['trace_id']));
  return [...new Set(ids)].filter((id) => id !== '');
}

function wrong(message: string): RacewayError {
  return new RacewayError('bad_request', message);
}

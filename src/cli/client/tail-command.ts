import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { RacewayError } from '../../domain/errors.ts';
import { type JsonObject, numberOf, parseJson, stringifyJson } from '../../domain/json.ts';
import { plainText } from '../../report/plain-text.ts';
import { readRace } from '../../report/race.ts';
import { durationText, fittedText } from '../../report/units.ts';
import { evidenceOf, titleOf } from '../../report/words.ts';
import type { Command, Context } from '../context.ts';
import type { OptionValues } from '../option.ts';
import { textOf as bodyOf, refusal, send } from '../server-client.ts';
import { membersOf, textOf, timeCell } from './cells.ts';
import {
  type ClientSettings,
  clientOptions,
  clientSettings,
  numberOption,
} from './client-settings.ts';
import { painted, type Tone } from './paint.ts';

const messagesMax = 1_000_000;
/** Between two attempts to go on when the server has gone; doubled up to the last. */
const pauseMs = { first: 1000, last: 30_000 };

/** `raceway tail` */
export const tailCommand: Command = {
  name: 'tail',
  summary: 'follow traces and races as they are stored',
  description:
    'Prints a line for each trace that has come to rest, and for each race that begins, as the server\n' +
    'stores them. It goes on when the connection breaks, and ends after --limit lines.',
  options: ['races', 'errors', 'slow', 'service', 'search', 'min-ms', 'limit', ...clientOptions],
  async run(values, context) {
    const settings = clientSettings(values, context);
    const limit = numberOption('limit', values.limit, {
      fallback: messagesMax,
      min: 1,
      max: messagesMax,
    });
    const path = `/api/live?${queryOf(values)}`;
    let left = limit;
    let place: string | null = null;
    let waitMs = pauseMs.first;
    for (;;) {
      const answer = await open(settings, path, place);
      if (typeof answer === 'string') {
        if (place === null && left === limit) throw new RacewayError('unavailable', answer);
        context.tell(`raceway: ${plainText(answer, 400)}; trying again`);
        await pause(waitMs);
        waitMs = Math.min(pauseMs.last, waitMs * 2);
        continue;
      }
      waitMs = pauseMs.first;
      try {
        for await (const line of createInterface({ input: answer })) {
          const message = messageOf(line);
          if (message === null) continue;
          place = textOf(message['id']) || place;
          if (tell(message, settings, context)) left -= 1;
          if (left === 0) {
            answer.destroy();
            return 0;
          }
        }
      } catch {
        // Cut off: the next attempt goes on behind what was read.
      }
      await pause(pauseMs.first);
    }
  },
};

/** The answer when it is a stream; else a sentence on why it is none. */
async function open({ server }: ClientSettings, path: string, place: string | null) {
  const headers = {
    accept: 'application/x-ndjson',
    ...(place === null ? {} : { 'last-event-id': place }),
  };
  try {
    const answer = await send(server, path, { headers });
    if (answer.statusCode === 200) return answer;
    return `${server.url.origin}: ${refusal(answer, await bodyOf(answer))}`;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    return `${server.url.origin} does not answer (${code ?? message})`;
  }
}

function queryOf(values: OptionValues): URLSearchParams {
  const members: Readonly<Record<string, string | undefined>> = {
    service: values.service,
    q: values.search,
    min_duration_ms: values['min-ms'],
    has_errors: values.errors === true ? 'true' : undefined,
    has_races: values.races === true ? 'true' : undefined,
    has_anomalies: values.slow === true ? 'true' : undefined,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(members))
    if (value !== undefined) query.set(name, value);
  return query;
}

function messageOf(line: string): JsonObject | null {
  try {
    const { value } = parseJson(line);
    return membersOf(value);
  } catch {
    return null;
  }
}

/** Writes a message; false for what is no trace and no race. */
function tell(message: JsonObject, settings: ClientSettings, context: Context): boolean {
  const type = textOf(message['type']);
  const data = membersOf(message['data']);
  if (type === 'lost' && !settings.isQuiet) {
    context.tell(
      `raceway: ${numberOf(data['messages']) ?? 0} messages were left out, this end is slow`,
    );
  }
  if (type !== 'trace' && type !== 'race') return false;
  if (settings.format === 'json') context.print(stringifyJson(message, true));
  else context.print(type === 'trace' ? traceLine(data, settings) : raceLine(data, settings));
  return true;
}

function traceLine(trace: JsonObject, settings: ClientSettings): string {
  const [errors, races] = [numberOf(trace['error_count']) ?? 0, numberOf(trace['race_count']) ?? 0];
  const milliseconds = numberOf(trace['duration_ms']);
  const marks = [
    ...(races > 0 ? [`${races} race${races === 1 ? '' : 's'}`] : []),
    ...(errors > 0 ? [`${errors} error${errors === 1 ? '' : 's'}`] : []),
  ].join(', ');
  const parts = {
    at: textOf(trace['last_activity']),
    kind: 'trace',
    id: textOf(trace['trace_id']),
    what: textOf(trace['root']),
    took: milliseconds === null ? '' : durationText(milliseconds * 1000),
    marks,
  };
  return lineOf(parts, races > 0 ? 'race' : errors > 0 ? 'error' : 'plain', settings);
}

function raceLine(issue: JsonObject, settings: ClientSettings): string {
  const race = readRace(issue);
  const parts = {
    at: race.lastSeen ?? '',
    kind: 'race',
    id: race.fingerprint,
    what: titleOf(race),
    took: '',
    marks: evidenceOf(race),
  };
  return lineOf(parts, 'race', settings);
}

interface LineParts {
  readonly at: string;
  readonly kind: string;
  readonly id: string;
  readonly what: string;
  readonly took: string;
  readonly marks: string;
}

function lineOf(
  parts: LineParts,
  tone: Tone,
  { format, width, hasColors, isUtc }: ClientSettings,
): string {
  const { at, kind, id, what, took, marks } = parts;
  const plain = [at, kind, id, what, took, marks].map((text) => plainText(text, 200));
  if (format === 'logfmt') {
    const names = ['time', 'kind', 'id', 'what', 'took', 'marks'];
    return plain.map((text, index) => `${names[index]}=${JSON.stringify(text)}`).join(' ');
  }
  if (width === null) return plain.join('\t');
  const time = timeCell(at, isUtc).text;
  const text = `${time}  ${kind.padEnd(5)}  ${fittedText(plainText(id, 36), 36)}  ${took.padStart(8)}  ${plainText(what, 200)}  ${marks}`;
  return painted(fittedText(text, width).trimEnd(), tone, hasColors);
}

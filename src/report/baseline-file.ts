import { z } from 'zod';
import { RacewayError } from '../domain/errors.ts';
import type { Place, Race } from './race.ts';

/** A race that is known: by its fingerprint, and by what stays when lines move or folders differ. */
const knownRace = z.object({
  fingerprint: z.string(),
  variable: z.string(),
  pattern: z.string(),
  places: z.array(z.string()).length(2),
});

const baselineSchema = z.object({ version: z.literal(1), races: z.array(knownRace) });

/** Races that were there before, and that nobody wants to hear of again. */
export type BaselineFile = z.infer<typeof baselineSchema>;

/**
 * Reads a baseline file.
 *
 * @throws {RacewayError} when it is none
 */
export function readBaselineFile(text: string, name: string): BaselineFile {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new RacewayError('bad_request', `${name} is no JSON; write it with --update-baseline`, {
      cause,
    });
  }
  const read = baselineSchema.safeParse(content);
  if (read.success) return read.data;
  const message = `${name} is no baseline of version 1; write it anew with --update-baseline`;
  throw new RacewayError('bad_request', message, { cause: read.error });
}

/** The text of a baseline file of these races, one race a line, so that a review shows each. */
export function baselineText(races: readonly Race[]): string {
  const lines = races
    .map(knownForm)
    .sort((one, other) => (one.fingerprint < other.fingerprint ? -1 : 1))
    .map((race) => `    ${JSON.stringify(race)}`);
  const list = lines.length === 0 ? '[]' : `[\n${lines.join(',\n')}\n  ]`;
  return `{\n  "version": 1,\n  "races": ${list}\n}\n`;
}

/**
 * Tells known races from new ones. A race is known by its fingerprint; since that names lines and
 * folders, also by variable, pattern and its two places without lines.
 */
export class KnownRaces {
  readonly #fingerprints: ReadonlySet<string>;
  readonly #forms: ReadonlySet<string>;

  constructor({ races }: BaselineFile) {
    this.#fingerprints = new Set(races.map(({ fingerprint }) => fingerprint));
    this.#forms = new Set(races.map(formKey));
  }

  has(race: Race): boolean {
    return this.#fingerprints.has(race.fingerprint) || this.#forms.has(formKey(knownForm(race)));
  }
}

type KnownRace = BaselineFile['races'][number];

function knownForm({ fingerprint, variable, pattern, places }: Race): KnownRace {
  return {
    fingerprint,
    variable,
    pattern,
    places: places.map(placeForm).sort(),
  };
}

/** A place without its line: service, what is done, and the operation or file. */
function placeForm({ service, accessType, operation, function: name, location }: Place): string {
  const file = location.replace(/(?::\d+)+$/, '');
  return [service, accessType, operation, name, file]
    .filter((part) => part !== null && part !== '')
    .join(' ');
}

function formKey({ variable, pattern, places }: KnownRace): string {
  return JSON.stringify([variable, pattern, places]);
}

import { keptValue } from '../accesses/value-text.ts';
import type { Access, Visit } from './history/visits.ts';

const NAME_CHARACTERS = 8;
const VALUE_CHARACTERS = 40;
const OPERATION_CHARACTERS = 60;

/** A trace in a sentence, to readers a request: the start of its id, as lists of traces show it. */
export function traceName({ trace }: Visit): string {
  return `request ${trace.traceId.slice(0, NAME_CHARACTERS)}`;
}

/** Who made an access, in a sentence: `POST /order (request 1234abcd)`. */
export function actorName({ visit, signature }: Access): string {
  if (signature.operation === null) return traceName(visit);
  return `${cut(signature.operation, OPERATION_CHARACTERS)} (${traceName(visit)})`;
}

/** A value in a sentence. */
export function shownValue({ source }: Access): string {
  return shownText(source.newValue);
}

/** The text of a value in a sentence, cut where it is long. */
export function shownText(text: string | null): string {
  if (text === null) return 'a value';
  if (keptValue(text) === null) return 'a long value';
  return cut(text, VALUE_CHARACTERS);
}

/** A sentence begins with a capital letter, whoever it begins with. */
export function asSentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function cut(text: string, characters: number): string {
  return text.length <= characters ? text : `${text.slice(0, characters).toWellFormed()}…`;
}

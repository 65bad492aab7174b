import { keptValue } from '../accesses/value-text.ts';
import type { Access, Visit } from './visits.ts';

const NAME_CHARACTERS = 8;
const VALUE_CHARACTERS = 40;

/** A trace in a sentence, to readers a request: the start of its id, as lists of traces show it. */
export function traceName({ trace }: Visit): string {
  return `request ${trace.traceId.slice(0, NAME_CHARACTERS)}`;
}

/** A value in a sentence. */
export function shownValue({ source }: Access): string {
  return shownText(source.newValue);
}

/** The text of a value in a sentence, cut where it is long. */
export function shownText(text: string | null): string {
  if (text === null) return 'a value';
  if (keptValue(text) === null) return 'a long value';
  return text.length <= VALUE_CHARACTERS ? text : `${text.slice(0, VALUE_CHARACTERS)}…`;
}

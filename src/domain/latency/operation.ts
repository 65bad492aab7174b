import { shortened } from '../event/event.ts';
import { limits } from '../limits.ts';
import { fnv1a } from './fnv1a.ts';

/** How many characters of a URL or statement are looked at; the rest says nothing new. */
const READ_CHARACTERS = 4096;

const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;
const LONG_HEX = /\b(?=[a-z]*\d)[0-9a-f]{16,}\b/gi;
const DIGITS = /\d+/g;
/** A version in a path is part of its name. */
const VERSION = /^v\d{1,3}$/i;
const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/** Method and path of a request, with what differs from call to call as `*`: `GET /orders/*`. */
export function requestOperation(method: string, url: string): string {
  const path = url
    .slice(0, READ_CHARACTERS)
    .replace(ORIGIN, '')
    .replace(/[?#].*/s, '');
  const template = path
    .replace(UUID, '*')
    .replace(LONG_HEX, '*')
    .split('/')
    .map((segment) => (VERSION.test(segment) ? segment : segment.replace(DIGITS, '*')))
    .join('/');
  return bounded(`${method.toUpperCase()} ${template === '' ? '/' : template}`);
}

/** Comments, quoted texts (two quotes stand for one), parameters, numbers, white space. */
const SQL_PARTS =
  /\/\*.*?(?:\*\/|$)|--[^\n]*|'(?:[^']|'')*(?:'|$)|[$:@]\d+\b|%s|\b\d+(?:\.\d+)?\b|\s+/gs;

/** A statement without its values: `id = 17` becomes `id = ?`. */
export function statementOperation(statement: string): string {
  const template = statement
    .slice(0, READ_CHARACTERS)
    .replace(SQL_PARTS, (part) => (/^(?:\/\*|--|\s)/.test(part) ? ' ' : '?'))
    .replace(/ {2,}/g, ' ')
    .replace(/\?(?: ?, ?\?)+/g, '?')
    .replace(/\(\?\)(?: ?, ?\(\?\))+/g, '(?)')
    .replace(/[ ;]+$/, '')
    .trimStart();
  return bounded(template);
}

/** A name with UUIDs and runs of digits as `*`. */
export function namedOperation(name: string): string {
  return bounded(name.replace(UUID, '*').replace(DIGITS, '*'));
}

/** Cut to what is kept of operations; a hash keeps two long ones apart. */
function bounded(text: string): string {
  if (text.length <= limits.operationCharacters) return text;
  const hash = ` #${fnv1a(text).toString(16).padStart(8, '0')}`;
  return shortened(text, limits.operationCharacters - hash.length) + hash;
}

import { fnv1a } from '../fnv1a.ts';
import { numberOf } from '../json.ts';
import { limits } from '../limits.ts';
import { TextMemory } from '../text-memory.ts';
import type { KindName } from './event-kind.ts';
import { functionStep } from './function-step.ts';
import { shortened } from './shortened.ts';
import { patternOfName } from './varying-names.ts';

/** How many characters of a URL or statement are looked at; the rest says nothing new. */
const READ_CHARACTERS = 4096;

/** The members of a payload that name the step; a kind that is not here has only its own name. */
export const operationMembers: Readonly<Partial<Record<KindName, readonly string[]>>> = {
  HttpRequest: ['method', 'url'],
  FunctionCall: ['function_name'],
  FunctionReturn: ['function_name'],
  StateChange: ['variable'],
  Custom: ['name'],
  Error: ['error_type'],
};

/** What a person would call the step that an event records; requests by their route. */
export function operationOf(kind: KindName, payload: Readonly<Record<string, unknown>>): string {
  const names = operationMembers[kind] ?? [];
  return operationNamed(
    kind,
    names.map((name) => String(payload[name])),
  );
}

/** The same, by the texts of the {@link operationMembers}. */
export function operationNamed(kind: KindName, names: readonly string[]): string {
  const [method = '', url = ''] = names;
  if (kind === 'HttpRequest') return requestOperation(method, url);
  return names.length === 0 ? kind : names.join(' ');
}

/** Whether an event records a failure: see {@link EventRecord.isError}. */
export function isErrorOf(kind: KindName, status: unknown, operation: string): boolean {
  if (kind === 'HttpResponse') return (numberOf(status) ?? 0) >= 500;
  return kind === 'Error' || functionStep(kind, operation)?.moment === 'error';
}

const ORIGIN = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;
/** How frameworks write a part of a route that varies: `{id}`, `:id`, `<int:id>`. */
const PARAMETER = /^(?:\{.*\}|:.+|<.*>)$/;
/** A version in a path is part of its name. */
const VERSION = /^v\d{1,3}(?:\.\d{1,3})*$/i;
/** What no route has, but a value may: spaces and controls, another path, an address of a person. */
const VALUE = /[\s\p{C}/\\]|[^@]@[^@]/u;

/**
 * Method and route of a request, with what differs from call to call as `*`: `GET /orders/*`. The one
 * rule by which requests are the same: for the root of a trace, its search, and durations.
 */
export function requestOperation(method: string, url: string): string {
  const path = url
    .slice(0, READ_CHARACTERS)
    .replace(ORIGIN, '')
    .replace(/[?#;].*/s, '');
  const route = path.split('/').map(patternOfSegment).join('/');
  return bounded(`${method.toUpperCase()} ${route === '' ? '/' : route}`);
}

function patternOfSegment(segment: string): string {
  const text = decoded(segment);
  if (text === null || VALUE.test(text) || PARAMETER.test(text)) return '*';
  if (VERSION.test(text)) return text;
  const pattern = patternOfName(text);
  return /^[*._:~+-]*\*[*._:~+-]*$/.test(pattern) ? '*' : pattern;
}

function decoded(segment: string): string | null {
  if (!segment.includes('%')) return segment;
  try {
    return decodeURIComponent(segment);
  } catch {
    return null;
  }
}

/** Comments, quoted texts (two quotes stand for one), parameters, numbers, white space. */
const SQL_PARTS =
  /\/\*.*?(?:\*\/|$)|--[^\n]*|'(?:[^']|'')*(?:'|$)|[$:@]\d+\b|%s|\b\d+(?:\.\d+)?\b|\s+/gs;

/** Statements that were read before: programs make few, and each of them again and again. */
const knownStatements = new TextMemory<string>(1000, 256 * 1024);

/** A statement without its values: `id = 17` becomes `id = ?`. */
export function statementOperation(statement: string): string {
  const text = statement.slice(0, READ_CHARACTERS);
  return knownStatements.of(text, () => withoutValues(text));
}

function withoutValues(statement: string): string {
  const template = statement
    .replace(SQL_PARTS, (part) => (/^(?:\/\*|--|\s)/.test(part) ? ' ' : '?'))
    .replace(/ {2,}/g, ' ')
    .replace(/\?(?: ?, ?\?)+/g, '?')
    .replace(/\(\?\)(?: ?, ?\(\?\))+/g, '(?)')
    .replace(/[ ;]+$/, '')
    .trimStart();
  return bounded(template);
}

/** A name, of a function for example, without what differs from call to call. */
export function namedOperation(name: string): string {
  return bounded(patternOfName(name.slice(0, READ_CHARACTERS)));
}

/** Cut to what is kept of operations; a hash keeps two long ones apart. */
function bounded(text: string): string {
  if (text.length <= limits.operationCharacters) return text;
  const hash = ` #${fnv1a(text).toString(16).padStart(8, '0')}`;
  return shortened(text, limits.operationCharacters - hash.length) + hash;
}

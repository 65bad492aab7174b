import { requestOperation } from '../../domain/event/operation.ts';
import type { StoredSpan } from './span.ts';

/** What a route says to match anything, and so nothing about the request. */
const CATCH_ALL = /^\/?(?:\*{0,2}|\{[^}]*\.\.\.\}|<path:[^>]*>)$/;
/** `POST /accounts/{id}`: some libraries tell the route by the name of the span alone. */
const ROUTE_IN_NAME = /^[A-Z]{3,7} (\/\S*)$/;
/** A part of a route that varies, whole or in part. */
const PARAMETER = /\{[^}]*\}|:[A-Za-z_]\w*|<[^>]*>|\[[^\]]+\]|\*/;
const ID =
  /^(?:\d+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{24}|[0-9A-HJKMNP-TV-Z]{26})$/i;
/** Characters of a hint that are kept. */
const HINT_CHARACTERS = 256;

/** A part of a path that may name a row, and what stands before it. */
interface IdPart {
  readonly before: string;
  readonly value: string;
}

/** What the path of a request says of the rows that it is about. */
export class RequestPath {
  /** Method and route: what the request is called. */
  readonly operation: string;
  readonly #ids: readonly IdPart[];

  constructor(span: StoredSpan) {
    const method = span.text('httpMethod');
    const path = pathOf(span);
    const route = routeOf(span);
    this.operation =
      method === '' ? span.name : requestOperation(method, route === '' ? path : route);
    this.#ids = span.isRequest ? idParts(path, route) : [];
  }

  /** The ids that may name a row of a table; null when there are none. */
  hintFor(table: string): string | null {
    if (this.#ids.length === 0) return null;
    const own = this.#ids.filter(({ before }) => namesTable(before, table));
    const chosen = own.length > 0 ? own : this.#ids;
    return chosen
      .map(({ value }) => value)
      .join('/')
      .slice(0, HINT_CHARACTERS);
  }
}

/** The path of a request or a call, without its query. */
export function pathOf(span: StoredSpan): string {
  const own = span.text('urlPath');
  const full =
    own === '' ? span.text('urlFull').replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '') : own;
  return full.replace(/[?#].*/s, '');
}

/** '' when nobody tells it. */
function routeOf(span: StoredSpan): string {
  const route = span.text('httpRoute');
  if (route !== '' && !CATCH_ALL.test(route)) return route.startsWith('/') ? route : `/${route}`;
  const named = ROUTE_IN_NAME.exec(span.name)?.[1] ?? '';
  return CATCH_ALL.test(named) ? '' : named;
}

/** The parts of a path that the route leaves open; of an unknown route those that look like ids. */
function idParts(path: string, route: string): readonly IdPart[] {
  const parts = path.split('/');
  const patterns = route.replace(/\(\.:format\)|\/$/g, '').split('/');
  const isMatched = route !== '' && patterns.length === parts.length && PARAMETER.test(route);
  const found: IdPart[] = [];
  parts.forEach((value, place) => {
    const isOpen = isMatched ? PARAMETER.test(patterns[place] ?? '') : ID.test(value);
    if (isOpen && value !== '') found.push({ before: parts[place - 1] ?? '', value });
  });
  return found;
}

/** Whether a part of a path is called as a table is, one or many. */
function namesTable(part: string, table: string): boolean {
  const [one, two] = [singular(part), singular(table)];
  return one !== '' && one === two;
}

/** A name as one of many would have it, without what separates words. */
export function singular(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .replace(/ies$/, 'y')
    .replace(/(?:es|s)$/, '');
}

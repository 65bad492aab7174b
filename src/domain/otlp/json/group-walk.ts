import {
  BACKSLASH,
  BRACE,
  BRACE_END,
  BRACKET,
  BRACKET_END,
  behindColon,
  QUOTE,
} from '../../scan/json-scan.ts';

/** Where the spans of one scope stand in a body. */
export interface SpansPlace {
  /** Of the bracket that opens the list. */
  readonly start: number;
  /** Behind the bracket that closes it. */
  readonly end: number;
  /** The way there, for messages: `resourceSpans[0].scopeSpans[1].spans`. */
  readonly path: string;
}

/** How deep the list of spans stands, each list and object counted. */
const [RESOURCE_LEVEL, SCOPES_LEVEL, SCOPE_LEVEL, SPANS_LEVEL] = [3, 4, 5, 6];
const NAME = Buffer.from('"spans"');
const EMPTY = Buffer.from('[]');

/**
 * Finds the lists of spans in a request, by brackets alone.
 *
 * @returns null when not each object that deep has one list: that is no request as exporters write them
 */
export function spansPlaces(body: Buffer): readonly SpansPlace[] | null {
  const places: SpansPlace[] = [];
  let level = 0;
  let resource = -1;
  let scope = -1;
  let scopesAreListed = false;
  let isInScope = false;
  let listsOfScope = 0;
  let start = -1;
  for (let at = 0; at < body.length; at += 1) {
    switch (body[at]) {
      case QUOTE: {
        const end = behindText(body, at);
        if (isInScope && level === SCOPE_LEVEL && isName(body, at, end)) {
          start = behindColon(body, end);
          if (start === -1 || body[start] !== BRACKET) return null;
          listsOfScope += 1;
        }
        at = end - 1;
        break;
      }
      case BRACE:
      case BRACKET:
        level += 1;
        if (level === RESOURCE_LEVEL) resource += 1;
        else if (level === SCOPES_LEVEL) {
          scopesAreListed = body[at] === BRACKET;
          scope = -1;
        } else if (level === SCOPE_LEVEL) {
          isInScope = scopesAreListed && body[at] === BRACE;
          if (isInScope) scope += 1;
          listsOfScope = 0;
        }
        break;
      case BRACE_END:
      case BRACKET_END:
        if (level === SCOPE_LEVEL && isInScope && listsOfScope !== 1) return null;
        if (level === SPANS_LEVEL && start !== -1) {
          const path = `resourceSpans[${resource}].scopeSpans[${scope}].spans`;
          places.push({ start, end: at + 1, path });
          start = -1;
        }
        level -= 1;
    }
  }
  return level === 0 ? places : null;
}

/** A body without its spans: who sends is all that is left. */
export function withoutSpans(body: Buffer, places: readonly SpansPlace[]): Buffer {
  const pieces: Buffer[] = [];
  let at = 0;
  for (const { start, end } of places) {
    pieces.push(body.subarray(at, start), EMPTY);
    at = end;
  }
  pieces.push(body.subarray(at));
  return Buffer.concat(pieces);
}

/** Behind the quote that closes a text; the end of the bytes when there is none. */
function behindText(bytes: Buffer, start: number): number {
  let at = start + 1;
  for (; at < bytes.length; at += 1) {
    if (bytes[at] === QUOTE) return at + 1;
    if (bytes[at] === BACKSLASH) at += 1;
  }
  return at;
}

function isName(bytes: Buffer, start: number, end: number): boolean {
  if (end - start !== NAME.length) return false;
  for (let at = 0; at < NAME.length; at += 1) if (bytes[start + at] !== NAME[at]) return false;
  return true;
}

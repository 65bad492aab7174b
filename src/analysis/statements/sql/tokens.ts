import type { Dialect } from '../dialect.ts';
import { statementLimits } from '../statement-limits.ts';

/**
 * A piece of a statement. `text` is what it stands for: a word in lower case, a quoted name and a string
 * without their quotes, a placeholder's name (`1`, `id`, or '' for one that is known by its place alone).
 * Quoted names are in lower case too, but for PostgreSQL: elsewhere columns are the same in any case.
 */
export interface Token {
  readonly kind: 'word' | 'name' | 'string' | 'number' | 'placeholder' | 'symbol';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const SPACE = /[\s\u00a0\ufeff]+/y;
const WORD = /[\p{L}_\u0080-\uffff][\p{L}\p{N}_$#\u0080-\uffff]*/uy;
const NUMBER = /(?:\d[\d_]*\.?\d*|\.\d+)(?:e[+-]?\d+)?/iy;
const DOLLAR_TAG = /\$(?:[\p{L}_][\p{L}\p{N}_]*)?\$/uy;
const NUMBERED = /[$?](\d+)(?!\w)/y;
const PERCENT = /%(?:s(?!\w)|\(([^()]{1,128})\)s(?!\w))/y;
const NAMED = /[:@](\w+)/y;
const SYMBOL = /<=>|<>|!=|<=|>=|\|\||::|:=|->>|->|&&|[\s\S]/uy;

/** Texts of a statement that hides things in comments, as `/*! … *\/` does, are not understood. */
const EXECUTABLE_COMMENT = /^\/\*[!M]/;

/**
 * Takes a text apart. Null when it is none of this dialect: an open string or comment, or more tokens
 * than {@link statementLimits} allow. Linear in the length of the text.
 */
export function tokensOf(text: string, dialect: Dialect): readonly Token[] | null {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const blank = endOfBlank(text, at, dialect);
    if (blank === null) return null;
    if (blank > at) {
      at = blank;
      continue;
    }
    if (tokens.length === statementLimits.tokens) return null;
    const token = tokenAt(text, at, dialect);
    if (token === null) return null;
    const folds = token.kind === 'name' && dialect !== 'postgresql';
    tokens.push(folds ? { ...token, text: token.text.toLowerCase() } : token);
    at = token.end;
  }
  return tokens;
}

/** Where white space or a comment ends; `at` itself when there is neither, null when it never does. */
function endOfBlank(text: string, at: number, dialect: Dialect): number | null {
  const space = match(SPACE, text, at);
  if (space !== null) return at + space[0].length;
  const two = text.slice(at, at + 2);
  if (two === '--' || (dialect === 'mysql' && two[0] === '#')) {
    const end = text.indexOf('\n', at);
    return end < 0 ? text.length : end + 1;
  }
  if (two !== '/*') return at;
  if (dialect === 'mysql' && EXECUTABLE_COMMENT.test(text.slice(at, at + 3))) return null;
  return dialect === 'postgresql' ? endOfNestedComment(text, at) : endAfter(text, '*/', at + 2);
}

function endOfNestedComment(text: string, from: number): number | null {
  let depth = 1;
  let at = from + 2;
  while (depth > 0) {
    const close = text.indexOf('*/', at);
    if (close < 0) return null;
    const open = text.indexOf('/*', at);
    const isDeeper = open >= 0 && open < close;
    depth += isDeeper ? 1 : -1;
    at = (isDeeper ? open : close) + 2;
  }
  return at;
}

function endAfter(text: string, mark: string, from: number): number | null {
  const end = text.indexOf(mark, from);
  return end < 0 ? null : end + mark.length;
}

function tokenAt(text: string, at: number, dialect: Dialect): Token | null {
  const character = text[at] as string;
  const prefix = stringPrefix(text, at, dialect);
  if (prefix !== null) return quoted(text, at, "'", 'string', prefix.length, /e/i.test(prefix));
  if (character === "'") return quoted(text, at, "'", 'string', 0, dialect === 'mysql');
  if (character === '"') {
    const kind = dialect === 'mysql' ? 'string' : 'name';
    return quoted(text, at, '"', kind, 0, dialect === 'mysql');
  }
  if (character === '`') return quoted(text, at, '`', 'name', 0, false);
  if (character === '[' && (dialect === 'mssql' || dialect === 'sqlite')) {
    return quoted(text, at, ']', 'name', 0, false);
  }
  if (character === '$' && dialect === 'postgresql') {
    const tag = match(DOLLAR_TAG, text, at)?.[0];
    if (tag !== undefined) return dollarQuoted(text, at, tag);
  }
  return (
    placeholderAt(text, at, dialect) ??
    plain('word', WORD, text, at) ??
    plain('number', NUMBER, text, at) ??
    plain('symbol', SYMBOL, text, at)
  );
}

/** `E'…'`, `N'…'` and their like. */
function stringPrefix(text: string, at: number, dialect: Dialect): string | null {
  if (text[at + 1] !== "'") return null;
  const letter = text[at] as string;
  const prefixes = dialect === 'postgresql' ? /[enbx]/i : /[nbx]/i;
  return prefixes.test(letter) ? letter : null;
}

function placeholderAt(text: string, at: number, dialect: Dialect): Token | null {
  const character = text[at] as string;
  const numbered = match(NUMBERED, text, at);
  if (numbered !== null) return placeholder(numbered[1] ?? '', at, numbered[0]);
  if (character === '?') return placeholder('', at, '?');
  const percent = match(PERCENT, text, at);
  if (percent !== null) return placeholder(percent[1] ?? '', at, percent[0]);
  const isCast = character === ':' && (text[at + 1] === ':' || text[at - 1] === ':');
  // In PostgreSQL an operator may end in it: `a<@b`.
  const isOperator = character === '@' && /[-+*/<>=~!@#%^&|`]/.test(text[at - 1] ?? '');
  if (isCast || (isOperator && dialect === 'postgresql')) return null;
  const named = match(NAMED, text, at);
  return named === null ? null : placeholder(named[1] ?? '', at, named[0]);
}

function placeholder(name: string, start: number, sent: string): Token {
  return { kind: 'placeholder', text: name, start, end: start + sent.length };
}

function plain(kind: Token['kind'], pattern: RegExp, text: string, start: number): Token | null {
  const found = match(pattern, text, start)?.[0];
  if (found === undefined) return null;
  return {
    kind,
    text: kind === 'word' ? found.toLowerCase() : found,
    start,
    end: start + found.length,
  };
}

/** A quote inside is written twice, or after a backslash where the dialect has that. */
function quoted(
  text: string,
  start: number,
  quote: string,
  kind: 'string' | 'name',
  prefixLength: number,
  hasBackslash: boolean,
): Token | null {
  let value = '';
  let from = start + prefixLength + 1;
  let at = from;
  while (at < text.length) {
    const character = text[at] as string;
    if (hasBackslash && character === '\\') {
      // Of the letters, as in \\n, the backslash stays: what they stand for differs.
      const isLetter = /\w/.test(text[at + 1] ?? '');
      value += text.slice(from, isLetter ? at + 1 : at) + (text[at + 1] ?? '');
      at += 2;
      from = at;
    } else if (character !== quote) at += 1;
    else if (text[at + 1] === quote) {
      value += text.slice(from, at + 1);
      at += 2;
      from = at;
    } else return { kind, text: value + text.slice(from, at), start, end: at + 1 };
  }
  return null;
}

function dollarQuoted(text: string, start: number, tag: string): Token | null {
  const from = start + tag.length;
  const end = text.indexOf(tag, from);
  if (end < 0) return null;
  return { kind: 'string', text: text.slice(from, end), start, end: end + tag.length };
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

/** Gives what stands for a text: equal texts get the same. */
export type StandIn = (text: string) => string;

/** How the values of a statement are told from its names. */
export interface StandIns {
  /** For a value, as a word or a number. */
  readonly value: StandIn;
  /** For a value where only a number can stand. */
  readonly number: StandIn;
  /** For a name, of which but a part is values. */
  readonly name: StandIn;
}

/**
 * A statement without its values. What is not sure to be a name is taken for a value: a statement that may be
 * read in two ways loses its rest.
 *
 * @param system what the store is called, as far as that is known
 */
export function valuelessStatement(text: string, system: string, standIns: StandIns): string {
  if (/^\s*[{[]/.test(text)) return valuelessDocument(text, standIns);
  if (/redis|valkey/i.test(system) || !SQL_HEAD.test(text)) {
    return text
      .split('\n')
      .map((line) => valuelessCommand(line, standIns))
      .join('\n');
  }
  const isQuoting = /mysql|maria/i.test(system) || text.includes('`');
  return valuelessSql(text, isQuoting, standIns);
}

const SQL_HEAD =
  /^\s*(?:[(;]|--|#|\/\*|(?:select|insert|update|delete|with|begin|commit|rollback|start|savepoint|release|create|alter|drop|truncate|merge|replace|upsert|call|execute|explain|lock|unlock|copy|values|table|declare|fetch|close|pragma|show|use|grant|revoke|analyze|vacuum|prepare|deallocate|abort|end|do|set\s+(?:local|session|global|transaction|names|constraints|[\w.@]+\s*(?:=|to\b)))(?![\w:]))/i;

/** Comments, texts, names in quotes, numbers; `$1` is none. */
function sqlParts(comments: readonly string[]): RegExp {
  const parts = [
    // One comment in another: stores do not agree where it ends.
    String.raw`\/\*(?:(?!\*\/)[\s\S])*?\/\*[\s\S]*`,
    String.raw`\/\*[\s\S]*?(?:\*\/|$)`,
    ...comments,
    String.raw`(?<![\w$])\$((?:[A-Za-z_]\w*)?)\$[\s\S]*?(?:\$\1\$|$)`,
    // Neither do they about a quote behind a backslash.
    String.raw`'(?:[^'\\]|''|\\(?!'))*(?:'|\\'[\s\S]*|$)`,
    String.raw`"(?:[^"\\]|""|\\(?!"))*(?:"|\\"[\s\S]*|$)`,
    '`[^`]*(?:`|$)',
    String.raw`(?<![\w$.])(?:0x[\da-f]+|(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?)`,
  ];
  return new RegExp(parts.join('|'), 'gi');
}

const anySql = sqlParts([String.raw`--[^\n]*`, String.raw`(?<![^\n])#[^\n]*`]);
const quotingSql = sqlParts([String.raw`--[^\n]*`, String.raw`#[^\n]*`]);
const NAME_IN_QUOTES = /^"[A-Za-z_][\w$]*"$/;

/** @param isQuoting whether texts stand in double quotes too, and comments behind `#` */
function valuelessSql(text: string, isQuoting: boolean, { value, number }: StandIns): string {
  return text.replace(isQuoting ? quotingSql : anySql, (part, _tag, at: number) => {
    if (/^(?:--|\/\*|#)/.test(part)) return ' ';
    if (part.startsWith('`')) return part;
    if (part.startsWith('"')) {
      const isCompared =
        /[=<>]\s*$/.test(text.slice(Math.max(0, at - 8), at)) && text[at + part.length] !== '.';
      const isName = !isQuoting && !isCompared && NAME_IN_QUOTES.test(part);
      return isName ? part : `"${value(inner(part))}"`;
    }
    if (part.startsWith("'")) return `'${value(inner(part).replaceAll("''", "'"))}'`;
    if (part.startsWith('$')) return `'${value(part)}'`;
    return number(part);
  });
}

/** Texts and names of a document, with the colon behind a name; words with digits. */
const DOCUMENT_PARTS =
  /"(?:[^"\\]|\\[\s\S])*(?:"(\s*:)?|\\?$)|'(?:[^'\\]|\\[\s\S])*(?:'|\\?$)|-?(?<!\w)[a-z_]*\d[\w.]*(?:[+-]\d+)?/gi;
/** Members whose values are names. */
const NAMING_MEMBERS = new Set(['"TableName"', '"$db"', '"collection"']);

function valuelessDocument(text: string, { value, number }: StandIns): string {
  let member = '';
  let members = 0;
  return text.replace(DOCUMENT_PARTS, (part, colon: string | undefined) => {
    if (colon !== undefined) {
      member = part.slice(0, -colon.length);
      members += 1;
      return part;
    }
    if (!/^["']/.test(part)) return number(part);
    // The first member of a command names its collection.
    const isName = NAMING_MEMBERS.has(member) || (members === 1 && NAME_IN_QUOTES.test(part));
    if (part === '"?"' || isName) return part;
    return JSON.stringify(value(inner(part)));
  });
}

const COMMAND_WORDS = /"(?:[^"\\]|\\.)*(?:"|\\?$)|'(?:[^'\\]|\\.)*(?:'|\\?$)|[^\s"']+/g;
/** Commands whose words are all keys. */
const KEYS_ALONE =
  /^(?:mget|del|unlink|exists|touch|watch|sinter|sunion|sdiff|s(?:inter|union|diff)store|rename|renamenx|pfcount)$/i;
const PAIRS_OF_KEYS = /^m(?:set|setnx)$/i;
const SCRIPTS = /^(?:eval|evalsha|fcall)(?:_ro)?$/i;
/** Commands that name no key in front. */
const KEYLESS = /^(?:auth|hello|config|acl|client|publish|echo|ping|migrate)$/i;
const OPTIONS =
  /^(?:ex|px|exat|pxat|nx|xx|gt|lt|ch|keepttl|get|count|match|limit|withscores|weights|aggregate|maxlen)$/i;

/** A command of Redis, of which the first word behind its name is a key. */
function valuelessCommand(line: string, { value, name }: StandIns): string {
  const [command = ''] = line.match(/[^\s"']+/) ?? [];
  let place = -1;
  let keysEnd = KEYS_ALONE.test(command) ? Number.POSITIVE_INFINITY : 1;
  return line.replace(COMMAND_WORDS, (word) => {
    place += 1;
    if (place === 0) return name(word);
    if (word === '?' || (place > 1 && OPTIONS.test(word))) return word;
    if (SCRIPTS.test(command) && place <= 2) {
      if (place === 2 && /^\d{1,3}$/.test(word)) {
        keysEnd = 2 + Number(word);
        return word;
      }
      return value(word);
    }
    const isKey = PAIRS_OF_KEYS.test(command) ? place % 2 === 1 : place <= keysEnd;
    return isKey && !KEYLESS.test(command)
      ? name(word)
      : value(/^["']/.test(word) ? inner(word) : word);
  });
}

/** A text without the quotes around it. */
function inner(quoted: string): string {
  const [quote = ''] = quoted;
  return quoted.slice(1, quoted.length > 1 && quoted.endsWith(quote) ? -1 : undefined);
}

import type { Head, Table, UnknownEffect } from '../effect.ts';
import { statementLimits } from '../statement-limits.ts';

const HEADS: ReadonlyMap<string, Head> = new Map<string, Head>([
  ['select', 'select'],
  ['with', 'other'],
  ['insert', 'insert'],
  ['replace', 'insert'],
  ['update', 'update'],
  ['delete', 'delete'],
]);

const LEADING = /^(?:\s+|--[^\n]*\n|\/\*[^*]*\*+(?:[^/*][^*]*\*+)*\/)*/;
const PART =
  '(?:"([^"]{1,256})"|`([^`]{1,256})`|\\[([^\\]]{1,256})\\]|([\\p{L}_][\\p{L}\\p{N}_$]{0,255}))';
const NAME = new RegExp(`^(?:${PART}\\s*\\.\\s*)?${PART}`, 'u');
const BEFORE_TABLE: Readonly<Record<Head, RegExp>> = {
  select: /\bfrom\s+/i,
  insert: /\binto\s+/i,
  update: /^update\s+(?:only\s+|low_priority\s+|ignore\s+|or\s+\w+\s+)*/i,
  delete: /\bfrom\s+(?:only\s+)?/i,
  other: /$^/,
};

/** What is left to say of a text that was not understood: its first word, and a table if one is near. */
export function unknownEffect(text: string): UnknownEffect {
  const start = text.slice(0, statementLimits.headCharacters).replace(LEADING, '');
  const word = /^\w+/.exec(start)?.[0].toLowerCase() ?? '';
  const head = HEADS.get(word) ?? 'other';
  const before = BEFORE_TABLE[head].exec(start);
  const rest = before === null ? '' : start.slice(before.index + before[0].length);
  return { kind: 'unknown', head, table: tableIn(rest) };
}

function tableIn(text: string): Table | null {
  const found = NAME.exec(text);
  if (found === null) return null;
  const [, quoted1, quoted2, quoted3, plain, name1, name2, name3, plainName] = found;
  const fold = (word: string | undefined) => word?.toLowerCase();
  const schema = quoted1 ?? quoted2 ?? quoted3 ?? fold(plain) ?? '';
  return { schema, name: name1 ?? name2 ?? name3 ?? fold(plainName) ?? '' };
}

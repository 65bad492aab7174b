import type { AccessSite } from '../../domain/findings/footprint.ts';

/** Stores that races are closed in by different means. */
export type RemedyStore =
  | 'sql'
  | 'mysql'
  | 'mssql'
  | 'mongodb'
  | 'dynamodb'
  | 'redis'
  | 'http'
  | 'memory'
  | 'other';

/** Names of a race for examples; plain words only, whatever clients call their variables. */
export interface RacedNames {
  readonly table: string;
  readonly key: string;
  readonly column: string;
  /** What the column holds, as far as its name tells: of times and words nothing can be taken off. */
  readonly holds: 'number' | 'time' | 'word';
}

/** As persons name a row of a table by hand: `db:accounts.balance`. */
const HAND_NAMED = /^db:(?:[^[\]]*\.)?([A-Za-z_]\w{0,62})\.([A-Za-z_]\w{0,62})$/;
const TIMES = /(?:^|_)(?:at|on|date|time|timestamp|until|since)$|(?:At|Date|Time)$/;
const WORDS =
  /(?:^|_)(?:status|state|name|email|phone|address|title|text|note|url|kind|type|role|token|hash|json|data|body)$|(?:Status|State|Name|Email)$/;
const ROW =
  /^db:(?:[^[\]]*\.)?([A-Za-z_]\w{0,62})\[([A-Za-z_]\w{0,62})[=~,][^\]]*\]\.([A-Za-z_]\w{0,62})$/;
const PREFIX = /^([A-Za-z][\w+-]*):(?!:)/;

/** The store that a variable lives in, as its name and the statements at its sites tell. */
export function storeOf(
  variable: string,
  isProcess: boolean,
  sites: readonly AccessSite[],
): RemedyStore {
  const prefix = PREFIX.exec(variable)?.[1];
  if (isProcess || prefix === undefined) return 'memory';
  if (prefix === 'redis' || prefix === 'http') return prefix;
  if (prefix !== 'db') return 'other';
  const places = sites.map(({ location }) => location).join('\n');
  if (/\bDynamoDB\b/.test(places)) return 'dynamodb';
  if (/\bSELECT\b|\bUPDATE\b|\bINSERT\b|\bDELETE\b/i.test(places)) return sqlDialect(places);
  return /\b(?:find|findAndModify|updateOne|aggregate|mongo\w*)\b/i.test(places)
    ? 'mongodb'
    : 'sql';
}

/** Quotes of names tell the dialect, where there are some. */
function sqlDialect(places: string): RemedyStore {
  if (/\b(?:FROM|UPDATE|INTO|JOIN)\s+\[|\bTOP\s*\(/i.test(places)) return 'mssql';
  return /\b(?:FROM|UPDATE|INTO|JOIN)\s+`/i.test(places) ? 'mysql' : 'sql';
}

/** What the row and its column are called. */
export function namesOf(variable: string): RacedNames {
  const [, byHand, handColumn] = HAND_NAMED.exec(variable) ?? [];
  const [, table = byHand ?? 'the_table', key = 'id', column = handColumn ?? 'the_column'] =
    ROW.exec(variable) ?? [];
  const isTime = TIMES.test(column);
  return { table, key, column, holds: isTime ? 'time' : WORDS.test(column) ? 'word' : 'number' };
}

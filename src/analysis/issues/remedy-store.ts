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
}

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
  const [, table = 't', key = 'id', column = 'x'] = ROW.exec(variable) ?? [];
  return { table, key, column };
}

/** Families of stores whose statements are read alike. */
export type Dialect =
  | 'postgresql'
  | 'mysql'
  | 'mssql'
  | 'sqlite'
  | 'redis'
  | 'mongodb'
  | 'dynamodb'
  | 'other';

/** What `db.system.name` calls stores that are read as one of these; both generations of names. */
const dialects: ReadonlyMap<string, Dialect> = new Map([
  ['postgresql', 'postgresql'],
  ['postgres', 'postgresql'],
  ['cockroachdb', 'postgresql'],
  ['redshift', 'postgresql'],
  ['aws.redshift', 'postgresql'],
  ['mysql', 'mysql'],
  ['mariadb', 'mysql'],
  ['mssql', 'mssql'],
  ['microsoft.sql_server', 'mssql'],
  ['mssqlcompact', 'mssql'],
  ['sqlite', 'sqlite'],
  ['redis', 'redis'],
  ['valkey', 'redis'],
  ['mongodb', 'mongodb'],
  ['dynamodb', 'dynamodb'],
  ['aws.dynamodb', 'dynamodb'],
]);

/** How statements of a store are read, by the value of `db.system.name` or `db.system`. */
export function dialectOf(system: string): Dialect {
  return dialects.get(system.toLowerCase()) ?? 'other';
}

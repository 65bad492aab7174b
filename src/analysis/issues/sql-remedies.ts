import type { Pattern } from '../../domain/findings/finding.ts';
import type { Remedy } from '../../domain/findings/remedy.ts';
import type { RacedNames, RemedyStore } from './remedy-store.ts';

/** Ways to close a race in a database that speaks SQL. */
export function sqlRemedies(
  store: RemedyStore,
  pattern: Pattern,
  names: RacedNames,
): readonly Remedy[] {
  switch (pattern) {
    case 'lost_update':
    case 'write_write':
      return [atomicUpdate(names), rowLock(store, names), versionCheck(names), serializable(store)];
    case 'check_then_act':
      return [guardedUpdate(names), rowLock(store, names), serializable(store)];
    case 'check_then_insert':
      return [uniqueIndex(store, names), serializable(store)];
    case 'double_submit':
      return [idempotencyKey(store), uniqueIndex(store, names)];
    case 'write_skew':
      return [serializable(store), commonRow(store, names)];
    case 'dirty_read':
      return [committedRead];
    case 'non_repeatable_read':
    case 'read_write':
      return [snapshot(store), rowLock(store, names)];
  }
}

function atomicUpdate(names: RacedNames): Remedy {
  const { table, key, column, holds } = names;
  // What is no number follows from no other value in the database: only the old value can be compared.
  if (holds === 'word') return guardedUpdate(names);
  const value = holds === 'time' ? 'CURRENT_TIMESTAMP' : `${column} - :change`;
  return {
    kind: 'atomic_update',
    title: 'Let the database compute the new value.',
    text: 'Such an UPDATE needs no read before it, and waits for whoever has the row.',
    example: `UPDATE ${table} SET ${column} = ${value} WHERE ${key} = :${key}`,
  };
}

function guardedUpdate({ table, key, column, holds }: RacedNames): Remedy {
  const isNumber = holds === 'number';
  const value = isNumber ? `${column} - :n` : ':new';
  const check = isNumber ? `${column} >= :n` : `${column} = :read`;
  return {
    kind: 'atomic_update',
    title: 'Put the check into the UPDATE.',
    text: 'It changes no row when the check holds no more: look at the number of rows, and say no then.',
    example: `UPDATE ${table} SET ${column} = ${value} WHERE ${key} = :${key} AND ${check}`,
  };
}

function rowLock(store: RemedyStore, { table, key, column }: RacedNames): Remedy {
  const where = `WHERE ${key} = :${key}`;
  const select =
    store === 'mssql'
      ? `SELECT ${column} FROM ${table} WITH (UPDLOCK, ROWLOCK) ${where}`
      : `SELECT ${column} FROM ${table} ${where} FOR UPDATE`;
  return {
    kind: 'row_lock',
    title: 'Lock the row when you read it.',
    text: 'In one transaction with the write: whoever comes second waits, and reads what the first one wrote.',
    example: `BEGIN${store === 'mssql' ? ' TRANSACTION' : ''}; ${select}; UPDATE …; COMMIT`,
  };
}

function versionCheck({ table, key, column }: RacedNames): Remedy {
  return {
    kind: 'version_check',
    title: 'Write only if the row is as it was read.',
    text: 'A column counts the changes. When no row was changed, somebody else was faster: read again and start over.',
    example: `UPDATE ${table} SET ${column} = :new, version = version + 1 WHERE ${key} = :${key} AND version = :read`,
  };
}

function uniqueIndex(store: RemedyStore, { table, key }: RacedNames): Remedy {
  const plain = `INTO ${table} (${key}) VALUES (:${key})`;
  const others = `INSERT ${plain}${store === 'mssql' ? '  -- error 2627: there already' : ' ON CONFLICT DO NOTHING'}`;
  const insert = store === 'mysql' ? `INSERT IGNORE ${plain}` : others;
  return {
    kind: 'unique_index',
    title: 'Let a unique index decide.',
    text: 'No check comes before the INSERT: the database refuses the second one, and that is the answer.',
    example: `CREATE UNIQUE INDEX one_${key} ON ${table} (${key}); ${insert}`,
  };
}

function serializable(store: RemedyStore): Remedy {
  const begin = {
    mysql: 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; START TRANSACTION',
    mssql: 'SET TRANSACTION ISOLATION LEVEL SERIALIZABLE; BEGIN TRANSACTION',
  };
  const refused = {
    mysql: 'error 1213 (40001)',
    mssql: 'error 1205',
  };
  const isOther = store === 'mysql' || store === 'mssql';
  const error = isOther ? refused[store] : '40001 or 40P01';
  return {
    kind: 'serializable',
    title: 'Run it as a serializable transaction, and retry.',
    text: `The database refuses one of two that cannot be put in an order, with ${error}: begin that one anew, from its first read.`,
    example: `${isOther ? begin[store] : 'BEGIN ISOLATION LEVEL SERIALIZABLE'}; …; COMMIT`,
  };
}

function snapshot(store: RemedyStore): Remedy {
  const isolation = store === 'mssql' ? 'SNAPSHOT' : 'REPEATABLE READ';
  return {
    kind: 'snapshot',
    title: 'Read everything from one snapshot.',
    text: 'In one transaction that sees what was committed when it began, and nothing later.',
    example:
      store === 'sql'
        ? `BEGIN ISOLATION LEVEL ${isolation}; SELECT …; SELECT …; COMMIT`
        : `SET TRANSACTION ISOLATION LEVEL ${isolation}; ${store === 'mssql' ? 'BEGIN TRANSACTION' : 'START TRANSACTION'}; SELECT …; COMMIT`,
  };
}

function commonRow(store: RemedyStore, names: RacedNames): Remedy {
  return {
    ...rowLock(store, names),
    kind: 'common_row',
    title: 'Make them meet: let both lock one row that stands for the rule.',
    text: 'Each writes what the other has read, so no row keeps them apart by itself.',
  };
}

function idempotencyKey(store: RemedyStore): Remedy {
  const insert =
    store === 'mysql'
      ? 'INSERT IGNORE INTO requests (request_key) VALUES (:key)'
      : 'INSERT INTO requests (request_key) VALUES (:key) ON CONFLICT DO NOTHING';
  return {
    kind: 'idempotency_key',
    title: 'Give each submission a key that is stored once.',
    text: 'The client sends the same key with each attempt; in the transaction of the act it is stored under a unique index, and a repeat gets the first answer.',
    example:
      store === 'mssql' ? 'INSERT INTO requests (request_key) VALUES (:key)  -- unique' : insert,
  };
}

const committedRead: Remedy = {
  kind: 'committed_read',
  title: 'Read only what was committed.',
  text: 'Do not set READ UNCOMMITTED, or hints such as NOLOCK, where the value matters.',
  example: 'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
};

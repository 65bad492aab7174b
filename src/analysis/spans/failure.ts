import type { StoredSpan } from './span.ts';

/**
 * How a statement ended, as far as that changes what it did: `undone` takes back all of its transaction,
 * `duplicate` shows that the store itself refuses a second row.
 */
export type StatementEnd = 'done' | 'failed' | 'undone' | 'duplicate';

const SQLSTATE = /^[0-9A-Z]{5}$/;
/** How drivers and libraries write an SQLSTATE into a message. */
const STATE_IN_MESSAGE = /(?:\bcode: ?|\bSQLSTATE[ :=]*\[?)([0-9A-Z]{5})\b/i;
/** A serialization failure, a deadlock: the attempt is to be made anew. */
const UNDOING_STATES: ReadonlySet<string> = new Set(['40001', '40P01']);
const UNDOING =
  /could not serialize access|deadlock|SerializationFailure|lock wait timeout|WriteConflict|TransactionRolledback|snapshot isolation transaction aborted|Record has changed since last read/i;
const DUPLICATE_STATE = '23505';
/** The same of MySQL, SQL Server and SQLite. */
const DUPLICATE_CODES: ReadonlySet<string> = new Set([
  '1062',
  'ER_DUP_ENTRY',
  '2601',
  '2627',
  '1555',
  '2067',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
]);
const DUPLICATE =
  /duplicate key|duplicate entry|unique (?:constraint|violation)|UniqueViolation|ConditionalCheckFailed/i;
/** Answers that say that there is nothing, which some libraries call errors. */
const NOTHING_THERE =
  /^(?:redis: nil|sql: no rows in result set|no rows in result set|record not found)$/i;
const STATE_NAMES = ['pgx.sql_state', 'db.response.status_code', 'error.type'];

/** How the statement of a span ended. */
export function endOf(span: StoredSpan): StatementEnd {
  const messages = [
    span.statusMessage,
    ...span.errors.flatMap((error) =>
      error.kind === 'Error' ? [error.payload.error_type, error.payload.message] : [],
    ),
  ].filter((message) => message !== '');
  const states = STATE_NAMES.map((name) => span.attribute(name)).filter(
    (state): state is string => typeof state === 'string' && SQLSTATE.test(state),
  );
  if (!span.hasFailed && messages.length === 0 && states.length === 0) return 'done';
  for (const message of messages) {
    const state = STATE_IN_MESSAGE.exec(message)?.[1];
    if (state !== undefined) states.push(state.toUpperCase());
  }
  if (states.some((state) => UNDOING_STATES.has(state))) return 'undone';
  if (messages.some((message) => UNDOING.test(message))) return 'undone';
  if (states.includes(DUPLICATE_STATE)) return 'duplicate';
  if (STATE_NAMES.some((name) => DUPLICATE_CODES.has(String(span.attribute(name)))))
    return 'duplicate';
  if (messages.some((message) => DUPLICATE.test(message))) return 'duplicate';
  const saysNothing = messages.length > 0 && messages.every((text) => NOTHING_THERE.test(text));
  if (saysNothing) return 'done';
  return span.hasFailed || states.some((state) => !state.startsWith('00')) ? 'failed' : 'done';
}

/** Whether a failure of it says that the database orders transactions itself. */
export function isSerializationFailure(span: StoredSpan): boolean {
  const states = STATE_NAMES.map((name) => span.attribute(name));
  return (
    states.includes('40001') ||
    textsOf(span).some((text) => /40001|could not serialize access|SerializationFailure/.test(text))
  );
}

/** Whether MySQL gave it up because others held what it waited for. */
export function isDeadlock(span: StoredSpan): boolean {
  return textsOf(span).some((text) => /Deadlock found/i.test(text));
}

/** Whether MariaDB refused it, since the row is not any more what the transaction has seen. */
export function isSnapshotFailure(span: StoredSpan): boolean {
  return textsOf(span).some((text) => /Record has changed since last read/i.test(text));
}

function textsOf(span: StoredSpan): readonly string[] {
  return [span.statusMessage, ...span.errors.map((error) => JSON.stringify(error.payload))];
}

import { sqlState } from './failure.ts';
import type { Session } from './session.ts';

/**
 * Runs statements that only read, each for so long at most, inside a transaction that goes on whatever comes
 * of them.
 *
 * @returns null when Postgres gave one up
 */
export async function within<Result>(
  session: Session,
  statementMs: number,
  work: (session: Session) => Promise<Result>,
): Promise<Result | null> {
  await session({ text: `SAVEPOINT limited; SET LOCAL statement_timeout = ${statementMs}` });
  try {
    return await work(session);
  } catch (error) {
    if (sqlState(error) !== TOOK_TOO_LONG) throw error;
    return null;
  } finally {
    // Brings the earlier timeout back too; what was read stays read.
    await session({ text: 'ROLLBACK TO SAVEPOINT limited; RELEASE SAVEPOINT limited' }).catch(
      () => {},
    );
  }
}

/** Postgres cancelled the statement. */
const TOOK_TOO_LONG = '57014';

import { RacewayError } from '../../../domain/errors.ts';
import { sqlState } from '../connection/failure.ts';
import { type SingleConnectionOptions, withConnection } from '../connection/single-connection.ts';
import { type GrantNames, grantScript, selectGrantNames } from './grant-queries.ts';

/**
 * The script that gives the two roles their rights, for the database and user of a connection. Made
 * for its owner; running it again changes nothing.
 */
export function readGrantScript(options: SingleConnectionOptions): Promise<string> {
  return withConnection(options, async (session) =>
    grantScript((await session(selectGrantNames))[0] as unknown as GrantNames),
  );
}

/**
 * Runs that script in one transaction.
 *
 * @throws {RacewayError} `missing_database_right` when the user may not
 */
export async function applyGrants(options: SingleConnectionOptions): Promise<void> {
  const script = await readGrantScript(options);
  await withConnection(options, async (session) => {
    try {
      await session({ text: `BEGIN;\n${script}\nCOMMIT` });
    } catch (error) {
      if (sqlState(error) !== '42501') throw error;
      const message =
        `${(error as Error).message}; print the script with \`raceway migrate --grants\` and have ` +
        'it run by the owner of the database, or by a role that may create roles';
      throw new RacewayError('missing_database_right', message, { cause: error });
    }
  });
}

import { RacewayError } from '../../../domain/errors.ts';
import type { Session } from '../connection/session.ts';
import { selectEncoding } from './schema-queries.ts';

/**
 * Events hold every character, so the database must be able to.
 *
 * @throws {RacewayError} when it is not UTF8
 */
export async function refuseOtherEncoding(session: Session): Promise<void> {
  const [row] = await session(selectEncoding);
  const [encoding, database] = row ?? [];
  if (encoding === 'UTF8') return;
  const message =
    `the database ${database} has the encoding ${encoding}, which cannot hold every character; make ` +
    `one with CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0, and name it in the connection URL`;
  throw new RacewayError('internal', message);
}

import type { PostgresConnection } from './connection.ts';
import { readOnlyFailure } from './failure.ts';
import type { Session } from './session.ts';
import { selectIsTarget } from './target-queries.ts';

/**
 * Asks a server whether it is what the connection is for.
 *
 * @throws {RacewayError} `unavailable` when it is not
 */
export async function refuseOtherServers(
  session: Session,
  attributes: NonNullable<PostgresConnection['targetSessionAttrs']>,
): Promise<void> {
  if (attributes === 'any') return;
  const [row] = await session(selectIsTarget(attributes));
  if (row?.[0] !== true) throw readOnlyFailure();
}

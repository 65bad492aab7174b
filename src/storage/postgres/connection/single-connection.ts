import { ClientFactory, type PostgresConnection } from './connection.ts';
import { connectionFailure } from './failure.ts';
import { openSession, type Session } from './session.ts';
import { refuseOtherServers } from './target-server.ts';

export interface SingleConnectionOptions {
  readonly connection: PostgresConnection;
  readonly connectionTimeoutSeconds: number;
}

/**
 * Does administrative work on a connection of its own, without a limit on the answer: a migration
 * may take long.
 *
 * @throws {RacewayError} `unavailable` when no connection comes about
 */
export async function withConnection<T>(
  options: SingleConnectionOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const factory = new ClientFactory(options.connection);
  const connectMs = (options.connectionTimeoutSeconds * 1000) / factory.hostCount;
  const attributes = options.connection.targetSessionAttrs ?? 'any';
  let hostsLeft = factory.hostCount - 1;
  for (;;) {
    const client = factory.create({ connectMs, answerMs: undefined });
    try {
      await client.connect();
      await refuseOtherServers(openSession(client), attributes);
    } catch (error) {
      await client.end().catch(() => {});
      if (factory.fallBack(error)) continue;
      if (hostsLeft === 0) throw connectionFailure(error);
      hostsLeft -= 1;
      factory.leave(factory.host);
      continue;
    }
    try {
      return await work(openSession(client));
    } finally {
      await client.end();
    }
  }
}

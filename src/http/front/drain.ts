import net from 'node:net';
import type { FastifyInstance } from 'fastify';
import { httpLimits } from '../limits.ts';

/**
 * Prepares an app to stop without cutting anybody off. The returned function stops listening and
 * goes on serving open connections. It tells each client with the next answer that the connection
 * ends. Then it closes idle connections, and after {@link httpLimits.drainMs} the rest.
 *
 * `app.close()` alone would close idle connections at once. A client that is just beginning its
 * next request on one of them would see a reset.
 */
export function prepareDrain(app: FastifyInstance): () => Promise<void> {
  let draining = false;
  app.addHook('onSend', (_request, reply, payload, done) => {
    if (draining) reply.header('connection', 'close');
    done(null, payload);
  });
  return async () => {
    draining = true;
    const { server } = app;
    const closed = new Promise<void>((resolve) => {
      // The close of http.Server would end idle connections, the one of net.Server does not.
      net.Server.prototype.close.call(server, () => resolve());
    });
    const idle = setTimeout(() => server.closeIdleConnections(), httpLimits.drainIdleMs);
    const rest = setTimeout(() => server.closeAllConnections(), httpLimits.drainMs);
    await closed;
    clearTimeout(idle);
    clearTimeout(rest);
  };
}

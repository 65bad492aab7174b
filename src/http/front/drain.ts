import type { Server } from 'node:http';
import net, { type Socket } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { sendFailure } from '../errors.ts';
import { httpLimits } from '../limits.ts';

/**
 * Prepares an app to stop without cutting anybody off. The returned function first says on `/ready`
 * that the server stops, and goes on as ever for a while, because load balancers learn of it late.
 * Then it stops listening and goes on serving open connections, telling each with its next answer
 * that it ends; then it closes the idle ones and those that never sent a request, and after
 * {@link httpLimits.drainMs} the rest.
 *
 * `app.close()` alone would close idle connections at once, also those on which a client is just
 * beginning its next request, and the client would see a reset.
 */
export function prepareDrain(app: FastifyInstance): (delayMs: number) => Promise<void> {
  let stopping = false;
  let ending = false;
  const silent = watchSilentConnections(app);
  app.addHook('onRequest', (request, reply, done) => {
    if (!stopping || request.routeOptions.url !== '/ready') return done();
    sendFailure(reply, new RacewayError('unavailable', 'the server is shutting down'));
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    // Not during the delay: whoever then connects anew may be reset when the server stops listening.
    if (ending) reply.header('connection', 'close');
    done(null, payload);
  });
  return async (delayMs) => {
    stopping = true;
    await wait(delayMs);
    ending = true;
    await endConnections(app.server, silent);
  };
}

/** Goes on for a while, then stops as {@link prepareDrain} says. */
export async function drainServer(server: Server, delayMs: number): Promise<void> {
  await wait(delayMs);
  await endConnections(server, () => []);
}

/**
 * Stops listening, and waits for open connections to end.
 *
 * @param silent gives the connections on which no request has come yet
 */
async function endConnections(server: Server, silent: () => readonly Socket[]): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    // The close of http.Server would end idle connections, the one of net.Server does not.
    net.Server.prototype.close.call(server, () => resolve());
  });
  const idle = setTimeout(() => {
    server.closeIdleConnections();
    for (const socket of silent()) socket.destroy();
  }, httpLimits.drainIdleMs);
  const rest = setTimeout(() => server.closeAllConnections(), httpLimits.drainMs);
  await closed;
  clearTimeout(idle);
  clearTimeout(rest);
}

/** Gives the connections on which no request has come yet: for Node they are not idle. */
function watchSilentConnections(app: FastifyInstance): () => Socket[] {
  const open = new Map<string, Socket>();
  const spoken = new WeakSet<Socket>();
  const note = (socket: Socket) => {
    // The same for a connection before and after its TLS handshake.
    const peer = `${socket.remoteAddress} ${socket.remotePort}`;
    open.set(peer, socket);
    socket.once('close', () => {
      if (open.get(peer) === socket) open.delete(peer);
    });
  };
  app.server.on('connection', note);
  app.server.on('secureConnection', note);
  app.addHook('onRequest', (request, _reply, done) => {
    spoken.add(request.raw.socket);
    done();
  });
  return () => [...open.values()].filter((socket) => !spoken.has(socket));
}

import { createServer as createHttpServer, type RequestListener, type Server } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Config } from '../../config/schema.ts';
import type { App } from '../context.ts';
import { drainServer } from '../front/drain.ts';
import type { NativeTls } from '../front/native-tls.ts';
import { httpLimits } from '../limits.ts';

/** What the port of exporters answers beside OTLP. */
const ALSO_ANSWERED = /^\/(?:v1\/|health(?:\?|$)|ready(?:\?|$))/;

/** The ports that only exporters use. */
export interface OtlpPorts {
  /** As far as they are open. */
  readonly httpPort: number | null;
  readonly grpcPort: number | null;
  /** Goes on for a while, answers what is open, then ends. */
  close(delayMs: number): Promise<void>;
}

/** Opens those ports of `otlp` that are set; requests take the way of the app. */
export async function openOtlpPorts(
  app: App,
  { otlp, server }: Pick<Config, 'otlp' | 'server'>,
  tls: NativeTls | null,
): Promise<OtlpPorts> {
  const { http_port: httpPort, grpc_port: grpcPort } = otlp;
  await app.ready();
  const http = httpPort === undefined ? null : await openHttp(app, server, httpPort, tls);
  try {
    const grpc = grpcPort === undefined ? null : await openGrpc(app, server, grpcPort, tls);
    return {
      httpPort: http === null ? null : (http.address() as AddressInfo).port,
      grpcPort: grpc?.port ?? null,
      async close(delayMs) {
        await Promise.all([
          http === null ? null : drainServer(http, delayMs),
          grpc?.close(delayMs),
        ]);
      },
    };
  } catch (error) {
    http?.close();
    throw error;
  }
}

async function openHttp(
  app: App,
  { host, keep_alive_seconds: keepAliveSeconds }: Config['server'],
  port: number,
  tls: NativeTls | null,
): Promise<Server> {
  const answer: RequestListener = (request, response) => {
    const url = request.url ?? '/';
    // An operator who opens this port to exporters does not mean the rest of the API.
    if (!ALSO_ANSWERED.test(url)) request.url = `/v1${url}`;
    app.routing(request, response);
  };
  const limits = {
    headersTimeout: httpLimits.headersTimeoutMs,
    requestTimeout: httpLimits.requestTimeoutMs,
    keepAliveTimeout: keepAliveSeconds * 1000,
  };
  const server =
    tls === null
      ? createHttpServer(limits, answer)
      : createHttpsServer({ ...limits, ...tls.options }, answer);
  tls?.attach(server);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  app.log.info(`listening for OTLP over HTTP at port ${(server.address() as AddressInfo).port}`);
  return server;
}

/** The library is loaded only where it is asked for. */
async function openGrpc(
  app: App,
  { host, max_body_bytes: bodyBytesMax, keep_alive_seconds: keepAliveSeconds }: Config['server'],
  port: number,
  tls: NativeTls | null,
) {
  const { openGrpcServer } = await import('./grpc-server.ts');
  const grpc = await openGrpcServer(app, {
    ...{ host, port, bodyBytesMax, keepAliveMs: keepAliveSeconds * 1000 },
    tls: tls?.pair ?? null,
  });
  app.log.info(`listening for OTLP over gRPC at port ${grpc.port}`);
  return grpc;
}

import {
  Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { retryStatus, type Signal, statusMessage } from '../../domain/otlp/answer.ts';
import type { App } from '../context.ts';
import type { FailureEnvelope } from '../errors.ts';
import { httpLimits } from '../limits.ts';

/** Codes of gRPC by status of HTTP; anything else is a fault of the server. */
const grpcCodes: ReadonlyMap<number, number> = new Map([
  [400, status.INVALID_ARGUMENT],
  [401, status.UNAUTHENTICATED],
  [403, status.PERMISSION_DENIED],
  [408, status.UNAVAILABLE],
  [413, status.RESOURCE_EXHAUSTED],
  [415, status.INVALID_ARGUMENT],
  [429, status.RESOURCE_EXHAUSTED],
  [503, status.UNAVAILABLE],
]);

const services = {
  traces: 'trace.v1.TraceService',
  logs: 'logs.v1.LogsService',
  metrics: 'metrics.v1.MetricsService',
} as const satisfies Readonly<Record<Signal, string>>;

/** What of the metadata of a call stands for a header of HTTP. */
const HEADERS_TAKEN = ['authorization', 'x-raceway-key', 'x-forwarded-for', 'x-request-id'];

/** The same bytes: what is in them is the route's affair. */
const asItIs = (body: Buffer) => body;

export interface GrpcSettings {
  readonly host: string;
  readonly port: number;
  readonly bodyBytesMax: number;
  /** How long a connection without calls stays open. */
  readonly keepAliveMs: number;
  /** Null: without TLS. */
  readonly tls: { readonly cert: Buffer; readonly key: Buffer } | null;
}

export interface GrpcServer {
  readonly port: number;
  /** Goes on for a while, answers what is open, then ends. */
  close(delayMs: number): Promise<void>;
}

/**
 * OTLP over gRPC. A call passes the same way as a request of `POST /v1/traces` and the like, from
 * keys to audit log, and has its answer.
 */
export async function openGrpcServer(app: App, settings: GrpcSettings): Promise<GrpcServer> {
  const { host, port, bodyBytesMax, keepAliveMs, tls } = settings;
  const server = new Server({
    'grpc.max_receive_message_length': bodyBytesMax,
    'grpc.max_concurrent_streams': httpLimits.grpcStreamsMax,
    'grpc.max_connection_idle_ms': keepAliveMs,
  });
  for (const signal of ['traces', 'logs', 'metrics'] as const) {
    const definition = {
      Export: {
        path: `/opentelemetry.proto.collector.${services[signal]}/Export`,
        requestStream: false,
        responseStream: false,
        requestSerialize: asItIs,
        requestDeserialize: asItIs,
        responseSerialize: asItIs,
        responseDeserialize: asItIs,
      },
    };
    server.addService(definition, {
      Export: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
        void exportThrough(app, signal, call, answer);
      },
    });
  }
  const credentials =
    tls === null
      ? ServerCredentials.createInsecure()
      : ServerCredentials.createSsl(null, [{ private_key: tls.key, cert_chain: tls.cert }]);
  const bound = await new Promise<number>((resolve, reject) => {
    const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
    server.bindAsync(address, credentials, (error, actualPort) => {
      if (error === null) resolve(actualPort);
      else reject(error);
    });
  });
  return { port: bound, close: (delayMs) => closeServer(server, delayMs) };
}

async function exportThrough(
  app: App,
  signal: Signal,
  call: ServerUnaryCall<Buffer, Buffer>,
  answer: sendUnaryData<Buffer>,
): Promise<void> {
  try {
    const reply = await app.inject({
      method: 'POST',
      url: `/v1/${signal}`,
      headers: { ...headersOf(call.metadata), 'content-type': 'application/x-protobuf' },
      payload: call.request,
      remoteAddress: addressOf(call.getPeer()),
    });
    if (reply.statusCode === 200) return answer(null, reply.rawPayload);
    const isStatus = reply.headers['content-type'] === 'application/x-protobuf';
    const message = isStatus
      ? statusMessage(reply.rawPayload)
      : (reply.json() as FailureEnvelope).error;
    answer(failure(reply.statusCode, message, Number(reply.headers['retry-after'] ?? 0)));
  } catch (error) {
    app.log.error({ err: error }, 'a call of gRPC failed');
    answer({ code: status.INTERNAL, details: 'Internal error' });
  }
}

/** With the time to wait: an exporter sends a batch that exhausts a budget again only if it is told so. */
function failure(httpStatus: number, details: string, retrySeconds: number) {
  const code = grpcCodes.get(httpStatus) ?? status.INTERNAL;
  const metadata = new Metadata();
  if (retrySeconds > 0) {
    metadata.set('grpc-status-details-bin', retryStatus(code, details, retrySeconds));
  }
  return { code, details, metadata };
}

function headersOf(metadata: Metadata): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const name of HEADERS_TAKEN) {
    const [value] = metadata.get(name);
    if (typeof value === 'string') headers[name] = value;
  }
  return headers;
}

/** The address in `127.0.0.1:4711` or `[::1]:4711`. */
function addressOf(peer: string): string {
  return peer.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1');
}

async function closeServer(server: Server, delayMs: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, delayMs));
  const rest = setTimeout(() => server.forceShutdown(), httpLimits.drainMs);
  await new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
  clearTimeout(rest);
}

import type { IncomingMessage } from 'node:http';
import compress from '@fastify/compress';
import fastify, { type FastifyBaseLogger, LogController } from 'fastify';
import { serializerCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import type { AnswerMessage } from '../mcp/http-answer.ts';
import type { App, AppContext } from './context.ts';
import { Doorkeeper } from './door/doorkeeper.ts';
import { createHostNames } from './door/host-names.ts';
import { handleClientError, handleError } from './errors.ts';
import { auditRequests } from './front/access-audit.ts';
import { readJsonBodies } from './front/body.ts';
import { createClientAddresses } from './front/client-address.ts';
import { allowOrigins } from './front/cors.ts';
import { keepEventBudgets } from './front/event-budgets.ts';
import { guardRequests } from './front/gate.ts';
import { watchMalformedRequests } from './front/malformed-requests.ts';
import type { NativeTls } from './front/native-tls.ts';
import { watchOutages } from './front/outage-log.ts';
import { createBudgets } from './front/rate-limit.ts';
import { createRefusals } from './front/refusals.ts';
import { RejectionBook } from './front/rejections.ts';
import { boundReplies } from './front/reply-room.ts';
import { logRequests } from './front/request-log.ts';
import { requestLogger } from './front/request-logger.ts';
import { tagReplies } from './front/revalidation.ts';
import { checkBySchema } from './front/validation.ts';
import {
  answerOddHeaders,
  answerWrongMethods,
  answerWrongPaths,
  collectMethods,
  hideOddMethod,
  safeUrl,
} from './front/wrong-requests.ts';
import { httpLimits } from './limits.ts';
import { mcpRoutes } from './mcp/mcp-routes.ts';
import { describeApi, documentRoute } from './openapi.ts';
import { otlpRoutes } from './otlp/otlp-routes.ts';
import { analysisRoutes } from './routes/analysis.ts';
import { anomalyRoutes } from './routes/anomalies.ts';
import { demoRoutes } from './routes/demo.ts';
import { distributedRoutes } from './routes/distributed.ts';
import { erasureRoutes } from './routes/erasure.ts';
import { eventRoutes } from './routes/events.ts';
import { exportRoutes } from './routes/export.ts';
import { publicRoutes } from './routes/health.ts';
import { jaegerRoutes } from './routes/jaeger.ts';
import { latencyRoutes } from './routes/latency.ts';
import { liveRoutes } from './routes/live.ts';
import { performanceRoutes } from './routes/performance.ts';
import { carriedTriageRoutes } from './routes/races/carried-triage.ts';
import { raceCountRoutes } from './routes/races/race-counts.ts';
import { raceReportRoutes } from './routes/races/race-report.ts';
import { raceRoutes } from './routes/races/races.ts';
import { reproductionRoutes } from './routes/races/reproduction.ts';
import { triageRoutes } from './routes/races/triage.ts';
import { witnessFileRoutes } from './routes/races/witness-file.ts';
import { witnessRoutes } from './routes/races/witnesses.ts';
import { serviceRoutes } from './routes/services.ts';
import { sessionRoutes } from './routes/session.ts';
import { statusRoutes } from './routes/status.ts';
import { meanwhileRoutes } from './routes/traces/meanwhile.ts';
import { timelineRoutes } from './routes/traces/timeline.ts';
import { traceCountRoutes } from './routes/traces/trace-counts.ts';
import { traceRoutes } from './routes/traces/traces.ts';
import { variableRoutes } from './routes/variables.ts';
import { pageRoutes } from './ui/pages.ts';
import type { WebFiles } from './ui/web-files.ts';

export interface AppOptions {
  /** Every web page may call the API (`development.cors_allow_all`). */
  readonly allowAllOrigins: boolean;
  readonly log: FastifyBaseLogger;
  /** Holds every reply against its schema; for tests, it costs more than the reply. */
  readonly checkReplies: boolean;
  /** Null: there is no web UI, and `/` leads nowhere. */
  readonly webFiles: WebFiles | null;
  /** Left out: assistants are not answered (`mcp.enabled`). */
  readonly answerAssistant?: AnswerMessage;
  /** Left out: plain HTTP. */
  readonly tls?: NativeTls;
  /** Is told of bytes of large bodies that are not held any more. */
  readonly letGo?: (bytes: number) => void;
  /** For tests that send slowly. */
  readonly requestTimeoutMs?: number;
  /** For tests that send more slowly than is allowed. */
  readonly bodyWindowMs?: number;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Answers a method that the path does not have. */
    wrongMethod?: boolean;
  }
}

/**
 * The HTTP side, ready to listen. What comes before a route is in this order: request id, CORS,
 * key, limits, body.
 */
export async function createApp(context: AppContext, options: AppOptions): Promise<App> {
  const { settings, metrics } = context;
  const connections = {
    // Node's own answer would have no envelope.
    requireHostHeader: false,
    headersTimeout: Math.min(
      httpLimits.headersTimeoutMs,
      options.requestTimeoutMs ?? httpLimits.headersTimeoutMs,
    ),
    connectionsCheckingInterval: Math.min(1000, options.requestTimeoutMs ?? 1000),
  };
  const app = fastify({
    loggerInstance: options.log,
    logController: new LogController({ disableRequestLogging: true }),
    childLoggerFactory: requestLogger,
    genReqId: requestId,
    rewriteUrl: (request) => {
      hideOddMethod(request);
      return safeUrl(request.url ?? '/');
    },
    routerOptions: {
      // A client with a trailing slash in its server URL posts to //events.
      ignoreDuplicateSlashes: true,
      ignoreTrailingSlash: true,
      maxParamLength: httpLimits.paramCharacters,
    },
    requestTimeout: options.requestTimeoutMs ?? httpLimits.requestTimeoutMs,
    keepAliveTimeout: settings.keep_alive_seconds * 1000,
    ...(options.tls === undefined
      ? { http: connections }
      : ({ https: { ...connections, ...options.tls.options } } as object)),
    bodyLimit: settings.max_body_bytes,
    frameworkErrors: handleError,
    clientErrorHandler: handleClientError,
  }).withTypeProvider<ZodTypeProvider>();

  app.setValidatorCompiler(checkBySchema);
  app.setSerializerCompiler(options.checkReplies ? serializerCompiler : () => JSON.stringify);
  app.setErrorHandler(handleError);
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('cache-control', 'no-store');
    if (options.tls !== undefined) reply.header('strict-transport-security', hsts);
    done();
  });
  answerOddHeaders(app);
  const addresses = createClientAddresses(settings.trusted_proxies);
  watchOutages(app);
  const rejections = new RejectionBook(app.log);
  keepEventBudgets(app, settings);
  logRequests(app, settings.verbose, addresses, metrics);
  const cors = {
    enabled: settings.cors_enabled || options.allowAllOrigins,
    origins: options.allowAllOrigins ? ['*'] : settings.cors_origins,
  };
  await allowOrigins(app, cors, metrics);
  auditRequests(app, context.audit, addresses);
  const requestsPerMinute = settings.rate_limit_enabled ? settings.rate_limit_rpm : null;
  const budgets = await createBudgets(app, requestsPerMinute, addresses, metrics);
  const { keys, usage } = context;
  watchMalformedRequests(app, addresses, metrics);
  const doorkeeper = new Doorkeeper({ server: settings, ui: context.ui }, keys, addresses);
  const hostNames = createHostNames(settings);
  const refusals = createRefusals(budgets, addresses, metrics);
  const parts = { keys, doorkeeper, hostNames, refusals, usage, budgets, addresses, metrics };
  guardRequests(app, parts);
  const readFurther = readJsonBodies(app, {
    bytesMax: settings.max_body_bytes,
    roomBytes: context.memory.bodyBytes,
    ...(options.letGo === undefined ? {} : { letGo: options.letGo }),
    windowMs: options.bodyWindowMs ?? httpLimits.bodyWindowMs,
  });
  boundReplies(app, context.memory.replyBytes);
  tagReplies(app);
  await app.register(compress, {
    encodings: ['gzip', 'identity'],
    threshold: httpLimits.compressBytesMin,
    customTypes: /^application\/(?:json|x-ndjson)|^text\/plain/,
    globalDecompression: false,
  });
  await describeApi(app, context.version);
  answerWrongPaths(app);

  await app.register(async (scope) => {
    const routes = scope.withTypeProvider<ZodTypeProvider>();
    const methods = collectMethods(scope);
    publicRoutes(routes, context);
    sessionRoutes(routes, context, doorkeeper, refusals);
    eventRoutes(routes, context, rejections);
    demoRoutes(routes, context);
    erasureRoutes(routes, context);
    exportRoutes(routes, context);
    traceRoutes(routes, context);
    traceCountRoutes(routes, context);
    timelineRoutes(routes, context);
    meanwhileRoutes(routes, context);
    analysisRoutes(routes, context);
    raceRoutes(routes, context);
    raceReportRoutes(routes, context);
    triageRoutes(routes, context);
    witnessFileRoutes(routes, context);
    witnessRoutes(routes, context);
    carriedTriageRoutes(routes, context);
    raceCountRoutes(routes, context);
    variableRoutes(routes, context);
    reproductionRoutes(routes, context);
    distributedRoutes(routes, context);
    anomalyRoutes(routes, context);
    latencyRoutes(routes, context);
    liveRoutes(routes, context);
    performanceRoutes(routes, context);
    serviceRoutes(routes, context);
    statusRoutes(routes, context, addresses, rejections);
    jaegerRoutes(routes, context);
    await otlpRoutes(routes, context, readFurther);
    mcpRoutes(routes, context, doorkeeper, options.answerAssistant ?? null);
    if (options.webFiles !== null) pageRoutes(routes, options.webFiles);
    documentRoute(routes);
    answerWrongMethods(scope, methods);
  });
  return app;
}

/** Two years. Only where the server speaks TLS itself: behind a proxy it would be said twice. */
const hsts = 'max-age=63072000';

/** The id that the client or its proxy gave, when it is fit for a log, else a new one. */
function requestId(request: { headers: IncomingMessage['headers'] }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && /^[\w.-]{1,64}$/.test(given) ? given : crypto.randomUUID();
}

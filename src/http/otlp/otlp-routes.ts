import type { FastifyRequest } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { exportAnswer, type Signal, statusAnswer } from '../../domain/otlp/answer.ts';
import { countMetricPoints, type OtlpBatch, OtlpReader } from '../../domain/otlp/otlp-batch.ts';
import type { OtlpFormat } from '../../domain/otlp/otlp-format.ts';
import { UndecodableBody } from '../../domain/otlp/telemetry.ts';
import type { App, AppContext } from '../context.ts';
import type { OwnFailure } from '../errors.ts';
import type { ReadFurtherBodies } from '../front/body.ts';
import { storeWithinBudgets } from '../front/event-budgets.ts';
import { httpLimits } from '../limits.ts';
import { refusalReason } from '../metrics/ingest-metrics.ts';
import { RowAdvice } from './row-advice.ts';

const PROTOBUF = 'application/x-protobuf';
const typeOf: Readonly<Record<OtlpFormat, string>> = {
  protobuf: PROTOBUF,
  json: 'application/json',
};

/**
 * Codes of `google.rpc.Status` by status of HTTP, for the failures whose reason exporters log; of the
 * others they read the status alone.
 */
const rpcCodes: ReadonlyMap<number, number> = new Map([
  [400, 3],
  [413, 8],
  [429, 8],
  [503, 14],
]);

const NO_METRICS = 'Raceway stores no metrics; set OTEL_METRICS_EXPORTER=none';

const summaries: Readonly<Record<Signal, string>> = {
  traces: 'Store the spans of an OTLP exporter',
  logs: 'Store marks and exceptions among the log records of an OTLP exporter',
  metrics: 'Take the metrics of an OTLP exporter, and store none',
};

/** What became of an export, as its exporter is told. */
interface Outcome {
  readonly rejected: number;
  readonly message: string;
}

/** `POST /v1/traces`, `/v1/logs` and `/v1/metrics`: OTLP over HTTP, in protobuf and in JSON. */
export async function otlpRoutes(
  app: App,
  context: AppContext,
  readFurther: ReadFurtherBodies,
): Promise<void> {
  const { metrics, storage } = context;
  const advice = new RowAdvice(() => storage.derived.courses(httpLimits.lintedVariablesMax));
  const reader = new OtlpReader(context.redaction);
  const handlers: Readonly<
    Record<Signal, (request: FastifyRequest, body: Buffer) => Promise<Outcome>>
  > = {
    async traces(request, body) {
      const batch = reader.traces(body, formatOf(request), servicesOf(request));
      const outcome = await store(request, context, batch);
      const told = outcome.message === '' ? advice.for(batch.statementScopes) : outcome.message;
      return { ...outcome, message: told };
    },
    logs: (request, body) =>
      store(request, context, reader.logs(body, formatOf(request), servicesOf(request))),
    async metrics(request, body) {
      const rejected = countMetricPoints(body, formatOf(request));
      return { rejected, message: rejected === 0 ? '' : NO_METRICS };
    },
  };
  await app.register(async (scope) => {
    readFurther(scope, PROTOBUF);
    for (const signal of ['traces', 'logs', 'metrics'] as const) {
      scope.route({
        method: 'POST',
        url: `/v1/${signal}`,
        config: { scope: 'ingest', answerFailure },
        schema: {
          summary: summaries[signal],
          description:
            'OTLP/HTTP: `application/x-protobuf` or `application/json`, also compressed; the answer ' +
            'has the format of the request. 200 means stored; what was refused is counted in ' +
            '`partialSuccess`, and must not be sent again; with a count of 0 it is advice. 400, 413, 429 and 503 have a ' +
            '`google.rpc.Status` as body.',
          produces: [PROTOBUF, 'application/json'],
        },
        onError: (_request, _reply, error, done) => {
          metrics.ingestRefused(refusalReason(error.code));
          done();
        },
        handler: async (request, reply) => {
          const { rejected, message } = await exported(request, handlers[signal]);
          const format = formatOf(request);
          return reply.type(typeOf[format]).send(exportAnswer(format, signal, rejected, message));
        },
      });
    }
  });
}

/** A request without a body is one that has nothing to store. */
async function exported(
  request: FastifyRequest,
  handle: (request: FastifyRequest, body: Buffer) => Promise<Outcome>,
): Promise<Outcome> {
  const { body } = request;
  if (!(body instanceof Buffer) || body.length === 0) return { rejected: 0, message: '' };
  try {
    return await handle(request, body);
  } catch (cause) {
    if (!(cause instanceof UndecodableBody)) throw cause;
    throw new RacewayError('bad_request', `no OTLP request: ${cause.message}`, { cause });
  }
}

async function store(
  request: FastifyRequest,
  { writer, metrics }: AppContext,
  { events, rejections }: OtlpBatch,
): Promise<Outcome> {
  metrics.eventsRejected('otel', rejections.count);
  const traces = new Set(events.map(({ traceId }) => traceId));
  const [onlyTrace] = traces.size === 1 ? traces : [];
  const noted = { traces: traces.size, rejected: rejections.count };
  request.auditNote = { traceId: onlyTrace, counts: noted };
  const stored = await storeWithinBudgets(request, events, (keyName) =>
    writer.submit(events, keyName),
  );
  request.auditNote = { traceId: onlyTrace, counts: { ...stored, ...noted } };
  metrics.eventsStored(stored.accepted, stored.duplicates);
  return { rejected: rejections.count, message: rejections.message };
}

function servicesOf(request: FastifyRequest): ReadonlySet<string> | null {
  return request.accessKey?.services ?? null;
}

function formatOf({ headers }: FastifyRequest): OtlpFormat {
  return /json/i.test(headers['content-type'] ?? '') ? 'json' : 'protobuf';
}

function answerFailure(
  request: FastifyRequest,
  status: number,
  message: string,
): OwnFailure | null {
  const code = rpcCodes.get(status);
  if (code === undefined) return null;
  const format = formatOf(request);
  return { type: typeOf[format], body: statusAnswer(format, code, message) };
}

import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RacewayError } from '../../domain/errors.ts';

/** How often a trouble that goes on is told again. */
export const repeatedMs = 60_000;

/** Where troubles are told. */
export interface TroubleLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Tells of requests that the storage failed; left out in an app without them. */
    outages?: Outages;
  }
}

/** Notes failures of the storage, and tells of them once at the beginning, each minute, and at the end. */
export interface Outages {
  failed(request: FastifyRequest, failure: RacewayError): void;
}

/** Watches what the storage does for requests that read and for those that write. */
export function watchOutages(app: FastifyInstance): void {
  const reading = new OutageLog(app.log, 'reads');
  const writing = new OutageLog(app.log, 'stores');
  const logOfRequest = ({ method }: FastifyRequest) =>
    method === 'GET' || method === 'HEAD' ? reading : writing;
  app.decorate('outages', {
    failed(request, failure) {
      if (request.routeOptions.config?.public !== true) logOfRequest(request).failed(failure);
    },
  });
  app.addHook('onResponse', (request, reply, done) => {
    // A stream that was cut began with 200 too.
    const isWhole = reply.statusCode < 400 && reply.raw.writableEnded;
    const isServed = isWhole && request.routeOptions.config?.public !== true;
    if (isServed) logOfRequest(request).succeeded();
    done();
  });
}

/** One kind of work, which fails for a while. */
export class OutageLog {
  readonly #log: TroubleLog;
  readonly #work: string;
  #sinceMs: number | null = null;
  #toldMs = 0;
  #untold = 0;
  #requests = 0;

  /** @param work what the server does not do meanwhile: it "reads" or "stores" */
  constructor(log: TroubleLog, work: string) {
    this.#log = log;
    this.#work = work;
  }

  failed(failure: RacewayError): void {
    const nowMs = performance.now();
    this.#requests += 1;
    this.#untold += 1;
    const isNew = this.#sinceMs === null;
    this.#sinceMs ??= nowMs;
    if (!isNew && nowMs - this.#toldMs < repeatedMs) return;
    const details = {
      reason: failure.message,
      cause: String(failure.cause),
      requests: this.#untold,
    };
    this.#toldMs = nowMs;
    this.#untold = 0;
    this.#log.warn(details, `the server ${this.#work} nothing${isNew ? '' : ' still'}`);
  }

  succeeded(): void {
    if (this.#sinceMs === null) return;
    const seconds = Math.round((performance.now() - this.#sinceMs) / 1000);
    const details = { seconds, requests: this.#requests };
    this.#sinceMs = null;
    this.#untold = 0;
    this.#requests = 0;
    this.#log.info(details, `the server ${this.#work} again`);
  }
}

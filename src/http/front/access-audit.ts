import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AuditLog, AuditOutcome } from '../../audit/audit-log.ts';
import { type ErrorCode, RacewayError } from '../../domain/errors.ts';
import { limits } from '../../domain/limits.ts';
import { sendFailure } from '../errors.ts';
import type { ClientAddresses } from './client-address.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** What a handler adds to the audit line of its request. */
    auditNote: AuditNote | null;
    /** Why the request failed; null when it did not, or was refused before its route. */
    failureCode: ErrorCode | null;
  }
}

/** What only the handler of a request knows. */
export interface AuditNote {
  /** The trace, where the path does not name it. */
  readonly traceId?: string | undefined;
  readonly counts: Readonly<Record<string, number>>;
  /** The race that was judged. */
  readonly fingerprint?: string;
}

/** A request that is being served. */
interface OpenAccess {
  readonly client: string;
  /** What has not happened yet. */
  readonly awaited: Set<'answer' | 'close'>;
}

/**
 * Writes one audit line for each request to a route that is not public: when it was answered and
 * its connection is done with it. A handler that goes on without its client is waited for.
 */
export function auditRequests(
  app: FastifyInstance,
  audit: AuditLog | null,
  addresses: ClientAddresses,
): void {
  app.decorateRequest('auditNote', null);
  app.decorateRequest('failureCode', null);
  if (audit === null) return;
  const open = new WeakMap<FastifyRequest, OpenAccess>();
  const happened = (request: FastifyRequest, reply: FastifyReply, what: 'answer' | 'close') => {
    const access = open.get(request);
    if (access === undefined || !access.awaited.delete(what) || access.awaited.size > 0) return;
    open.delete(request);
    audit.record(accessOf(request, reply, access.client));
  };
  app.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config?.public === true) return done();
    // A socket that is gone has no address any more.
    open.set(request, { client: addresses.of(request.raw), awaited: new Set(['answer', 'close']) });
    reply.raw.once('close', () => happened(request, reply, 'close'));
    const { refusal } = audit;
    if (refusal === null) return done();
    sendFailure(reply, new RacewayError('unavailable', refusal));
  });
  app.addHook('onSend', (request, reply, payload, done) => {
    happened(request, reply, 'answer');
    done(null, payload);
  });
}

function accessOf(request: FastifyRequest, reply: FastifyReply, client: string) {
  const { accessKey: key, auditNote: note, method } = request;
  const { url, config } = request.routeOptions;
  const { traceId } = (request.params ?? {}) as { traceId?: string };
  const isKnown = !request.is404 && config?.wrongMethod !== true && config?.optionalKey !== true;
  return {
    request_id: request.id,
    key: key?.name ?? null,
    key_id: key?.id ?? null,
    scope: isKnown ? (config?.scope ?? 'admin') : null,
    method,
    route: url ?? 'unknown',
    trace_id: (traceId ?? note?.traceId)?.slice(0, limits.traceIdCharacters) ?? null,
    client,
    status: reply.statusCode,
    outcome: outcomeOf(reply.statusCode, request.failureCode),
    delivered: reply.raw.writableFinished,
    counts: note?.counts ?? null,
    ...(note?.fingerprint === undefined ? {} : { fingerprint: note.fingerprint }),
  };
}

function outcomeOf(status: number, code: ErrorCode | null): AuditOutcome {
  if (status < 400) return 'allowed';
  if (code === 'outcome_unknown') return 'unknown';
  if (status === 401) return 'unauthenticated';
  if (status === 403) return 'forbidden';
  if (status === 429) return 'limited';
  return status < 500 ? 'refused' : 'failed';
}

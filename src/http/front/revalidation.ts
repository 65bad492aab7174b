import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { httpLimits } from '../limits.ts';

/**
 * Gives what a reader is told a tag of its text, so that whoever has it already is told so (304) and
 * downloads nothing: pages ask again every few seconds, and mostly nothing has changed. A browser may
 * keep such a reply, and asks each time whether it still holds, with its key.
 *
 * Before anything compresses replies: it takes their texts away.
 */
export function tagReplies(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (!isTaggable(payload) || reply.statusCode !== 200 || request.method !== 'GET')
      return payload;
    if (request.routeOptions.config.scope !== 'read' || !isJson(reply.getHeader('content-type'))) {
      return payload;
    }
    const tag = `"${createHash('sha256').update(payload).digest('base64url').slice(0, 22)}"`;
    reply.header('etag', tag).header('cache-control', 'private, no-cache');
    if (!isKnown(request.headers['if-none-match'], tag)) return payload;
    reply.code(304).removeHeader('content-type');
    return '';
  });
}

function isTaggable(payload: unknown): payload is string {
  return typeof payload === 'string' && payload.length <= httpLimits.taggedCharactersMax;
}

function isJson(type: unknown): boolean {
  return typeof type === 'string' && type.startsWith('application/json');
}

/** Whether a client has one of these; a proxy that compresses marks tags as weak. */
function isKnown(tags: string | undefined, tag: string): boolean {
  return tags?.split(',').some((one) => one.trim().replace(/^W\//, '') === tag) === true;
}

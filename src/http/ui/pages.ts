import type { FastifyReply, FastifyRequest } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import type { App } from '../context.ts';
import { pageHeaders } from './page-headers.ts';
import { pageAt, type WebFile, type WebFiles } from './web-files.ts';

/** Where the web UI has pages; which of them is shown is decided in the browser. */
export const pagePaths = [
  '/',
  '/races',
  '/races/:fingerprint',
  '/traces',
  '/traces/:traceId',
  '/variables',
  '/variables/:name',
  '/latency',
  '/live',
  '/map',
  '/compare',
  '/settings',
  '/login',
] as const;

/** A name holds a hash of its content: what it stands for never changes. */
const assetCaching = 'public, max-age=31536000, immutable';

/** The files of the web UI. They hold no data, so that they need no key. */
export function pageRoutes(app: App, files: WebFiles): void {
  const options = { config: { public: true }, schema: { hide: true } };
  for (const url of pagePaths) {
    app.get(url, options, (request, reply) => sendPage(files, request, reply));
  }
  app.get('/assets/:name', options, (request, reply) => {
    const { name } = request.params as { name: string };
    const file = files.assets.get(name);
    if (file === undefined) throw new RacewayError('not_found', 'the web UI has no such file');
    return sendAsset(file, request, reply);
  });
}

function sendPage(files: WebFiles, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0] ?? '/';
  // The same page at another depth has another text.
  const tag = `"${files.page.digest}-${path.split('/').length}"`;
  reply.headers(pageHeaders).header('cache-control', 'no-cache').header('etag', tag);
  if (request.headers['if-none-match'] === tag) return reply.code(304).send();
  return reply.type('text/html; charset=utf-8').send(pageAt(files, path));
}

function sendAsset(file: WebFile, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply
    .headers(pageHeaders)
    .header('cache-control', assetCaching)
    .header('vary', 'accept-encoding')
    .type(file.type);
  const accepted = String(request.headers['accept-encoding'] ?? '');
  if (file.brotli !== null && /\bbr\b/.test(accepted)) {
    return reply.header('content-encoding', 'br').send(file.brotli);
  }
  if (file.gzip !== null && /\bgzip\b/.test(accepted)) {
    return reply.header('content-encoding', 'gzip').send(file.gzip);
  }
  return reply.send(file.bytes);
}

/**
 * The ceilings: a bare Fastify route that parses each body and drops it, and one that sends as many
 * bytes as it is asked for.
 */
import { gunzipSync } from 'node:zlib';
import { fastify } from 'fastify';

const app = fastify();
app.removeAllContentTypeParsers();
app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body, done) => {
  const bytes = body as Buffer;
  const plain = request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes;
  done(null, JSON.parse(plain.toString('utf8')));
});
app.post('/events', { bodyLimit: 16 * 1024 * 1024 }, async (request) => ({
  success: true,
  data: { accepted: (request.body as { events: unknown[] }).events.length },
  error: null,
}));
app.addContentTypeParser(
  'application/x-protobuf',
  { parseAs: 'buffer' },
  (request, body: Buffer, done) => {
    done(null, request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body);
  },
);
app.post('/v1/traces', { bodyLimit: 16 * 1024 * 1024 }, async () => ({}));
const texts = new Map<number, string>();
app.get('/bytes/:count', async (request, reply) => {
  const count = Number((request.params as { count: string }).count);
  const text = texts.get(count) ?? JSON.stringify('x'.repeat(Math.max(0, count - 2)));
  texts.set(count, text);
  return reply.type('application/json').send(text);
});
process.send?.(await app.listen({ host: '127.0.0.1', port: 0 }));
process.once('disconnect', () => process.exit());

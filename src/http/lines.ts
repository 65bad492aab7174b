import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { RacewayError } from '../domain/errors.ts';

/** A stream that breaks so is cut without a line of the log for each request. */
const CUT = 'ERR_STREAM_PREMATURE_CLOSE';

/**
 * Sends lines as they are made, each a JSON text. What fails before the first one is answered as any
 * failure is; later the reply is cut, and a failure of the storage told once for all requests.
 */
export async function sendLines(
  reply: FastifyReply,
  lines: AsyncGenerator<string>,
  options: { readonly highWaterMark?: number } = {},
): Promise<FastifyReply> {
  const first = await lines.next();
  const stream = Readable.from(cutQuietly(reply, first, lines), options);
  return reply.type('application/x-ndjson; charset=utf-8').send(stream);
}

async function* cutQuietly(
  { request }: FastifyReply,
  first: IteratorResult<string>,
  lines: AsyncGenerator<string>,
): AsyncGenerator<string> {
  try {
    if (first.done !== true) yield first.value;
    yield* lines;
  } catch (error) {
    if (!(error instanceof RacewayError)) throw error;
    if (error.cause !== undefined) request.server.outages?.failed(request, error);
    throw Object.assign(new Error(error.message, { cause: error }), { code: CUT });
  } finally {
    await lines.return(undefined);
  }
}

import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { RacewayError } from '../domain/errors.ts';

/** A stream that breaks so is cut without a line of the log for each request. */
class CutStream extends Error {
  readonly code = 'ERR_STREAM_PREMATURE_CLOSE';
  readonly failure: RacewayError;

  constructor(failure: RacewayError) {
    super(failure.message, { cause: failure });
    this.failure = failure;
  }
}

/** Why lines that were begun broke off; null for any other error. */
export function failureOfLines(error: unknown): RacewayError | null {
  return error instanceof CutStream ? error.failure : null;
}

/**
 * Sends lines as they are made, each a JSON text. What fails before the first one is answered as any
 * failure is, and so is what fails while nothing was sent yet; later the reply is cut, and a failure of the storage told once for all requests.
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
    throw new CutStream(error);
  } finally {
    await lines.return(undefined);
  }
}

import type { FastifyRequest } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { type JsonObject, parseJson } from '../../domain/json.ts';
import { objectIn } from '../../domain/json-members.ts';
import type { App } from '../context.ts';

/** What is about the body of the message, and not about who sent it. */
const aboutBody = ['content-length', 'content-type', 'content-encoding', 'transfer-encoding'];
/** What the answer should look like, which is ours to say. */
const aboutAnswer = ['accept', 'accept-encoding', 'connection', 'expect', 'range'];

/**
 * Asks the routes of this server what an assistant wants to know, as whoever sent its message: the same
 * key, limits and audit log stand before each.
 *
 * @throws {RacewayError} with the sentence of the route that refused
 */
export async function readOwnApi(
  app: App,
  request: FastifyRequest,
  path: string,
): Promise<JsonObject> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).filter(
      ([name]) => !aboutBody.includes(name) && !aboutAnswer.includes(name),
    ),
  );
  const { remoteAddress = '127.0.0.1' } = request.raw.socket;
  const answer = await app.inject({
    method: 'GET',
    url: path,
    remoteAddress,
    headers: { ...headers, 'x-request-id': request.id },
  });
  const { value } = parseJson(answer.payload);
  const { data, error } = objectIn(value) ?? {};
  if (answer.statusCode === 200) return objectIn(data) ?? {};
  throw new RacewayError('bad_request', typeof error === 'string' ? error : 'nothing was answered');
}

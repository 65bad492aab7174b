import { setTimeout as pause } from 'node:timers/promises';
import { RacewayError } from '../domain/errors.ts';
import { type JsonObject, type JsonValue, parseJson } from '../domain/json.ts';
import {
  type Question,
  refusal,
  retryAfterSeconds,
  type Server,
  send,
  textOf,
} from './server-client.ts';

/** How often a server is asked again that is busy. */
const attemptsMax = 20;

/**
 * The `data` of an answer; a server that is busy is asked again, so the question must bear that.
 *
 * @throws {RacewayError} when the server refuses, or says nothing
 */
export async function readData(
  server: Server,
  path: string,
  question: Question = {},
): Promise<JsonObject> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await send(server, path, question).catch((cause: NodeJS.ErrnoException) => {
      const message = `${server.url.origin} does not answer (${cause.code ?? cause.message}); name another with --server or RACEWAY_URL`;
      throw new RacewayError('unavailable', message, { cause });
    });
    const text = await textOf(answer);
    const { statusCode = 0 } = answer;
    const isBusy = statusCode === 429 || statusCode === 503;
    if (isBusy && attempt < attemptsMax) {
      await pause(1000 * retryAfterSeconds(answer));
      continue;
    }
    if (statusCode !== 200) {
      throw new RacewayError('bad_request', `${server.url.origin}: ${refusal(answer, text)}`);
    }
    return dataOf(text, server);
  }
}

function dataOf(text: string, server: Server): JsonObject {
  let value: JsonValue = null;
  try {
    ({ value } = parseJson(text));
  } catch {
    // Not a server of ours: told below.
  }
  const data = isObject(value) ? value['data'] : undefined;
  if (data !== undefined && isObject(data)) return data;
  throw new RacewayError('bad_request', `${server.url.origin} is no Raceway server`);
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

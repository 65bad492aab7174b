import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { tooLargeMessage } from '../errors.ts';
import { httpLimits } from '../limits.ts';
import { BodyRoom, type IntakeLimits, receiveBody, roomFault } from './body-intake.ts';
import { BodyTurns } from './body-turns.ts';

/** `application/json`, `application/cloudevents+json` and the like. */
const JSON_TYPES = /^application\/(?:[\w.-]+\+)?json(?:\s*;|\s*$)/i;

type Decompress = (body: Buffer, options: { maxOutputLength: number }) => Buffer;
const encodings: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ['identity', (body) => body],
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateAnySync],
  ['br', brotliDecompressSync],
]);

/** What is called `deflate` should begin with a header of zlib (RFC 9110, 8.4.1.2); some send none. */
function inflateAnySync(body: Buffer, options: { maxOutputLength: number }): Buffer {
  const [first = 0, second = 0] = body;
  const hasZlibHeader = (first & 0x0f) === 8 && (first * 256 + second) % 31 === 0;
  return hasZlibHeader ? inflateSync(body, options) : inflateRawSync(body, options);
}

/** What a type of body is turned into for its route, once it is there and unpacked. */
type FinishBody = (request: FastifyRequest, body: Buffer) => Buffer;

/** Teaches an app, or a part of it, to read a further type of bodies within the same limits. */
export type ReadFurtherBodies = (scope: FastifyInstance, type: string) => void;

/**
 * Teaches an app to read JSON bodies: as UTF-8, decompressed, within the limits of each and within
 * the room of all requests together. Parsing is the route's, for
 * Fastify's own parser refuses names such as `__proto__` and loses long numbers.
 */
export function readJsonBodies(app: FastifyInstance, limits: IntakeLimits): ReadFurtherBodies {
  const { bytesMax } = limits;
  const room = new BodyRoom(limits.roomBytes, limits.letGo);
  const turns = new BodyTurns();
  const intake = { limits, room, turns };
  app.decorateRequest('heldBodyBytes', 0);
  app.decorateRequest('outlivesBody', false);
  app.addHook('preParsing', (request, reply, _payload, done) => {
    reply.raw.once('close', () => room.giveBack(request));
    const announced = Number(request.headers['content-length'] ?? 0);
    if (announced <= bytesMax) return done();
    // The rest is read and thrown away: a proxy or client whose connection is closed while it still
    // sends sees a reset, and never the answer.
    if (announced > httpLimits.discardedBodies * bytesMax) reply.header('connection', 'close');
    turns.discard(request.raw);
    done(new RacewayError('too_large', tooLargeMessage(bytesMax)));
  });
  app.removeAllContentTypeParsers();
  const read = (scope: FastifyInstance, type: string | RegExp, finish: FinishBody) => {
    scope.addContentTypeParser(type, (request, payload, done) => {
      receiveBody(request, payload, intake, (refusal, body) => {
        if (refusal !== null) return done(refusal);
        try {
          const plain = decompress(request, body, bytesMax);
          if (plain !== body && !room.take(request, plain.length)) throw roomFault();
          done(null, finish(request, plain));
        } catch (error) {
          done(error as Error);
        }
      });
    });
  };
  read(app, JSON_TYPES, utf8Of);
  return (scope, type) => read(scope, type, (_request, body) => body);
}

/** Synchronous: one body at a time is unpacked, so a bomb costs its limit once. */
function decompress(request: FastifyRequest, body: Buffer, bytesMax: number): Buffer {
  const names = (request.headers['content-encoding'] ?? '').toLowerCase().split(',');
  const [encoding = 'identity', ...more] = names
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== 'identity');
  const unpack = encodings.get(encoding);
  if (unpack === undefined || more.length > 0) {
    throw new RacewayError(
      'unsupported_media_type',
      'Content-Encoding must be gzip, deflate or br, one of them and once',
    );
  }
  try {
    return unpack(body, { maxOutputLength: bytesMax });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') {
      throw new RacewayError('too_large', tooLargeMessage(bytesMax), { cause });
    }
    const message = `the body is not what Content-Encoding says: no complete ${encoding} data`;
    throw new RacewayError('bad_request', message, { cause });
  }
}

/** The body without a byte order mark. */
function utf8Of(request: FastifyRequest, body: Buffer): Buffer {
  const charset = /;\s*charset\s*=\s*["']?([^"';\s]+)/i.exec(
    request.headers['content-type'] ?? '',
  )?.[1];
  if (charset !== undefined && !/^(?:utf-?8|(?:us-)?ascii)$/i.test(charset)) {
    throw new RacewayError('unsupported_media_type', 'the body must be JSON in UTF-8');
  }
  if (!isUtf8(body)) throw new RacewayError('invalid_json', 'the body is not valid UTF-8');
  const hasByteOrderMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return hasByteOrderMark ? body.subarray(3) : body;
}

import { isUtf8 } from 'node:buffer';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { RacewayError } from '../../domain/errors.ts';
import { tooLargeMessage } from '../errors.ts';
import { httpLimits } from '../limits.ts';

/** `application/json`, `application/cloudevents+json` and the like. */
const JSON_TYPES = /^application\/(?:[\w.-]+\+)?json(?:\s*;|\s*$)/i;

type Decompress = (body: Buffer, options: { maxOutputLength: number }) => Buffer;
const encodings: ReadonlyMap<string, Decompress> = new Map<string, Decompress>([
  ['identity', (body) => body],
  ['gzip', gunzipSync],
  ['x-gzip', gunzipSync],
  ['deflate', inflateSync],
  ['br', brotliDecompressSync],
]);

declare module 'fastify' {
  interface FastifyRequest {
    /** Bytes of {@link httpLimits.bodyBytesInFlight} that this request holds. */
    heldBodyBytes: number;
  }
}

/**
 * Teaches an app to read JSON bodies: as UTF-8, decompressed, within `bytesMax` after decompression
 * and within {@link httpLimits.bodyBytesInFlight} for all requests together. Parsing is the
 * route's, for Fastify's own parser refuses names such as `__proto__` and loses long numbers.
 */
export function readJsonBodies(app: FastifyInstance, bytesMax: number): void {
  const room = new BodyRoom(Math.max(httpLimits.bodyBytesInFlight, 2 * bytesMax));
  app.decorateRequest('heldBodyBytes', 0);
  app.addHook('preParsing', (request, reply, _payload, done) => {
    const { 'content-length': length, 'transfer-encoding': transferEncoding } = request.headers;
    if (length === undefined && transferEncoding === undefined) return done();
    // Without a length the body may become as large as any.
    const bytes = length === undefined ? bytesMax : Number(length);
    if (bytes > bytesMax) {
      // The rest is read and thrown away: a proxy or client whose connection is closed while it still
      // sends sees a reset, and never the answer.
      if (bytes > httpLimits.discardedBodies * bytesMax) reply.header('connection', 'close');
      return done(new RacewayError('too_large', tooLargeMessage(bytesMax)));
    }
    if (!room.take(request, bytes)) return done(roomFault());
    reply.raw.once('close', () => room.giveBack(request));
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    JSON_TYPES,
    { parseAs: 'buffer', bodyLimit: bytesMax },
    (request, body: Buffer, done) => {
      try {
        const plain = decompress(request, body, bytesMax);
        if (plain !== body && !room.take(request, plain.length)) throw roomFault();
        done(null, utf8Of(request, plain));
      } catch (error) {
        done(error as Error);
      }
    },
  );
}

/** Counts the bytes of bodies from their announcement until their request is answered. */
class BodyRoom {
  readonly #bytesMax: number;
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  take(request: FastifyRequest, bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false;
    this.#bytes += bytes;
    request.heldBodyBytes += bytes;
    return true;
  }

  giveBack(request: FastifyRequest): void {
    this.#bytes -= request.heldBodyBytes;
    request.heldBodyBytes = 0;
  }
}

function roomFault(): RacewayError {
  return new RacewayError(
    'overloaded',
    'too many large bodies are being received at once; send the request again later',
  );
}

/** Synchronous: one body at a time is unpacked, so a bomb costs its limit once. */
function decompress(request: FastifyRequest, body: Buffer, bytesMax: number): Buffer {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity';
  const unpack = encodings.get(encoding);
  if (unpack === undefined) {
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
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(
    request.headers['content-type'] ?? '',
  )?.[1];
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset)) {
    throw new RacewayError('unsupported_media_type', 'the body must be JSON in UTF-8');
  }
  if (!isUtf8(body)) throw new RacewayError('invalid_json', 'the body is not valid UTF-8');
  const hasByteOrderMark = body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf;
  return hasByteOrderMark ? body.subarray(3) : body;
}

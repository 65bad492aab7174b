import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import type { ErrorCode } from '../../../src/domain/errors.ts';
import { wireEvent } from '../../support/events.ts';

/** A body of `POST /events` that is refused as a whole. */
export interface RefusedBody {
  readonly name: string;
  readonly body: string | Buffer;
  /** Besides or instead of `content-type: application/json`. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly code: ErrorCode;
}

const good = JSON.stringify({ events: [wireEvent()] });
const zeros = Buffer.alloc(64 * 1024 * 1024);
const fast = { params: { [constants.BROTLI_PARAM_QUALITY]: 1 } };
const packed = gzipSync(good);

function many(
  status: number,
  code: ErrorCode,
  bodies: Readonly<Record<string, string | Buffer>>,
  headers?: Readonly<Record<string, string>>,
): RefusedBody[] {
  return Object.entries(bodies).map(([name, body]) => ({
    name,
    body,
    ...(headers === undefined ? {} : { headers }),
    status,
    code,
  }));
}

function typed(status: number, code: ErrorCode, types: readonly string[]): RefusedBody[] {
  return types.flatMap((type) =>
    many(status, code, { [`type ${type}`]: good }, { 'content-type': type }),
  );
}

/** Every body with what it gets, the same on each backend. */
export const refusedBodies: readonly RefusedBody[] = [
  ...many(400, 'invalid_json', {
    'no byte at all': '',
    'white space': ' \r\n\t',
    'no JSON': 'nope',
    'an HTML page': '<!doctype html><title>x</title>',
    'an open object': '{',
    'an open list': '{"events":[',
    'the wrong bracket': '{"events":[}',
    'single quotes': "{'events':[]}",
    'a trailing comma': '{"events":[],}',
    'a comma in a list': '{"events":[,]}',
    'text behind the end': '{"events":[]}x',
    'two documents': '{"events":[]}{"events":[]}',
    'a comment': '{"events":[/* none */]}',
    'not a number': '{"events":[NaN]}',
    infinity: '{"events":[-Infinity]}',
    'a plus sign': '{"events":[+1]}',
    'no digit before the point': '{"events":[.5]}',
    'no digit after the point': '{"events":[1.]}',
    'a leading zero': '{"events":[01]}',
    'a hexadecimal number': '{"events":[0x1]}',
    'an open exponent': '{"events":[1e]}',
    'a raw line break in a string': '{"events":["a\nb"]}',
    'a raw NUL in a string': '{"events":["a\0b"]}',
    'an unknown escape': '{"events":["\\x41"]}',
    'half a unicode escape': '{"events":["\\u12"]}',
    'an escape at the end': '{"events":["\\',
    'a literal in capitals': '{"events":[True]}',
    'a member without name': '{:[]}',
    'a member without value': '{"events":}',
    'two byte order marks': '\ufeff\ufeff{"events":[]}',
    'only a byte order mark': '\ufeff',
    'UTF-16': Buffer.from(`\ufeff${good}`, 'utf16le'),
    'bytes that are no UTF-8': Buffer.from('{"events":["\xff"]}', 'latin1'),
    'an overlong NUL': Buffer.from('{"events":["\xc0\x80"]}', 'latin1'),
    'a surrogate as bytes': Buffer.from('{"events":["\xed\xa0\x80"]}', 'latin1'),
    'a cut character': Buffer.from('{"events":["\xe2\x82"]}', 'latin1'),
    '10,000 open brackets': '['.repeat(10_000),
    '10,000 open objects': '{"events":'.repeat(10_000),
  }),
  ...many(400, 'bad_request', {
    null: 'null',
    'a number': '5',
    'a string': '"events"',
    'a list': '[]',
    'no events': '{}',
    'events in capitals': '{"Events":[]}',
    'events of null': '{"events":null}',
    'events as an object': '{"events":{"0":{}}}',
    'events as a string': '{"events":"[]"}',
    'events of the prototype': '{"__proto__":{"events":[]}}',
    'a list of 10,000 levels': `${'['.repeat(10_000)}${']'.repeat(10_000)}`,
    'an event of 10,000 levels': `{"events":[${'['.repeat(10_000)}${']'.repeat(10_000)}]}`,
    'events of every wrong type': '{"events":[null,true,1,1e400,"x",[],{}]}',
    'a million numbers': `{"events":[${'0,'.repeat(999_999)}0]}`,
    'of two lists of events the last': `{"events":${JSON.stringify([wireEvent()])},"events":5}`,
  }),
  ...many(413, 'too_large', {
    'three million open brackets': '['.repeat(3_000_000),
    'a million empty objects': `{"events":[${'{},'.repeat(1_000_000)}{}]}`,
    'a million negative zeros in one event': `{"events":[{"a":[${'[-0],'.repeat(1_000_000)}0]}]}`,
    'more bytes than the limit': Buffer.alloc(4 * 1024 * 1024 + 1, ' '),
  }),
  ...many(413, 'too_large', { 'a gzip bomb': gzipSync(zeros) }, { 'content-encoding': 'gzip' }),
  ...many(
    413,
    'too_large',
    { 'a zlib bomb': deflateSync(zeros) },
    { 'content-encoding': 'deflate' },
  ),
  ...many(
    413,
    'too_large',
    { 'a brotli bomb': brotliCompressSync(zeros, fast) },
    { 'content-encoding': 'br' },
  ),
  ...many(
    400,
    'bad_request',
    {
      'gzip cut in the middle': packed.subarray(0, packed.length / 2),
      'gzip without its last byte': packed.subarray(0, -1),
      'gzip with a wrong checksum': Buffer.concat([packed.subarray(0, -8), Buffer.alloc(8, 1)]),
      'only the magic number of gzip': packed.subarray(0, 2),
      'gzip that is none': good,
      'gzip of no byte': '',
      'zlib called gzip': deflateSync(good),
    },
    { 'content-encoding': 'gzip' },
  ),
  ...many(
    400,
    'bad_request',
    {
      'gzip called deflate': packed,
      'deflate without its end': deflateRawSync(good).subarray(0, 9),
    },
    { 'content-encoding': 'deflate' },
  ),
  ...many(400, 'bad_request', { 'brotli that is none': packed }, { 'content-encoding': 'br' }),
  ...many(
    400,
    'invalid_json',
    { 'gzip in gzip, called so once': gzipSync(packed) },
    { 'content-encoding': 'gzip' },
  ),
  ...['gzip, gzip', 'zstd', 'compress', 'gzip;q=1', 'gzip, br', '*'].flatMap((encoding) =>
    many(
      415,
      'unsupported_media_type',
      { [`encoding ${encoding}`]: packed },
      { 'content-encoding': encoding },
    ),
  ),
  ...typed(415, 'unsupported_media_type', [
    '',
    'text/plain',
    'text/json',
    'application/jsonx',
    'application/json+x',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/octet-stream',
    'application/json; charset=utf-16',
    'application/json; charset=latin1',
    'json',
    '/',
    'application/json, text/plain',
  ]),
];

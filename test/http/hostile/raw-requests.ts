/** Bytes on a socket that are no request, or one that no client library would send. */
export interface RawRequest {
  readonly name: string;
  readonly bytes: string | Buffer;
  /** Of the first answer; null when there is none to give. */
  readonly status: number | null;
}

const post = 'POST /events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n';
const chunked = `${post}Transfer-Encoding: chunked\r\n\r\n`;
const get = (target: string, headers = 'Host: localhost\r\n') =>
  `GET ${target} HTTP/1.1\r\n${headers}Connection: close\r\n\r\n`;
const flood = (count: number, length: number) =>
  Array.from({ length: count }, (_, index) => `X-${index}: ${'y'.repeat(length)}\r\n`).join('');

export const rawRequests: readonly RawRequest[] = [
  ...Object.entries({
    'no HTTP at all': 'hello\r\n\r\n',
    'a TLS hello': Buffer.from('16030100a5010000a10303', 'hex'),
    'the preface of HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'an unknown version': 'GET /health HTTP/9.9\r\nHost: localhost\r\n\r\n',
    'a method in small letters': 'get /health HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'a space in the path': 'GET /he alth HTTP/1.1\r\nHost: localhost\r\n\r\n',
    'a NUL in a header': 'GET /health HTTP/1.1\r\nHost: localhost\r\nX: a\0b\r\n\r\n',
    'a space before the colon': 'GET /health HTTP/1.1\r\nHost : x\r\n\r\n',
    'a header without name': 'GET /health HTTP/1.1\r\n: x\r\n\r\n',
    'a line feed alone': 'GET /health HTTP/1.1\nHost: x\n\n\n\0\r\n',
    'a chunk size that is none': `${chunked}zz\r\n`,
    'a chunk size below zero': `${chunked}-5\r\n`,
    'a chunk larger than anything': `${chunked}fffffffffffffffff\r\n`,
    'a chunk longer than it says': `${chunked}2\r\n{"events":[]}\r\n0\r\n\r\n`,
    'length and chunks': `${post}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    'two lengths': `${post}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    'a length that is none': `${post}Content-Length: many\r\n\r\n{}`,
    'a length below zero': `${post}Content-Length: -1\r\n\r\n{}`,
    'chunks that are not last': `${post}Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n`,
    'no host': get('/health', ''),
  }).map(([name, bytes]) => ({ name, bytes, status: 400 })),
  ...Object.entries({
    'a flood of headers': get('/health', `Host: localhost\r\n${flood(400, 50)}`),
    'one long header': get('/health', `Host: localhost\r\n${flood(1, 20_000)}`),
    'a long header name': get('/health', `Host: localhost\r\n${'x'.repeat(20_000)}: y\r\n`),
    'a long query': get(`/api/traces?q=${'x'.repeat(20_000)}`),
    'a long path': get(`/${'x/'.repeat(10_000)}`),
    'an endless request line': `GET /${'x'.repeat(100_000)}`,
  }).map(([name, bytes]) => ({ name, bytes, status: 431 })),
  {
    name: 'more bytes announced than the limit',
    bytes: `${post}Content-Length: 999999999999\r\n\r\n{`,
    status: 413,
  },
  {
    name: 'more bytes in chunks than the limit',
    bytes: `${chunked}${`100000\r\n${' '.repeat(0x10_00_00)}\r\n`.repeat(17)}`,
    status: 413,
  },
  { name: 'the absolute form', bytes: get('http://evil.example/health'), status: 200 },
  { name: 'another host', bytes: get('/health', 'Host: evil.example\r\n'), status: 200 },
  {
    name: 'another host that wants data',
    bytes: get('/api/traces', 'Host: evil.example\r\n'),
    status: 421,
  },
  { name: 'two hosts', bytes: get('/health', 'Host: a\r\nHost: b\r\n'), status: 400 },
  { name: 'one host twice', bytes: get('/health', 'Host: a\r\nhost: a\r\n'), status: 400 },
  {
    name: 'an upgrade that nobody offers',
    bytes: get('/health', 'Host: localhost\r\nUpgrade: websocket\r\n'),
    status: 200,
  },
  {
    name: 'an expectation that nobody meets',
    bytes: get('/health', 'Host: localhost\r\nExpect: miracles\r\n'),
    status: 200,
  },
  {
    name: 'a body that may come',
    bytes: `${post}Expect: 100-continue\r\nConnection: close\r\nContent-Length: 13\r\n\r\n{"events":[]}`,
    status: 100,
  },
  {
    name: 'a body for a GET',
    bytes: `GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 3\r\n\r\n\0\0\0`,
    status: 200,
  },
  { name: 'HTTP/1.0', bytes: 'GET /health HTTP/1.0\r\n\r\n', status: 200 },
  {
    name: 'the server itself',
    bytes: 'OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    status: 404,
  },
  {
    name: 'a tunnel',
    bytes: 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n',
    status: 405,
  },
];

/** Requests that begin and never end; with a short timeout they get an answer. */
export const slowRequests: readonly RawRequest[] = Object.entries({
  'HTTP/0.9': 'GET /health\r\n',
  'half a request line': 'GET /hea',
  'half a header': 'GET /health HTTP/1.1\r\nHost: localhost\r\nX-Slo',
  'no end of the headers': 'GET /health HTTP/1.1\r\nHost: localhost\r\n',
  'a body that stops': `${post}Content-Length: 100\r\n\r\n{"events":`,
  'chunks that stop': `${chunked}5\r\n{"eve\r\n`,
  'a chunk that stops': `${chunked}ff\r\n{"eve`,
}).map(([name, bytes]) => ({ name, bytes, status: 408 }));

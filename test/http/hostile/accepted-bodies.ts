import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { wireEvent } from '../../support/events.ts';

/** Odd bodies that are taken: what `data` of their one event was sent as, and comes back as. */
export interface AcceptedBody {
  readonly name: string;
  readonly body: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  readonly path?: string;
  /** JSON text. */
  readonly comesBack: string;
}

const trace = 'accepted';
const text = JSON.stringify(
  wireEvent({ trace, kind: 'Custom', payload: { name: 'n', data: 'DATA' } }),
);
const bodyOf = (data: string) => `{"events":[${text.replace('"DATA"', () => data)}]}`;
const plain = bodyOf('1');

const values: Readonly<Record<string, string>> = {
  'negative zero': '-0',
  'an integer beyond 2^53': '9007199254740993',
  'the greatest unsigned integer': '18446744073709551615',
  '40 digits': '1234567890123456789012345678901234567890',
  'the greatest exponent': '-1.5e308',
  'the least exponent': '1E-308',
  'names of the prototype': '{"__proto__":{"x":1},"constructor":null,"toString":-0}',
  'names that look like places': '{"2":"b","10":"c","1":"a","":0}',
  'a pair of surrogates': '"\\ud83d\\ude00"',
  'escapes of what needs none': '"\\u0041\\/\\u2028"',
  'a list of 60 levels': `${'['.repeat(60)}${']'.repeat(60)}`,
  'a string of a mebi': `"${'x'.repeat(1_048_576)}"`,
  'words that are SQL and HTML': '"\'; DROP TABLE events; --<script>alert(1)</script>"',
};

export const acceptedBodies: readonly AcceptedBody[] = [
  ...Object.entries(values).map(([name, value]) => ({
    name,
    body: bodyOf(value),
    comesBack: value,
  })),
  { name: 'of a repeated member the last', body: bodyOf('{"a":1,"a":2}'), comesBack: '{"a":2}' },
  { name: 'of repeated data the last', body: bodyOf('1,"data":-0'), comesBack: '-0' },
  { name: 'of repeated events the last', body: `{"events":5,${plain.slice(1)}`, comesBack: '1' },
  { name: 'a byte order mark', body: `\ufeff${plain}`, comesBack: '1' },
  { name: 'white space everywhere', body: `\r\n\t ${plain} \n`, comesBack: '1' },
  ...Object.entries({
    gzip: gzipSync(plain),
    'X-GZIP': gzipSync(plain),
    deflate: deflateSync(plain),
    br: brotliCompressSync(plain),
    identity: Buffer.from(plain),
  }).map(([encoding, body]) => ({
    name: `encoding ${encoding}`,
    body,
    headers: { 'content-encoding': encoding },
    comesBack: '1',
  })),
  ...[
    'APPLICATION/JSON',
    'application/json;charset=utf-8',
    'application/json; charset="UTF-8"',
    'application/cloudevents+json',
    'application/vnd.x.y-1+json; v=1',
  ].map((type) => ({ name: type, body: plain, headers: { 'content-type': type }, comesBack: '1' })),
  ...['//events', '/events/', '/events?x=1', '/api/traces'].map((path) => ({
    name: path,
    body: plain,
    path,
    comesBack: '1',
  })),
];

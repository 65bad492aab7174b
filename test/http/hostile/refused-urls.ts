import type { ErrorCode } from '../../../src/domain/errors.ts';

/** A request without a body that is refused. */
export type RefusedUrl = readonly [method: string, path: string, status: number, code: ErrorCode];

const badQueries = [
  ...['page=0', 'page=-1', 'page=1.5', 'page=one', 'page=', 'page=1&page=2', 'page=%31%00'],
  ...['page=1000000000000000000', 'page=999999999999999', 'page=1000000', 'page=0x1', 'page=1e1'],
  ...['page_size=0', 'page_size=101', 'page_size=-1', 'page_size=NaN', 'per_page=0'],
  ...['page_size=1&per_page=1', 'page=1&cursor=x', 'page[]=1', 'Page=1', '__proto__=1'],
  ...['cursor=x', 'cursor=', 'cursor=e30', 'cursor=W10', 'cursor=bnVsbA', 'cursor=%F0%9F%98%80'],
  `cursor=${Buffer.from('["1","1","\0",1]').toString('base64url')}`,
  `cursor=${Buffer.from('["-1","1:1:","t",1]').toString('base64url')}`,
  `cursor=${Buffer.from('["9999999999999999999","9:1:","t",1]').toString('base64url')}`,
  `cursor=${Buffer.from('["1","\'; DROP TABLE traces; --","t",1]').toString('base64url')}`,
  `cursor=${'A'.repeat(8193)}`,
  ...['sort=up', 'sort=DESC', 'sort=asc&sort=asc', 'min_events=-1', 'min_events=1e3'],
  ...['since=yesterday', 'since=2024-02-30T00:00:00Z', 'until=1700000000', 'since='],
  ...['min_duration_ms=-1', 'min_duration_ms=1e999', 'min_duration_ms=,5'],
  ...['has_errors=maybe', 'has_errors=1', 'q=', 'q=%00', `q=${'x'.repeat(257)}`],
  ...['service=', 'service=a%00', `service=${'x'.repeat(1025)}`, 'unknown=1'],
];

const badEventQueries = [
  ...['limit=0', 'limit=10001', 'limit=-1', 'limit=all', 'cursor=x', 'cursor=', 'events=1'],
  ...['99999999999999999999:', '9999999999999999999:', '-1:', '1', ''].map(
    (start) =>
      `cursor=${Buffer.from(`${start}00000000-0000-4000-8000-000000000001`).toString('base64url')}`,
  ),
  `cursor=${Buffer.from(`1:${'-'.repeat(36)}`).toString('base64url')}`,
  `cursor=${'A'.repeat(257)}`,
];

/** Paths that lead nowhere, whatever they hold. */
const unknownTraces = [
  ...['none', '.%2F..%2Fetc%2Fpasswd', '%2E%2E', '%00', '%', '%25', '%2F', '%5C', '%3F', '%23'],
  ...['%F0%9F%98%80', '%EF%BF%BF', "'; DROP TABLE traces; --", '<script>', '{}', '*', ':traceId'],
  ...[
    '__proto__',
    'constructor',
    'x'.repeat(129),
    'x'.repeat(9000),
    '00000000000000000000000000000000',
  ],
].map((id) => (id.includes('%') ? id : encodeURIComponent(id)));

export const refusedUrls: readonly RefusedUrl[] = [
  ...badQueries.map((query) => ['GET', `/api/traces?${query}`, 400, 'bad_request'] as const),
  ...badEventQueries.map(
    (query) => ['GET', `/api/traces/known/events?${query}`, 400, 'bad_request'] as const,
  ),
  ['GET', '/api/traces/known?events=maybe', 400, 'bad_request'],
  ['GET', '/api/traces/known?event=false', 400, 'bad_request'],
  ['GET', '/api/services/shop/traces?service=x', 400, 'bad_request'],
  ['GET', '/api/services/%00/traces', 400, 'bad_request'],
  ...unknownTraces.flatMap((id) => {
    const status = id === '%' ? 400 : 404;
    const code = id === '%' ? 'bad_request' : 'not_found';
    return [
      ['GET', `/api/traces/${id}`, status, code] as const,
      ['GET', `/api/traces/${id}/events`, status, code] as const,
      ['DELETE', `/api/traces/${id}`, status, code] as const,
    ];
  }),
  ...['/%', '/%zz', '/api/traces/%C3%28', '/api/traces/%ED%A0%80', '/events%E2%82'].map(
    (path) => ['GET', path, 400, 'bad_request'] as const,
  ),
  ...['/', '/API/TRACES', '/api/trace', '/api/traces/a/b', '/..%2F', '/.env', '/index.php'].map(
    (path) => ['GET', path, 404, 'not_found'] as const,
  ),
  ['GET', `/api/traces/${'x'.repeat(9300)}`, 414, 'uri_too_long'],
  ['GET', `/api/services/${'x'.repeat(1025)}/traces`, 400, 'bad_request'],
  ...['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'].map(
    (method) => [method, '/events', 405, 'method_not_allowed'] as const,
  ),
  ['POST', '/status', 405, 'method_not_allowed'],
  ['POST', '/health', 405, 'method_not_allowed'],
  ['DELETE', '/api/traces', 400, 'bad_request'],
  ['DELETE', '/api/traces?dry_run=true', 400, 'bad_request'],
  ['DELETE', '/api/traces?tag=nocolon', 400, 'bad_request'],
  ['DELETE', '/api/traces?trace_id=%00', 400, 'bad_request'],
  ['GET', '/api/export?cursor=zzz', 400, 'bad_request'],
  ['GET', '/api/export?tag=%00:x', 400, 'bad_request'],
  ['PUT', '/api/traces/known', 405, 'method_not_allowed'],
  ['TRACE', '/events', 405, 'method_not_allowed'],
  ['PROPFIND', '/api/traces', 405, 'method_not_allowed'],
];

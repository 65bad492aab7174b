import type { IncomingHttpHeaders } from 'node:http';

/**
 * `Authorization: Bearer KEY`, `Authorization: Basic …` with the key as password (what Go's client
 * sends for `http://raceway:KEY@host`), else `X-Raceway-Key: KEY`. A wrong `Authorization` is not
 * rescued by a right `X-Raceway-Key`. The space may be `%20`: exporters that take their headers from
 * OTEL_EXPORTER_OTLP_HEADERS ask for it, and not all of them decode it.
 */
export function presentedKey(headers: IncomingHttpHeaders): string | null {
  const [, scheme = '', credentials = ''] =
    /^\s*(bearer|basic)(?:(?:\s|%20)+(.*?))?\s*$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() === 'basic') {
    const pair = Buffer.from(credentials, 'base64').toString();
    return pair.slice(pair.indexOf(':') + 1);
  }
  const header = headers['x-raceway-key'];
  return typeof header === 'string' && header.trim() !== '' ? header.trim() : null;
}

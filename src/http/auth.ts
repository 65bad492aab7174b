import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';

/** Looks at the key of a request. */
export interface Authenticator {
  /** Whether the request carries a configured key. */
  hasValidKey(headers: IncomingHttpHeaders): boolean;
}

/**
 * Compares digests in constant time and always with every key, so that an answer's delay tells
 * nothing about how much of a key was right, or which.
 */
export function createAuthenticator(keys: readonly string[]): Authenticator {
  const digests = keys.map(digest);
  return {
    hasValidKey(headers) {
      const presented = presentedKey(headers);
      if (presented === null) return false;
      const actual = digest(presented);
      let matches = false;
      for (const expected of digests) matches = timingSafeEqual(expected, actual) || matches;
      return matches;
    },
  };
}

/**
 * `Authorization: Bearer KEY`, `Authorization: Basic …` with the key as password (what Go's client
 * sends for `http://raceway:KEY@host`), else `X-Raceway-Key: KEY`. A wrong `Authorization` is not
 * rescued by a right `X-Raceway-Key`.
 */
export function presentedKey(headers: IncomingHttpHeaders): string | null {
  const [, scheme = '', credentials = ''] =
    /^\s*(bearer|basic)(?:\s+(.*?))?\s*$/i.exec(headers.authorization ?? '') ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() === 'basic') {
    const pair = Buffer.from(credentials, 'base64').toString();
    return pair.slice(pair.indexOf(':') + 1);
  }
  const header = headers['x-raceway-key'];
  return typeof header === 'string' && header.trim() !== '' ? header.trim() : null;
}

function digest(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}

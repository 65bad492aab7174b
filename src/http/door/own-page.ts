import type { IncomingHttpHeaders } from 'node:http';

/** The header of the web UI: a page of another origin cannot send it. */
export const pageHeader = 'x-raceway-ui';
/** Requests that change nothing. */
const reading: ReadonlySet<string | undefined> = new Set(['GET', 'HEAD']);

/** A request as far as the rule looks at it. */
export interface PageRequest {
  readonly method?: string | undefined;
  readonly headers: IncomingHttpHeaders;
}

/** Where this server is, as browsers see it. */
export interface OwnPlace {
  /** Origin of `server.public_url`; null when it is not known. */
  readonly publicOrigin: string | null;
  /** Whether the request came encrypted. */
  readonly isEncrypted: boolean;
}

/**
 * Whether a request that a browser adds its sign-in to by itself comes from a page of this server.
 * Browsers say where a request comes from in `Sec-Fetch-Site`; old ones, and all of them over plain
 * HTTP, only in `Origin`, and not even there for a GET: then the header of our own page tells. What
 * changes something needs that header in any case.
 */
export function isFromOwnPage({ method, headers }: PageRequest, place: OwnPlace): boolean {
  const isMarked = headers[pageHeader] === '1';
  if (!isMarked && !reading.has(method)) return false;
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin';
  const { origin } = headers;
  return origin === undefined ? isMarked : isOwnOrigin(origin, headers.host, place);
}

/** Whether an origin is that of the pages of this server, which was asked by `host`. */
export function isOwnOrigin(origin: string, host: string | undefined, place: OwnPlace): boolean {
  if (origin === place.publicOrigin) return true;
  if (host === undefined || !URL.canParse(origin)) return false;
  const { protocol, host: originHost } = new URL(origin);
  if (place.isEncrypted && protocol !== 'https:') return false;
  // Read as the origin was, so that a port that goes without saying may be said.
  const own = `${protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === originHost;
}

import type { Server } from '../server-client.ts';

/** Names that stand in a path as they are; others go into the query, because proxies decode paths. */
const plainName = /^[A-Za-z0-9._-]{1,128}$/;

/** The page of the web UI for one thing of a kind, or for all of them. */
export function pageUrl(
  { url }: Server,
  kind: '' | 'races' | 'traces' | 'variables' | 'live' | 'map' | 'latency' | 'settings' | 'compare',
  name?: string,
): URL {
  const folder = `${url.origin}${url.pathname.replace(/\/$/, '')}/${kind}`;
  if (name === undefined) return new URL(folder);
  const isPlain = plainName.test(name) && !/^\.{1,2}$/.test(name);
  return new URL(isPlain ? `${folder}/${name}` : `${folder}/~?id=${encodeURIComponent(name)}`);
}

import { isIPv4, isIPv6 } from 'node:net';

/** Which names a server without keys answers to. */
export interface HostNames {
  /** Whether a `Host` header may lead to this server; one that is missing comes from no browser. */
  accepts(host: string | undefined): boolean;
}

/**
 * A web page whose own name was made to lead to this machine has the browser of its visitor read
 * whatever a server there shows to everybody, unless that server looks at the name it was asked by.
 * Such a page is never reached by an address, so each address is accepted.
 */
export function createHostNames(settings: {
  readonly public_url?: string | undefined;
  readonly allowed_hosts: readonly string[];
}): HostNames {
  const { public_url: publicUrl, allowed_hosts: allowed } = settings;
  const names = new Set(['localhost', ...allowed.map(plainName)]);
  if (publicUrl !== undefined) names.add(plainName(new URL(publicUrl).hostname));
  return {
    accepts(host) {
      if (host === undefined || host === '') return true;
      const name = hostOf(host);
      return name !== null && (isAddress(name) || names.has(plainName(name)));
    },
  };
}

/** The host of `host[:port]`; null when it is none. */
function hostOf(text: string): string | null {
  return /^(\[[^\]]*\]|[^:\s@/]+)(?::\d{0,5})?$/.exec(text)?.[1] ?? null;
}

function isAddress(host: string): boolean {
  return isIPv4(host) || isIPv6(/^\[(.*)\]$/.exec(host)?.[1] ?? '');
}

/** Names are alike in any case, and with the dot of the root. */
function plainName(name: string): string {
  return name.toLowerCase().replace(/\.$/, '');
}

import type { IncomingMessage } from 'node:http';
import type { Config } from '../../config/schema.ts';
import { everybody } from '../../config/values/proxy-group.ts';
import type { Scope } from '../../domain/scope.ts';
import type { AccessKey } from '../../keys/access-key.ts';
import type { ClientAddresses } from '../front/client-address.ts';

/** A longer name is nobody's. */
const nameCharactersMax = 256;
/** More groups than a directory gives a person. */
const groupsMax = 1000;

/** Reads whom a proxy has signed in. */
export interface ProxySignIn {
  /** What stands for the key of the person; null when the request names none who counts. */
  personOf(request: IncomingMessage): AccessKey | null;
}

/**
 * Only a proxy of `server.trusted_proxies` is believed, and it must take these headers out of what
 * clients send. Names of several persons in one header mean that it does not.
 */
export function createProxySignIn(ui: Config['ui'], addresses: ClientAddresses): ProxySignIn {
  const header = ui.auth_proxy_header?.toLowerCase();
  const groupsHeader = ui.auth_proxy_groups_header?.toLowerCase();
  const scopesOf = new Map(ui.auth_proxy_groups.map(({ name, scopes }) => [name, scopes]));
  return {
    personOf(request) {
      if (header === undefined) return null;
      const name = textOf(request, header);
      if (name === '' || name.includes(',') || name.length > nameCharactersMax) return null;
      if (!addresses.trusts(request)) return null;
      const groups = groupsHeader === undefined ? '' : textOf(request, groupsHeader);
      const named = groups.split(',', groupsMax).map((group) => group.trim());
      // A person may be in a group that is called like everybody.
      const own = [everybody, ...named.filter((group) => group !== everybody)];
      return personWith(name, new Set(own.flatMap((group) => scopesOf.get(group) ?? [])));
    },
  };
}

function textOf({ headers }: IncomingMessage, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value.trim() : '';
}

/** No key has a colon in its name, so that nobody is taken for one. */
function personWith(name: string, scopes: ReadonlySet<Scope>): AccessKey {
  return {
    name: `proxy:${name}`,
    id: 'proxy',
    digest: Buffer.alloc(0),
    scopes,
    services: null,
    createdAtMs: null,
    expiresAtMs: null,
    weakness: null,
  };
}

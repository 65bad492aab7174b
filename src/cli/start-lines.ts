import { maskedConnection } from '../config/describe.ts';
import type { Config } from '../config/schema.ts';
import { reachableHost } from './reachable-host.ts';

/** What somebody at a terminal wants to know once the server is up. */
export function startLines(
  config: Config,
  { url, hasPages }: { readonly url: string; readonly hasPages: boolean },
  version: string,
): string[] {
  const { auth_enabled: isGuarded, api_keys: plainKeys, keys } = config.server;
  const keyCount = plainKeys.length + keys.length;
  const count = keyCount === 1 ? '1 key' : `${keyCount} keys`;
  const { protocol, hostname, port } = new URL(url);
  const usualPort = protocol === 'https:' ? 443 : 80;
  const own = `${protocol}//${reachableHost(hostname)}:${port || usualPort}`;
  const key = isGuarded ? ' -H "Authorization: Bearer $KEY"' : '';
  return [
    `Raceway ${version} listens on ${url}`,
    `Storage: ${storageLine(config.storage)}`,
    `API keys: ${isGuarded ? `asked for (${count})` : 'not asked for, the server is open'}`,
    ...(hasPages ? [`Open ${config.server.public_url ?? own} in a browser`] : []),
    `Next: give an SDK the server URL ${own}, then look: curl${key} ${own}/api/traces`,
  ];
}

function storageLine({ backend, memory, postgres }: Config['storage']): string {
  if (backend === 'postgres' && postgres.connection !== null) {
    return maskedConnection(postgres.connection);
  }
  const mebibytes = Math.round(memory.max_bytes / 1024 / 1024);
  const room = `memory, up to ${mebibytes} MiB of events`;
  if (memory.directory !== undefined) return `${room}, kept in ${memory.directory}`;
  return (
    `${room}; "stored" means in this process: they are gone when it ends, ` +
    'unless RACEWAY_STORAGE_MEMORY_DIRECTORY names a folder that keeps them'
  );
}

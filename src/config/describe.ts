import type { LoadedConfig } from './load.ts';
import { keys } from './schema.ts';
import { type Tree, valueAt } from './toml.ts';
import type { Key } from './values/key.ts';
import type { PostgresConnection, PostgresHost } from './values/postgres-url.ts';

/** Longer values push their source to the right instead of all sources. */
const valueWidthMax = 60;

/**
 * The effective configuration as text: one line for each key with its value and where that comes
 * from, secrets masked.
 */
export function describeConfig({ config, sources }: LoadedConfig): string {
  const lines = keys.map((key) => {
    const source = sources.get(key.name) ?? 'default';
    const value = valueAt(config as unknown as Tree, key.path);
    const connection = connectionOf(key, config);
    const shown =
      connection === undefined ? shownValue(key, value) : shownConnection(connection, source);
    const decided = source === 'default' && key.unset !== null ? `${source}: ${key.unset}` : source;
    return { left: `${key.name} = ${shown}`, source: decided };
  });
  const widths = lines.map(({ left }) => left.length).filter((width) => width <= valueWidthMax);
  const width = Math.max(...widths);
  return lines.map(({ left, source }) => `${left.padEnd(width)}  # ${source}`).join('\n');
}

/** A connection as a URL without its password, for logs and `raceway check`. */
export function maskedConnection(connection: PostgresConnection): string {
  const { database, user, password, sslMode, sslRootCert } = connection;
  const { targetSessionAttrs = 'any' } = connection;
  const places = [connection, ...(connection.otherHosts ?? [])].map(placeOf).join(',');
  const userInfo = encodeURIComponent(user) + (password === null ? '' : ':***');
  const root = sslRootCert === null ? '' : `&sslrootcert=${encodeURIComponent(sslRootCert)}`;
  const target = targetSessionAttrs === 'any' ? '' : `&target_session_attrs=${targetSessionAttrs}`;
  const address = `${userInfo}@${places}/${encodeURIComponent(database)}`;
  return `postgresql://${address}?sslmode=${sslMode}${root}${target}`;
}

function placeOf({ host, port }: PostgresHost): string {
  return `${host.includes(':') ? `[${host}]` : encodeURIComponent(host)}:${port}`;
}

/** The configuration holds connections in parts, so their texts are made anew; undefined: another key. */
function connectionOf(
  { name }: Key,
  { storage }: LoadedConfig['config'],
): PostgresConnection | null | undefined {
  if (name === 'storage.postgres.connection_string') return storage.postgres.connection;
  if (name === 'storage.postgres.read_connection') return storage.postgres.read_connection;
  return undefined;
}

function shownConnection(connection: PostgresConnection | null, source: string): string {
  if (connection !== null) return JSON.stringify(maskedConnection(connection));
  return source === 'default' ? '(unset)' : '"***"';
}

function shownValue(key: Key, value: unknown): string {
  if (value === undefined) return '(unset)';
  if (key.kind === 'tables' && key.secret) {
    return JSON.stringify((value as ShownTable[]).map(shownTable));
  }
  if (!key.secret) return JSON.stringify(value);
  return Array.isArray(value) ? `[${value.map(() => '"***"').join(', ')}]` : '"***"';
}

/** What is shown of a table: of a key its scopes, of a receiver of alerts its type. */
type ShownTable = { readonly name: string } & (
  | { readonly scopes: readonly string[] }
  | { readonly type: string }
);

function shownTable(table: ShownTable): string {
  return `${table.name}: ${'scopes' in table ? table.scopes.join(', ') : table.type}`;
}

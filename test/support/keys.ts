import type { NamedKey } from '../../src/config/values/named-key.ts';
import { digestOf } from '../../src/keys/access-key.ts';

/** A key as `[[server.keys]]` configures it. */
export function namedKey(key: string, more: Partial<NamedKey> = {}): NamedKey {
  return {
    name: 'test',
    hash: digestOf(key).toString('hex'),
    scopes: ['ingest', 'read'],
    created_at: undefined,
    expires_at: undefined,
    services: undefined,
    ...more,
  };
}

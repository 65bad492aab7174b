import { hash } from 'node:crypto';
import type { Config } from '../config/schema.ts';
import { plainKeyScopes, type Scope } from '../domain/scope.ts';
import { keyWeakness } from './key-strength.ts';

/** A key that lets a client in. The key itself is not known here, only its digest. */
export interface AccessKey {
  /** Of a named key its name, of a plain one its place: `api_keys[0]`. */
  readonly name: string;
  /** The first 8 hexadecimal digits of {@link digest}: they tell two keys of a name apart. */
  readonly id: string;
  /** SHA-256 of the key. */
  readonly digest: Buffer;
  readonly scopes: ReadonlySet<Scope>;
  /** The only services that may be written; null: all. */
  readonly services: ReadonlySet<string> | null;
  readonly createdAtMs: number | null;
  readonly expiresAtMs: number | null;
  /** Why the key can be guessed; null when nothing speaks for it, or the key was never seen. */
  readonly weakness: string | null;
}

type KeySettings = Pick<Config['server'], 'api_keys' | 'keys'>;

/** The keys of a configuration, each digest once. */
export function configuredKeys(settings: KeySettings): readonly AccessKey[] {
  const plain = settings.api_keys.map((key, index): AccessKey => {
    const digest = digestOf(key);
    return {
      name: `api_keys[${index}]`,
      id: idOf(digest),
      digest,
      scopes: new Set(plainKeyScopes),
      services: null,
      createdAtMs: null,
      expiresAtMs: null,
      weakness: keyWeakness(key),
    };
  });
  const named = settings.keys.map((key): AccessKey => {
    const digest = Buffer.from(key.hash, 'hex');
    return {
      name: key.name,
      id: idOf(digest),
      digest,
      scopes: new Set(key.scopes),
      services: key.services === undefined ? null : new Set(key.services),
      createdAtMs: key.created_at ?? null,
      expiresAtMs: key.expires_at ?? null,
      weakness: null,
    };
  });
  const byDigest = new Map<string, AccessKey>();
  for (const key of [...named, ...plain]) {
    const digest = key.digest.toString('hex');
    if (!byDigest.has(digest)) byDigest.set(digest, key);
  }
  return [...byDigest.values()];
}

/** The SHA-256 of a key as it is sent. */
export function digestOf(key: string): Buffer {
  // Asked for as a buffer it costs twice as much: that one would have memory of its own.
  return Buffer.from(hash('sha256', key, 'binary'), 'binary');
}

/** Whether a key has expired. */
export function isExpired(key: AccessKey, nowMs: number): boolean {
  return key.expiresAtMs !== null && key.expiresAtMs <= nowMs;
}

function idOf(digest: Buffer): string {
  return digest.toString('hex').slice(0, 8);
}

import { timingSafeEqual } from 'node:crypto';
import { type AccessKey, digestOf, isExpired } from './access-key.ts';
import { isMistypedKey } from './key-format.ts';

/** Why a request has no valid key. */
export const keyFaults = ['missing', 'wrong', 'mistyped', 'expired'] as const;
export type KeyFault = (typeof keyFaults)[number];

/** What a replacement of keys did, by their names. */
export interface KeyChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** How many keys there are now. */
  readonly left: number;
}

/** The keys that are valid now. They may be replaced while requests are served. */
export class KeyRing {
  #keys: readonly AccessKey[];
  #isGuarded: boolean;

  /** @param isGuarded whether requests are asked for a key (`server.auth_enabled`) */
  constructor(keys: readonly AccessKey[], isGuarded: boolean) {
    this.#keys = keys;
    this.#isGuarded = isGuarded;
  }

  get keys(): readonly AccessKey[] {
    return this.#keys;
  }

  get isGuarded(): boolean {
    return this.#isGuarded;
  }

  /** From now on these keys are valid and no others. A guarded server stays guarded. */
  replace(keys: readonly AccessKey[], isGuarded: boolean): KeyChange {
    const before = this.#keys;
    this.#keys = keys;
    this.#isGuarded ||= isGuarded;
    return { added: without(keys, before), removed: without(before, keys), left: keys.length };
  }

  /**
   * The presented key, or the reason why it is not valid. It compares digests in constant time and
   * always with every key, so that the time of an answer tells nothing about a key.
   */
  find(presented: string | null, nowMs: number): AccessKey | KeyFault {
    if (presented === null) return 'missing';
    const digest = digestOf(presented);
    const found = this.#withDigest(digest);
    if (found === null) return isMistypedKey(presented) ? 'mistyped' : 'wrong';
    return isExpired(found, nowMs) ? 'expired' : found;
  }

  /** The valid key with this digest; null when there is none any more. */
  findByDigest(digest: Buffer, nowMs: number): AccessKey | null {
    const found = this.#withDigest(digest);
    return found === null || isExpired(found, nowMs) ? null : found;
  }

  #withDigest(digest: Buffer): AccessKey | null {
    let found: AccessKey | null = null;
    for (const key of this.#keys) if (timingSafeEqual(key.digest, digest)) found = key;
    return found;
  }
}

/** Names of the keys that another list does not have. */
function without(keys: readonly AccessKey[], others: readonly AccessKey[]): string[] {
  const missing = keys.filter((key) => !others.some(({ digest }) => digest.equals(key.digest)));
  return missing.map(({ name, id }) => `${name} (${id})`);
}

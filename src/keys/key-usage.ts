import type { AccessKey } from './access-key.ts';

/** Pairs of key and network remembered; the oldest is forgotten for a new one. */
const networksMax = 10_000;

/** What is known of the use of a key. */
export interface KeyUse {
  /** Requests since this process started. */
  readonly requests: number;
  /** Networks it came from, each counted when it was seen for the first time. */
  readonly networks: number;
  /** Null: never, as far as is known. */
  readonly lastUsedAtMs: number | null;
  /** When any process of this database first had the key; null in memory, where nobody knows. */
  readonly firstSeenAtMs: number | null;
}

const unused: KeyUse = { requests: 0, networks: 0, lastUsedAtMs: null, firstSeenAtMs: null };

/** Counts the use of keys. */
export class KeyUsage {
  readonly #uses = new Map<string, { -readonly [Member in keyof KeyUse]: KeyUse[Member] }>();
  readonly #networks = new Set<string>();
  /** Keys used since {@link takeUsed}. */
  #used = new Set<AccessKey>();

  /**
   * Notes one request.
   *
   * @param network where it came from, as wide as an address wanders within one place
   * @returns whether the key was never seen to come from there
   */
  note(key: AccessKey, network: string, nowMs: number): boolean {
    const isNew = this.#isNewNetwork(`${key.id} ${network}`);
    const use = this.#uses.get(useId(key)) ?? { ...unused };
    use.requests += 1;
    if (isNew) use.networks += 1;
    use.lastUsedAtMs = nowMs;
    this.#uses.set(useId(key), use);
    this.#used.add(key);
    return isNew;
  }

  of(key: AccessKey): KeyUse {
    return { ...(this.#uses.get(useId(key)) ?? unused) };
  }

  /** The keys that were used since the last call. */
  takeUsed(): ReadonlySet<AccessKey> {
    const used = this.#used;
    this.#used = new Set();
    return used;
  }

  /** Adds what a storage knows from before, or from other processes. */
  learn(key: AccessKey, firstSeenAtMs: number, lastUsedAtMs: number | null): void {
    const use = this.of(key);
    const last = Math.max(use.lastUsedAtMs ?? 0, lastUsedAtMs ?? 0);
    this.#uses.set(useId(key), {
      ...use,
      firstSeenAtMs,
      lastUsedAtMs: last === 0 ? null : last,
    });
  }

  #isNewNetwork(pair: string): boolean {
    const isNew = !this.#networks.delete(pair);
    this.#networks.add(pair);
    if (this.#networks.size > networksMax) {
      for (const oldest of this.#networks) {
        this.#networks.delete(oldest);
        break;
      }
    }
    return isNew;
  }
}

function useId(key: AccessKey): string {
  return key.digest.toString('latin1');
}

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

type OpenUse = { -readonly [Member in keyof KeyUse]: KeyUse[Member] };

const unused: KeyUse = { requests: 0, networks: 0, lastUsedAtMs: null, firstSeenAtMs: null };

/** Counts the use of keys. */
export class KeyUsage {
  readonly #uses = new Map<string, OpenUse>();
  readonly #networks = new Set<string>();
  /** Keys used since {@link takeUsed}. */
  #used = new Set<AccessKey>();
  /** What was noted last: most requests come like the one before. */
  #last: { readonly key: AccessKey; readonly network: string; readonly use: OpenUse } | null = null;

  /**
   * Notes one request.
   *
   * @param network where it came from, as wide as an address wanders within one place
   * @returns whether the key was never seen to come from there
   */
  note(key: AccessKey, network: string, nowMs: number): boolean {
    let isNew = false;
    if (this.#last?.key !== key || this.#last.network !== network) {
      isNew = this.#noteNetwork(`${key.id} ${network}`);
      this.#last = { key, network, use: this.#openUse(key) };
    }
    const { use } = this.#last;
    use.requests += 1;
    if (isNew) use.networks += 1;
    use.lastUsedAtMs = nowMs;
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
    const use = this.#openUse(key);
    const last = Math.max(use.lastUsedAtMs ?? 0, lastUsedAtMs ?? 0);
    use.firstSeenAtMs = firstSeenAtMs;
    use.lastUsedAtMs = last === 0 ? null : last;
  }

  #openUse(key: AccessKey): OpenUse {
    const id = useId(key);
    const use = this.#uses.get(id) ?? { ...unused };
    this.#uses.set(id, use);
    return use;
  }

  /** Remembers a key and where it came from; tells whether they were not remembered together. */
  #noteNetwork(pair: string): boolean {
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

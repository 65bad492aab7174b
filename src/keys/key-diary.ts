import { RacewayError } from '../domain/errors.ts';
import type { Storage } from '../storage/storage.ts';
import type { AccessKey } from './access-key.ts';
import { reportOn } from './key-report.ts';
import type { KeyRing } from './key-ring.ts';
import type { KeyUsage } from './key-usage.ts';

/** How often the storage hears of the use of keys. */
const syncMs = 60_000;
const dayMs = 86_400_000;

/** Where warnings go. */
export interface KeyLog {
  warn(text: string): void;
}

/**
 * Keeps the use of keys beyond this process, where the storage can, and warns once a day of keys
 * that are old, weak or at their end.
 */
export class KeyDiary {
  readonly #ring: KeyRing;
  readonly #usage: KeyUsage;
  readonly #storage: Pick<Storage, 'noteKeys'>;
  readonly #log: KeyLog;
  #timer: NodeJS.Timeout | null = null;
  #warnedAtMs = Number.NEGATIVE_INFINITY;
  #hasFailed = false;
  /** Keys that the storage has been told of. */
  readonly #known = new WeakSet<AccessKey>();

  constructor(ring: KeyRing, usage: KeyUsage, storage: Pick<Storage, 'noteKeys'>, log: KeyLog) {
    this.#ring = ring;
    this.#usage = usage;
    this.#storage = storage;
    this.#log = log;
  }

  async start(): Promise<void> {
    await this.turn();
    this.#timer = setInterval(() => void this.turn(), syncMs).unref();
  }

  async close(): Promise<void> {
    if (this.#timer !== null) clearInterval(this.#timer);
    await this.#sync(Date.now());
  }

  /** What is done once a minute. */
  async turn(): Promise<void> {
    const nowMs = Date.now();
    await this.#sync(nowMs);
    if (nowMs < this.#warnedAtMs + dayMs) return;
    this.#warnedAtMs = nowMs;
    this.warn(nowMs);
  }

  /** Logs what speaks against keys. */
  warn(nowMs: number): void {
    for (const key of this.#ring.keys) {
      const { warnings } = reportOn(key, this.#usage.of(key), nowMs);
      const subject = `the key ${key.name} (SHA-256 ${key.id}…)`;
      for (const warning of warnings) this.#log.warn(`${subject} ${warning}`);
    }
  }

  /** Not worth more than a line: the next use of a key is told again. */
  #warnOfFailure(error: unknown): void {
    if (this.#hasFailed || !(error instanceof RacewayError)) return;
    this.#hasFailed = true;
    this.#log.warn(`the use of keys is not stored: ${error.message}`);
  }

  async #sync(nowMs: number): Promise<void> {
    const used = this.#usage.takeUsed();
    const keys = this.#ring.keys.filter((key) => used.has(key) || !this.#known.has(key));
    if (keys.length === 0) return;
    const notes = keys.map((key) => ({
      digest: key.digest.toString('hex'),
      usedAtMs: this.#usage.of(key).lastUsedAtMs,
    }));
    const sightings = await this.#storage.noteKeys(notes, nowMs).catch((error: unknown) => {
      this.#warnOfFailure(error);
      return null;
    });
    if (sightings === null) return;
    for (const key of keys) {
      this.#known.add(key);
      const sighting = sightings.get(key.digest.toString('hex'));
      if (sighting !== undefined) {
        this.#usage.learn(key, sighting.firstSeenAtMs, sighting.lastUsedAtMs);
      }
    }
  }
}

import { RacewayError } from '../domain/errors.ts';

/** What work in the background tells the log. */
export interface RoundsLog {
  info(details: object, message: string): void;
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

/** What the log says of rounds that come to no end. */
export interface RoundsMessages {
  readonly waits: string;
  readonly brokeOff: string;
}

const ROUND_MS = 60_000;

/** Work that a storage needs now and then: one round a minute, one at a time, and what keeps it from its end. */
export class BackgroundRounds {
  readonly #log: RoundsLog;
  readonly #messages: RoundsMessages;
  #timer: NodeJS.Timeout | null = null;
  #wake: (() => void) | null = null;
  #running: Promise<void> | null = null;
  #isClosed = false;
  #lastRunAtMs: number | null = null;
  #waiting: string | null = null;
  #fault: string | null = null;

  constructor(log: RoundsLog, messages: RoundsMessages) {
    this.#log = log;
    this.#messages = messages;
  }

  /** A round that goes on is to end now. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** When the last round ended; null before the first. */
  get lastRunAtMs(): number | null {
    return this.#lastRunAtMs;
  }

  /** Why nothing is done for now; null when nothing is waited for. */
  get waiting(): string | null {
    return this.#waiting;
  }

  /** Why the last round did not come to its end; null when it did. */
  get fault(): string | null {
    return this.#fault;
  }

  /** @param begin what asks for a round by {@link run} */
  start(begin: () => Promise<void>): void {
    this.#timer = setInterval(() => void begin(), ROUND_MS).unref();
    void begin();
  }

  /** Asked for during a round, it is that one. Never rejects. */
  run(round: () => Promise<void>): Promise<void> {
    this.#running ??= this.#guarded(round).finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#wake?.();
    await this.#running;
  }

  /** Notes what is waited for, and says so once, not once for each round. */
  tellToWait(reason: string | null): void {
    if (reason !== null && this.#waiting === null) {
      this.#log.warn({ reason }, this.#messages.waits);
    }
    this.#waiting = reason;
  }

  /** Waits; `close` ends it. */
  async rest(ms: number): Promise<void> {
    if (this.#isClosed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = null;
  }

  async #guarded(round: () => Promise<void>): Promise<void> {
    try {
      await round();
      this.#fault = null;
    } catch (error) {
      this.#tell(error);
    }
    this.#lastRunAtMs = Date.now();
  }

  /** Once for each fault, not once for each round. */
  #tell(error: unknown): void {
    const isKnown = error instanceof RacewayError;
    const fault = isKnown ? error.message : 'an internal error; see the log';
    if (fault !== this.#fault) {
      if (isKnown) this.#log.warn({ reason: fault }, this.#messages.brokeOff);
      else this.#log.error({ err: error }, this.#messages.brokeOff);
    }
    this.#fault = fault;
  }
}

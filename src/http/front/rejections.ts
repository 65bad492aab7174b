import { repeatedMs, type TroubleLog } from './outage-log.ts';

/** Services and reasons that are told apart; what comes after them is counted together. */
const entriesMax = 100;
/** Characters of the name of a service that are shown. */
const serviceCharacters = 64;

/** Events of one service that were refused for one reason. */
export interface Rejection {
  readonly service: string;
  /** The member at fault, as in `metadata.tags`. */
  readonly path: string;
  /** What is wrong with it, of the last one. */
  readonly message: string;
  readonly count: number;
  readonly lastAtMs: number;
}

/** Counts refused events by service and reason, and logs each at first and then once a minute. */
export class RejectionBook {
  readonly #log: Pick<TroubleLog, 'warn'>;
  readonly #entries = new Map<string, { rejection: Rejection; toldMs: number; untold: number }>();

  constructor(log: Pick<TroubleLog, 'warn'>) {
    this.#log = log;
  }

  /** The latest first. */
  get all(): Rejection[] {
    const rejections = [...this.#entries.values()].map(({ rejection }) => rejection);
    return rejections.sort((a, b) => b.lastAtMs - a.lastAtMs);
  }

  note(service: string, path: string, message: string, lastAtMs: number): void {
    const name = service.slice(0, serviceCharacters).toWellFormed();
    // Deeper down stand names that clients make.
    const member = /^[a-z_]*(?:\.[a-z_]+(?![^.[]))?/.exec(path)?.[0] ?? '';
    const key = JSON.stringify([name, member]);
    const isKnown = this.#entries.has(key) || this.#entries.size < entriesMax;
    const subject = isKnown ? { service: name, path: member } : { service: '(others)', path: '' };
    const id = isKnown ? key : '';
    const nowMs = performance.now();
    const entry = this.#entries.get(id);
    const count = (entry?.rejection.count ?? 0) + 1;
    const untold = (entry?.untold ?? 0) + 1;
    const isTold = entry === undefined || nowMs - entry.toldMs >= repeatedMs;
    this.#entries.set(id, {
      rejection: { ...subject, message, count, lastAtMs },
      toldMs: isTold ? nowMs : entry.toldMs,
      untold: isTold ? 0 : untold,
    });
    if (isTold) {
      this.#log.warn({ ...subject, rejected: untold }, 'events were refused; /status says why');
    }
  }
}

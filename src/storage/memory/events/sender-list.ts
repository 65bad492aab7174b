import type { EventSender } from '../../../domain/event/event.ts';
import type { Interned } from '../bytes/interned.ts';

/** The senders of the events of one log, each under a number of its own. */
export class SenderList {
  readonly #all: Interned<EventSender>;
  /** By the number here, that among all senders. */
  readonly #numbers: number[] = [];

  /** @param all the senders of all logs */
  constructor(all: Interned<EventSender>) {
    this.#all = all;
  }

  get isEmpty(): boolean {
    return this.#numbers.length === 0;
  }

  numberOf(sender: EventSender): number {
    const common = this.#all.use(sender.key, sender);
    const known = this.#numbers.indexOf(common);
    if (known === -1) return this.#numbers.push(common) - 1;
    this.#all.release(common);
    return known;
  }

  at(number: number): EventSender {
    return this.#all.valueOf(this.#numbers[number] as number);
  }

  clear(): void {
    for (const common of this.#numbers) this.#all.release(common);
    this.#numbers.length = 0;
  }
}

const SECOND_NS = 1_000_000_000n;
const FRACTION_DIGITS = 9;
/** The first instant beyond what a timestamp of an event can say: the year 2262. */
export const INSTANTS_END_NS = BigInt(Date.UTC(2262, 0, 1)) * 1_000_000n;

/** Writes instants in UTC with all nine digits; those of one second after another are quick. */
export class InstantWriter {
  #second = -1n;
  #text = '';

  /** @param ns from 0 up to {@link INSTANTS_END_NS} */
  write(ns: bigint): string {
    const second = ns / SECOND_NS;
    if (second !== this.#second) {
      this.#second = second;
      this.#text = new Date(Number(second) * 1000).toISOString().slice(0, -4);
    }
    const fraction = Number(ns - second * SECOND_NS);
    return `${this.#text}${String(fraction).padStart(FRACTION_DIGITS, '0')}Z`;
  }
}

/** Whether an instant can be the time of an event. */
export function isInstant(ns: bigint): boolean {
  return ns > 0n && ns < INSTANTS_END_NS;
}

/** Nanoseconds as milliseconds with a fraction, as a number in JSON. */
export function millisecondsText(ns: bigint): string {
  return String(Number(ns) / 1e6);
}

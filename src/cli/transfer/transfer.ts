import type { Readable } from 'node:stream';
import { RacewayError } from '../../domain/errors.ts';

/** What comes of the waits of a transfer; tests do not wait. */
export type Wait = (ms: number) => Promise<unknown>;

/** How often in a row a transfer is tried that makes no progress. */
const ATTEMPTS = 30;
const WAIT_MS_MAX = 10_000;

/** Waits between attempts, longer each time, and gives up when too many in a row came to nothing. */
export class Patience {
  readonly #wait: Wait;
  #failures = 0;

  constructor(wait: Wait) {
    this.#wait = wait;
  }

  /** Something went on. */
  renew(): void {
    this.#failures = 0;
  }

  /**
   * @param reason why the attempt failed
   * @param seconds what the server asked to wait; null: it did not say
   */
  async spend(reason: string, seconds: number | null): Promise<void> {
    this.#failures += 1;
    if (this.#failures >= ATTEMPTS) {
      throw new RacewayError('unavailable', `gave up after ${ATTEMPTS} attempts: ${reason}`);
    }
    await this.#wait(
      seconds === null ? Math.min(WAIT_MS_MAX, 200 * this.#failures) : seconds * 1000,
    );
  }
}

/** The lines of a stream, without one at its end that was cut in the middle. */
export async function* linesOf(stream: Readable): AsyncGenerator<string> {
  let rest = '';
  for await (const part of stream.setEncoding('utf8')) {
    const lines = (rest + (part as string)).split('\n');
    rest = lines.pop() ?? '';
    yield* lines;
  }
  if (isJson(rest)) yield rest;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** A line of an export that is no event. */
export type ControlLine =
  | { readonly kind: 'cursor'; readonly cursor: string }
  /** What was decided about a race, as the JSON text that `POST /api/triage` takes. */
  | { readonly kind: 'triage'; readonly text: string }
  | { readonly kind: 'complete'; readonly count: number };

/** Reads a line of an export; null for an event. */
export function readControlLine(line: string): ControlLine | null {
  if (line.startsWith(TRIAGE_START)) {
    return { kind: 'triage', text: line.trim().slice(TRIAGE_START.length, -1) };
  }
  if (!/^\{"(?:cursor|complete)":/.test(line)) return null;
  const { cursor, complete, count } = JSON.parse(line) as Record<string, unknown>;
  if (typeof cursor === 'string') return { kind: 'cursor', cursor };
  return complete === true && typeof count === 'number' ? { kind: 'complete', count } : null;
}

const TRIAGE_START = '{"triage":';

/** A line with what was decided about a race, as the JSON text of `GET /api/triage`. */
export function triageLine(text: string): string {
  return `${TRIAGE_START}${text}}\n`;
}

/** The last line of a whole export. */
export function completeLine(count: number): string {
  return `${JSON.stringify({ complete: true, count })}\n`;
}

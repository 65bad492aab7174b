import type { RequestSketch, Stack, StepSketch } from './invented-requests.ts';

/** Node's own instrumentation, whose spans begin at whole milliseconds. */
export const nodeStack: Stack = {
  system: 'postgresql',
  scope: '@opentelemetry/instrumentation-pg',
  language: 'nodejs',
  attributes: { 'db.namespace': 'shop' },
};

export const READ = 'SELECT balance FROM accounts WHERE id = $1';
export const WRITE = 'UPDATE accounts SET balance = $1 WHERE id = $2';

/** A statement as chance has it: how many milliseconds it takes, and after what part its store does it. */
export interface Luck {
  readonly lastsMs: number;
  readonly doneAfter: number;
}

export interface QuickRequest {
  readonly beginsMs: number;
  /** Of BEGIN, the read, the write, and COMMIT. */
  readonly luck: readonly [Luck, Luck, Luck, Luck];
}

export interface QuickTraffic {
  readonly requests: readonly QuickRequest[];
  /** Each request is one transaction; else each statement is. */
  readonly inTransactions: boolean;
  /** One request after another, as a lock in the process has it. */
  readonly oneByOne: boolean;
  /** What the code between two statements takes. */
  readonly pauseMs: number;
}

/** What requests that read a balance, and then write ten less, look like, and whether an update was lost. */
export interface Played {
  readonly sketches: readonly RequestSketch[];
  readonly isLost: boolean;
}

const texts = ['BEGIN', READ, WRITE, 'COMMIT'] as const;
const READING = 1;
const WRITING = 2;

/** A request on its way through its statements. */
class Run {
  readonly steps: StepSketch[] = [];
  readonly #luck: QuickRequest['luck'];
  readonly #left: number[];
  nextMs: number;
  value = 0;
  readMs = 0;
  seenMs = 0;

  constructor({ beginsMs, luck }: QuickRequest, inTransactions: boolean) {
    this.nextMs = beginsMs;
    this.#luck = luck;
    this.#left = inTransactions ? [0, 1, 2, 3] : [1, 2];
  }

  /** The statement that comes next; undefined when all are done. */
  get statement(): number | undefined {
    return this.#left[0];
  }

  get isLast(): boolean {
    return this.#left.length === 1;
  }

  /** When the store does the next statement, where a row that is written may be had from a moment on. */
  doneMs(freeMs: number): number {
    const { lastsMs, doneAfter } = this.#luck[this.statement ?? 0] as Luck;
    const doneMs = this.nextMs + lastsMs * doneAfter;
    return this.statement === WRITING ? Math.max(doneMs, freeMs) : doneMs;
  }

  /** The next statement is done, and its span written as Node's clock has it. */
  step(doneMs: number, pauseMs: number): void {
    const statement = this.#left.shift() ?? 0;
    const { lastsMs, doneAfter } = this.#luck[statement] as Luck;
    const endMs = doneMs + lastsMs * (1 - doneAfter);
    const from = Math.floor(this.nextMs);
    const values = statement === READING ? [1] : statement === WRITING ? [this.value, 1] : [];
    this.steps.push({ text: texts[statement] ?? '', from, to: from + endMs - this.nextMs, values });
    this.nextMs = endMs + pauseMs;
  }
}

/** Plays requests against a store of one row, which keeps a row that is written until its writer is done. */
export function played({ requests, inTransactions, oneByOne, pauseMs }: QuickTraffic): Played {
  const runs = requests.map((request) => new Run(request, inTransactions));
  let balance = 1000;
  let freeMs = 0;
  for (;;) {
    const open = runs.filter(({ statement }) => statement !== undefined);
    const [first] = open;
    if (first === undefined) break;
    const run = oneByOne
      ? first
      : open.reduce((a, b) => (b.doneMs(freeMs) < a.doneMs(freeMs) ? b : a));
    const doneMs = run.doneMs(freeMs);
    const { isLast, statement } = run;
    if (statement === READING) {
      run.value = balance - 10;
      run.readMs = doneMs;
    }
    if (statement === WRITING) freeMs = Number.POSITIVE_INFINITY;
    run.step(doneMs, pauseMs);
    if (!isLast) continue;
    balance = run.value;
    run.seenMs = doneMs;
    freeMs = doneMs;
    if (oneByOne) for (const other of open) other.nextMs = Math.max(other.nextMs, run.nextMs);
  }
  const isLost = runs.some((one) =>
    runs.some((two) => one !== two && one.readMs < two.seenMs && two.readMs < one.seenMs),
  );
  const sketches = runs.map(({ steps }) => ({ route: 'POST /a/{id}', path: '/a/1', steps }));
  return { sketches, isLost };
}

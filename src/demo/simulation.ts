/** What a routine waits for: so many microseconds, or a lock. */
export type Step = { readonly waitUs: number } | { readonly acquire: string };

/** The code of one request, which gives way wherever real code would wait. */
export type Routine = Generator<Step, void, void>;

interface Waiting {
  readonly atUs: number;
  /** Of two at one time the one that was told first goes first. */
  readonly turn: number;
  readonly routine: Routine;
}

/**
 * Runs routines on a clock of its own, so that they meet in the same way each time and nobody waits.
 * One after the other takes a step, as in a program with one thread.
 */
export class Simulation {
  /** Microseconds since the beginning. */
  nowUs = 0;
  #turn = 0;
  #waiting: Waiting[] = [];
  readonly #queues = new Map<string, Routine[]>();

  /** Lets a routine begin at a time. */
  start(atUs: number, routine: Routine): void {
    this.#turn += 1;
    this.#waiting.push({ atUs, turn: this.#turn, routine });
  }

  /** Gives a lock to the one that has waited longest. */
  release(lock: string): void {
    const next = this.#queues.get(lock)?.shift();
    if (next === undefined) this.#queues.delete(lock);
    else this.start(this.nowUs, next);
  }

  /** Runs until no routine waits for time any more. */
  run(): void {
    for (;;) {
      this.#waiting.sort((a, b) => a.atUs - b.atUs || a.turn - b.turn);
      const next = this.#waiting.shift();
      if (next === undefined) return;
      this.nowUs = next.atUs;
      this.#advance(next.routine);
    }
  }

  #advance(routine: Routine): void {
    const { done, value: step } = routine.next();
    if (done === true) return;
    if ('waitUs' in step) {
      this.start(this.nowUs + step.waitUs, routine);
      return;
    }
    const queue = this.#queues.get(step.acquire);
    if (queue !== undefined) {
      queue.push(routine);
      return;
    }
    this.#queues.set(step.acquire, []);
    this.start(this.nowUs, routine);
  }
}

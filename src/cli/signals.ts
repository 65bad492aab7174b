import type { EventEmitter } from 'node:events';

/** Signals that ask the process to end, with the exit code of one that does nothing more first. */
const stopSignals = { SIGTERM: 143, SIGINT: 130, SIGQUIT: 131 } as const;
export type StopSignal = keyof typeof stopSignals;

/** Below the 30 seconds that Kubernetes gives, above what the server takes to drain. */
export const stopMsMax = 25_000;
/** Signals of other programs' habits: Node would open its debugger at the first, and end at the second. */
const unheardSignals = ['SIGUSR1', 'SIGUSR2'];

/** The part of `process` that is needed; tests have one of their own. */
export interface SignalSource extends Pick<EventEmitter, 'on'> {
  exit(code: number): void;
}

/** What the process does when it is told something. */
export interface Signals {
  /**
   * Runs `stop` at the first signal to end, then exits with the code that it gives; a second signal
   * ends at once.
   *
   * @param delayMs how long `stop` waits on purpose
   */
  onStop(stop: (signal: StopSignal) => Promise<number>, delayMs?: number): void;
  onHangUp(hangUp: () => void): void;
  /** Hears of an error that nobody caught, and of a stop that failed, before the exit with 1. */
  onCrash(crash: (error: unknown) => void): void;
}

/**
 * Takes the signals. To be called first of all: without handlers Node dies of SIGHUP, and as the
 * first process of a container it does not even hear SIGTERM.
 *
 * Not by close-with-grace: here SIGHUP ends nothing, `beforeExit` must not change the exit code of
 * a command, and a process in an unknown state stops without serving the requests it still has.
 */
export function installSignals(source: SignalSource, crash: (error: unknown) => void): Signals {
  let stop: ((signal: StopSignal) => Promise<number>) | null = null;
  let hangUp = () => {};
  let report = crash;
  let stopping = false;
  let delayMs = 0;
  const fail = (error: unknown) => {
    report(error);
    source.exit(1);
  };
  const onStopSignal = (signal: StopSignal) => {
    if (stop === null || stopping) return source.exit(stopSignals[signal]);
    stopping = true;
    const withinMs = stopMsMax + delayMs;
    const message = `the server did not stop within ${withinMs / 1000} s`;
    setTimeout(() => fail(new Error(message)), withinMs).unref();
    stop(signal).then((code) => source.exit(code), fail);
  };
  for (const signal of Object.keys(stopSignals)) source.on(signal, onStopSignal);
  for (const signal of unheardSignals) source.on(signal, () => {});
  source.on('SIGHUP', () => hangUp());
  source.on('uncaughtException', fail);
  return {
    onStop: (listener, delay = 0) => {
      stop = listener;
      delayMs = delay;
    },
    onHangUp: (listener) => {
      hangUp = listener;
    },
    onCrash: (listener) => {
      report = listener;
    },
  };
}

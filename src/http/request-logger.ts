import type { FastifyBaseLogger } from 'fastify';

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace';
type Bindings = Parameters<FastifyBaseLogger['child']>[0];

/** From the gravest on. */
const levels: readonly Level[] = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'];

/** Whether a logger writes lines of a level. */
export function isEnabled(log: FastifyBaseLogger, level: Level): boolean {
  return levels.indexOf(log.level as Level) >= levels.indexOf(level);
}

/**
 * The logger of one request, which makes its child logger for the first line that is written. Few
 * requests write any, and a child costs as much as the reading of an event.
 */
export function requestLogger(parent: FastifyBaseLogger, bindings: Bindings): FastifyBaseLogger {
  return new RequestLogger(parent, bindings);
}

class RequestLogger implements FastifyBaseLogger {
  readonly #parent: FastifyBaseLogger;
  readonly #bindings: Bindings;
  #child: FastifyBaseLogger | null = null;

  constructor(parent: FastifyBaseLogger, bindings: Bindings) {
    this.#parent = parent;
    this.#bindings = bindings;
  }

  get level(): FastifyBaseLogger['level'] {
    return this.#parent.level;
  }

  get fatal() {
    return this.#method('fatal');
  }

  get error() {
    return this.#method('error');
  }

  get warn() {
    return this.#method('warn');
  }

  get info() {
    return this.#method('info');
  }

  get debug() {
    return this.#method('debug');
  }

  get trace() {
    return this.#method('trace');
  }

  get silent() {
    return this.#parent.silent;
  }

  get child(): FastifyBaseLogger['child'] {
    const own = this.#own();
    return own.child.bind(own);
  }

  #method(level: Level): FastifyBaseLogger['fatal'] {
    const log = isEnabled(this.#parent, level) ? this.#own() : this.#parent;
    return log[level].bind(log);
  }

  #own(): FastifyBaseLogger {
    this.#child ??= this.#parent.child(this.#bindings);
    return this.#child;
  }
}

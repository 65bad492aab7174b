import type { DestinationStream } from 'pino';
import type { AuditSink } from './audit-log.ts';

/** Standard output, shared with the ordinary log, whose lines do not begin with `stream`. */
export class StreamSink implements AuditSink {
  readonly fault = null;
  readonly backlogBytes = 0;
  readonly #destination: DestinationStream;

  constructor(destination: DestinationStream) {
    this.#destination = destination;
  }

  write(lines: readonly string[]): void {
    for (const line of lines) this.#destination.write(line);
  }

  reopen(): void {}

  close(): void {}
}

import type { AuditSink } from './audit-log.ts';

/** Takes whole lines. */
export interface LineOutput {
  write(line: string): void;
}

/** Standard output, shared with the ordinary log, whose lines do not begin with `stream`. */
export class StreamSink implements AuditSink {
  readonly fault = null;
  readonly backlogBytes = 0;
  readonly #destination: LineOutput;

  constructor(destination: LineOutput) {
    this.#destination = destination;
  }

  write(lines: readonly string[]): void {
    for (const line of lines) this.#destination.write(line);
  }

  reopen(): void {}

  close(): void {}
}

import type { AuditSink } from './audit-log.ts';

/** Takes whole lines. */
export interface LineOutput {
  /** Gives false when the line was not taken. */
  write(line: string): unknown;
}

/** Standard output, shared with the ordinary log, whose lines do not begin with `stream`. */
export class StreamSink implements AuditSink {
  readonly #destination: LineOutput;
  #kept: readonly string[] = [];

  constructor(destination: LineOutput) {
    this.#destination = destination;
  }

  get fault(): string | null {
    return this.#kept.length === 0 ? null : 'standard output takes no audit lines';
  }

  get backlogBytes(): number {
    return this.#kept.reduce((sum, line) => sum + line.length, 0);
  }

  write(lines: readonly string[]): void {
    const all = [...this.#kept, ...lines];
    const refused = all.findIndex((line) => this.#destination.write(line) === false);
    this.#kept = refused < 0 ? [] : all.slice(refused);
  }

  reopen(): void {}

  close(): void {}
}

import { fstatSync, writeSync } from 'node:fs';
import type { LineOutput } from './audit/stream-sink.ts';

/** What a reader that stands still may leave unread: some thousand lines, beside what the pipe holds. */
const waitingBytesMax = 1024 * 1024;
/** How long the end of the process waits for such a reader. */
const finishMs = 500;
const standardOutput = 1;

/** Standard output for whole lines. It never waits: what cannot be written now is not taken. */
export interface StandardOutput extends LineOutput {
  /** False when the line was not taken. Never throws. */
  write(line: string): boolean;
  /** Gives a reader that is behind a moment, before the process ends. */
  finish(): Promise<void>;
}

/** The output of this process; Node writes to pipes and terminals in the background. */
export function openStandardOutput(): StandardOutput {
  const file = fstatSync(standardOutput);
  return file.isFIFO() || file.isSocket() || process.stdout.isTTY
    ? new StreamOutput(process.stdout)
    : new FileOutput(standardOutput);
}

/** A pipe, socket or terminal: somebody else reads, or does not. */
export class StreamOutput implements StandardOutput {
  readonly #stream: NodeJS.WritableStream & { readonly writableLength: number };

  constructor(stream: NodeJS.WritableStream & { readonly writableLength: number }) {
    this.#stream = stream;
    // Several servers of one process share it; it goes on when they have ended.
    if (!stream.listeners('error').includes(ignoreEnd)) stream.on('error', ignoreEnd);
  }

  write(line: string): boolean {
    if (!this.#stream.writable || this.#stream.writableLength > waitingBytesMax) return false;
    this.#stream.write(line);
    return true;
  }

  async finish(): Promise<void> {
    const endMs = performance.now() + finishMs;
    while (this.#stream.writable && this.#stream.writableLength > 0 && performance.now() < endMs) {
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Whoever read has gone: the lines after it are not taken. */
function ignoreEnd(): void {}

/** A file or device, whose disk may be full. */
export class FileOutput implements StandardOutput {
  readonly #file: number;
  /** The rest of a line that the file took only in part. */
  #rest: Uint8Array = new Uint8Array();

  constructor(file: number) {
    this.#file = file;
  }

  write(line: string): boolean {
    if (!this.#flush()) return false;
    const bytes = Buffer.from(line);
    const count = this.#written(bytes);
    if (count > 0) this.#rest = bytes.subarray(count);
    return count > 0;
  }

  async finish(): Promise<void> {
    this.#flush();
  }

  /** Whether nothing of an earlier line is left to be written. */
  #flush(): boolean {
    this.#rest = this.#rest.subarray(this.#written(this.#rest));
    return this.#rest.length === 0;
  }

  /** Bytes that the file took. */
  #written(bytes: Uint8Array): number {
    let count = 0;
    try {
      while (count < bytes.length) count += writeSync(this.#file, bytes, count);
    } catch {
      // The disk is full, or the device has gone.
    }
    return count;
  }
}

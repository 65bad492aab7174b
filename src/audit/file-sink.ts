import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { RacewayError } from '../domain/errors.ts';
import type { AuditSink } from './audit-log.ts';
import { type ChainHead, newChain, readLink } from './chain.ts';

/** For the owner to write and the group to read. */
const fileMode = 0o640;
/** Many times the longest line. */
const tailBytes = 64 * 1024;
const newline = 0x0a;
/** A pipe without a reader must not stop the server; a file does not know the difference. */
const appending = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK;

/** An audit file that is open, and where its chain stands. */
export interface OpenedAuditFile {
  readonly sink: FileSink;
  readonly head: ChainHead;
  /** Bytes of a line that a killed process left unfinished; they were cut off. */
  readonly tornBytes: number;
}

/**
 * Opens an audit file to go on with its chain. When it is empty, because it was just rotated away,
 * the chain of `FILE.1` goes on.
 *
 * @throws {RacewayError} when the file cannot be written, or is not an audit log
 */
export function openAuditFile(path: string): OpenedAuditFile {
  const file = openForAppend(path);
  try {
    const { head, tornBytes } = continueChain(path, file);
    return {
      sink: new FileSink(path, file),
      head: head ?? rotatedHead(path) ?? newChain(),
      tornBytes,
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

/** Appends lines to a file. What the file does not take is kept for the next time. */
export class FileSink implements AuditSink {
  readonly #path: string;
  #file: number;
  #backlog = Buffer.alloc(0);
  #fault: string | null = null;

  constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
  }

  get fault(): string | null {
    return this.#fault;
  }

  get backlogBytes(): number {
    return this.#backlog.length;
  }

  write(lines: readonly string[]): void {
    let rest: Buffer = Buffer.concat([this.#backlog, Buffer.from(lines.join(''))]);
    this.#fault = null;
    try {
      while (rest.length > 0) rest = rest.subarray(writeSync(this.#file, rest));
    } catch (error) {
      this.#fault = faultOf(this.#path, error);
    }
    this.#backlog = Buffer.from(rest);
  }

  /** Goes on in the file that has the name now. */
  reopen(): void {
    try {
      const file = openForAppend(this.#path);
      closeSync(this.#file);
      this.#file = file;
    } catch (error) {
      this.#fault = error instanceof RacewayError ? error.message : String(error);
    }
  }

  close(): void {
    closeSync(this.#file);
  }
}

function openForAppend(path: string): number {
  try {
    return openSync(path, appending, fileMode);
  } catch (error) {
    throw new RacewayError('internal', faultOf(path, error), { cause: error });
  }
}

function faultOf(path: string, error: unknown): string {
  return `audit.file ${path} cannot be written (${(error as NodeJS.ErrnoException).code})`;
}

/** Where the chain in a file stands, null when it is empty. Cuts off what is not a whole line. */
function continueChain(path: string, file: number) {
  const { size: wholeSize } = fstatSync(file);
  const size = sizeWithoutZeros(file, wholeSize);
  const tail = readTail(file, size);
  const end = tail.lastIndexOf(newline) + 1;
  if (end === 0 && size > tailBytes) throw notAnAuditLog(path, 'has no line end');
  const unfinishedBytes = tail.length - end;
  const tornBytes = unfinishedBytes + wholeSize - size;
  if (unfinishedBytes > 0 && !looksLikeAudit(tail.subarray(end))) {
    throw notAnAuditLog(path, 'ends with something else');
  }
  if (end === 0 && tornBytes === 0) return { head: null, tornBytes };
  const head = end === 0 ? null : lastLink(path, tail.subarray(0, end - 1));
  if (tornBytes > 0) ftruncateSync(file, wholeSize - tornBytes);
  return { head, tornBytes };
}

/** Where a file ends that was being written when the power failed: its last blocks may be zeros. */
function sizeWithoutZeros(file: number, wholeSize: number): number {
  let size = wholeSize;
  while (size > 0) {
    const tail = readTail(file, size);
    const last = tail.findLastIndex((byte) => byte !== 0);
    if (last >= 0) return size - tail.length + last + 1;
    size -= tail.length;
  }
  return 0;
}

function looksLikeAudit(text: Buffer): boolean {
  const beginning = '{"stream":"audit"';
  const start = text.toString('latin1', 0, beginning.length);
  return beginning.startsWith(start);
}

function lastLink(path: string, lines: Buffer): ChainHead {
  const link = readLink(lines.subarray(lines.lastIndexOf(newline) + 1).toString('latin1'));
  if ('fault' in link) throw notAnAuditLog(path, `has a last line that ${link.fault}`);
  return link;
}

function notAnAuditLog(path: string, reason: string): RacewayError {
  const message = `audit.file ${path} ${reason}; move it away, or name another file`;
  return new RacewayError('internal', message);
}

/**
 * Where the chain stands in the file that was rotated away last; null when that file does not tell.
 */
function rotatedHead(path: string): ChainHead | null {
  try {
    const file = openSync(`${path}.1`, 'r');
    try {
      const tail = readTail(file, fstatSync(file).size);
      return tail.at(-1) === newline ? lastLink(path, tail.subarray(0, -1)) : null;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

function readTail(file: number, size: number): Buffer {
  const tail = Buffer.alloc(Math.min(size, tailBytes));
  readSync(file, tail, 0, tail.length, size - tail.length);
  return tail;
}

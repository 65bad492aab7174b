import { type ChainHead, nextLine } from './chain.ts';

/** How long a line may wait to be written: what a killed process can lose. */
const flushMs = 1000;
/** Lines are written earlier when they fill this. */
const flushCharacters = 64 * 1024;
/** What is kept while the file takes nothing; beyond it lines are lost, and counted. */
const backlogBytesMax = 8 * 1024 * 1024;

/** Where lines go. */
export interface AuditSink {
  /** Why the last write did not succeed, as a sentence; null when it did. */
  readonly fault: string | null;
  /** Bytes that are kept for the next write. */
  readonly backlogBytes: number;
  /** Writes lines that end with a line end. Never throws. */
  write(lines: readonly string[]): void;
  /** Goes on where the name of the file leads now. */
  reopen(): void;
  close(): void;
}

/** The log beside this one. */
export interface OrdinaryLog {
  info(members: object, text: string): void;
  warn(text: string): void;
  error(text: string): void;
}

/** One access to a route that is not public. */
export interface AuditedRequest {
  readonly request_id: string;
  /** Name of the key; null when there was no valid one. */
  readonly key: string | null;
  /** Beginning of the key's SHA-256. */
  readonly key_id: string | null;
  /** What the route asks for; null when there is no such route. */
  readonly scope: string | null;
  readonly method: string;
  /** The route's pattern, or `unknown`. */
  readonly route: string;
  /** As the client wrote it, cut. */
  readonly trace_id: string | null;
  readonly client: string;
  readonly status: number;
  readonly outcome: AuditOutcome;
  /** False when the client was gone before it had the answer. */
  readonly delivered: boolean;
  /** What was stored, refused or erased. */
  readonly counts: Readonly<Record<string, number>> | null;
  /** The race that was judged; only of requests that judge one. */
  readonly fingerprint?: string;
}

export type AuditOutcome =
  | 'allowed'
  | 'unauthenticated'
  | 'forbidden'
  | 'limited'
  | 'refused'
  | 'unknown'
  | 'failed';

/** What `/status` and `/metrics` show. */
export interface AuditState extends ChainHead {
  readonly lostLines: number;
  readonly backlogBytes: number;
}

/** Every access, in a chain of lines of which none can be changed or taken out unnoticed. */
export class AuditLog {
  readonly #sink: AuditSink;
  readonly #log: OrdinaryLog;
  readonly #timer = setInterval(() => this.flush(), flushMs).unref();
  readonly #flushAtExit = () => this.flush();
  #head: ChainHead;
  #lines: string[] = [];
  #characters = 0;
  #lostLines = 0;
  #untoldLines = 0;
  #hasFailed = false;

  readonly #onFailure: 'continue' | 'refuse';

  /**
   * Begins with a line of its own, so that a file that was just rotated holds the chain.
   *
   * @param onFailure what requests do while lines cannot be written
   */
  constructor(
    sink: AuditSink,
    head: ChainHead,
    log: OrdinaryLog,
    onFailure: 'continue' | 'refuse' = 'continue',
  ) {
    this.#onFailure = onFailure;
    this.#sink = sink;
    this.#head = head;
    this.#log = log;
    process.on('exit', this.#flushAtExit);
    this.#mark('opened');
    this.flush();
  }

  get state(): AuditState {
    const backlogBytes = this.#sink.backlogBytes;
    return { ...this.#head, lostLines: this.#lostLines, backlogBytes };
  }

  /** Why no request may be served now; null: they may. */
  get refusal(): string | null {
    const { fault } = this.#sink;
    if (fault === null || this.#onFailure === 'continue') return null;
    return `${fault}, and no request goes without its line (audit.on_failure)`;
  }

  record(access: AuditedRequest): void {
    if (this.#sink.backlogBytes > backlogBytesMax) {
      this.#lostLines += 1;
      this.#untoldLines += 1;
      return;
    }
    if (this.#untoldLines > 0) {
      this.#append({ event: 'lost', counts: { lines: this.#untoldLines } });
      this.#untoldLines = 0;
    }
    this.#append({ event: 'access', ...access });
    if (this.#characters >= flushCharacters) this.flush();
  }

  /** Writes what waits. */
  flush(): void {
    if (this.#lines.length === 0 && this.#sink.backlogBytes === 0) return;
    this.#sink.write(this.#lines);
    this.#lines = [];
    this.#characters = 0;
    const { fault } = this.#sink;
    if (fault !== null && !this.#hasFailed) {
      this.#log.error(`${fault}; audit lines are kept until it can, up to 8 MiB of them`);
    }
    this.#hasFailed = fault !== null;
  }

  /** After the file was renamed: goes on in a new one. */
  reopen(): void {
    this.flush();
    this.#sink.reopen();
    this.#mark('reopened');
    this.flush();
  }

  close(): void {
    clearInterval(this.#timer);
    process.off('exit', this.#flushAtExit);
    this.#mark('closed');
    this.flush();
    this.#sink.close();
  }

  /** A line about the log itself. The ordinary log notes the hash too: a second place to compare. */
  #mark(event: 'opened' | 'reopened' | 'closed'): void {
    this.#append({ event });
    const { chain, seq, hash } = this.#head;
    this.#log.info({ chain, seq, hash }, `audit log ${event}`);
  }

  #append(content: object): void {
    const time = new Date().toISOString();
    const { line, head } = nextLine(this.#head, { time, ...content });
    this.#head = head;
    this.#lines.push(line);
    this.#characters += line.length;
  }
}

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { RacewayError } from '../../../domain/errors.ts';
import { SharedTurns } from '../../shared-turns.ts';

/** Bytes that lie in memory and the log before they are sorted into files: some seconds' worth. */
const WRITE_BUFFER_BYTES = 16 * 1024 * 1024;
/** A store of 512 MiB is some tens of files. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
/** Written to learn whether a disk that failed takes anything again. */
const PROBE_KEY = Buffer.from('p');

type Level = ClassicLevel<Buffer, Buffer>;
/** What is written or left out. */
export type Change =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

/**
 * A LevelDB that outlives a failing disk. One commit is under way at a time: what follows a write that
 * failed could be lost with it, so that the store is opened anew before the next.
 */
export class LevelFolder {
  readonly #directory: string;
  #level: Level;
  #waiting: Change[] = [];
  readonly #commits = new SharedTurns(() => this.#commitWaiting());
  /** Set after a write that failed. */
  #needsOpening = false;

  private constructor(directory: string, level: Level) {
    this.#directory = directory;
    this.#level = level;
  }

  /** @throws {RacewayError} `bad_request` with a sentence for the operator */
  static async open(directory: string): Promise<LevelFolder> {
    const level = await openLevel(directory).catch((error: unknown) => {
      const message = `storage.memory.directory, ${directory}, cannot be opened: ${reasonOf(error)}`;
      throw new RacewayError('bad_request', message, { cause: error });
    });
    return new LevelFolder(directory, level);
  }

  /** To read from: another after a write that failed, which ends what is being read. */
  get level(): Level {
    return this.#level;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return readdirSync(this.#directory).reduce((sum, name) => sum + this.#bytesOf(name), 0);
  }

  /** @throws {RacewayError} `unavailable` when the disk does not give them */
  async keysWithin(range: { readonly gte: Buffer; readonly lt: Buffer }): Promise<Buffer[]> {
    await this.ready();
    try {
      return await this.#level.keys(range).all();
    } catch (cause) {
      throw this.#failure('read', cause);
    }
  }

  /**
   * Makes all changes, or none, together with those that wait; they are on disk when it resolves.
   *
   * @throws {RacewayError} `unavailable` when the disk does not take them
   */
  async commit(changes: readonly Change[]): Promise<void> {
    if (changes.length === 0) return;
    for (const change of changes) this.#waiting.push(change);
    await this.#commits.take();
  }

  /** After a write that failed: whether the disk takes anything again. @throws as {@link commit} */
  async ready(): Promise<void> {
    if (!this.#needsOpening) return;
    await this.commit([{ type: 'put', key: PROBE_KEY, value: Buffer.alloc(0) }]);
  }

  async close(): Promise<void> {
    // What was asked for before is done before.
    await this.#commits.take().catch(() => {});
    await this.#level.close();
  }

  async #commitWaiting(): Promise<void> {
    const changes = this.#waiting;
    this.#waiting = [];
    if (changes.length === 0) return;
    try {
      if (this.#needsOpening) await this.#openAnew();
      await this.#level.batch(changes, { sync: true });
    } catch (cause) {
      this.#needsOpening = true;
      throw this.#failure('written', cause);
    }
  }

  /** What was half written is found and left out when a LevelDB is opened. */
  async #openAnew(): Promise<void> {
    await this.#level.close();
    this.#level = await openLevel(this.#directory);
    this.#needsOpening = false;
  }

  #bytesOf(name: string): number {
    // A file may go while the folder is looked through.
    return statSync(join(this.#directory, name), { throwIfNoEntry: false })?.size ?? 0;
  }

  #failure(what: 'read' | 'written', cause: unknown): RacewayError {
    const message = `${this.#directory} (storage.memory.directory) cannot be ${what}: ${reasonOf(cause)}`;
    return new RacewayError('unavailable', message, { cause });
  }
}

async function openLevel(directory: string): Promise<Level> {
  const level = new ClassicLevel<Buffer, Buffer>(directory, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    writeBufferSize: WRITE_BUFFER_BYTES,
    maxFileSize: FILE_BYTES_MAX,
  });
  await level.open();
  return level;
}

/** Why LevelDB did not do something. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error as Error & { cause?: unknown };
  if ((cause as NodeJS.ErrnoException | undefined)?.code === 'LEVEL_LOCKED') {
    return 'another server works with it';
  }
  return cause instanceof Error ? cause.message : message;
}

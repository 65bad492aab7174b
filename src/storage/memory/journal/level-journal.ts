import { createHash } from 'node:crypto';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ClassicLevel } from 'classic-level';
import { RacewayError } from '../../../domain/errors.ts';
import type { EventRecord } from '../../../domain/event/event.ts';
import type { AppendRequest } from '../../storage.ts';
import { entryBytes, type JournalEntry, readEntry } from './entry-code.ts';
import type { Journal, JournalAppend, JournalPlace } from './journal.ts';

/** What keys begin with: entries by number; numbers by digest of the trace id; kept values by name. */
const space = { entry: 'e', trace: 't', kept: 'k' } as const;
/** Bytes of the digest of a trace id, before the number of an entry. */
const DIGEST_BYTES = 16;
const NUMBER_BYTES = 8;
const FIRST_NUMBER = 1;
/** Bytes that lie in memory and the log before they are sorted into files: some seconds' worth. */
const WRITE_BUFFER_BYTES = 16 * 1024 * 1024;
/** A store of 512 MiB is some tens of files. */
const FILE_BYTES_MAX = 16 * 1024 * 1024;
const nothing = Buffer.alloc(0);

type Level = ClassicLevel<Buffer, Buffer>;
type Change =
  | { readonly type: 'put'; readonly key: Buffer; readonly value: Buffer }
  | { readonly type: 'del'; readonly key: Buffer };

/**
 * A journal in a LevelDB: a log that is fsynced before a commit resolves, sorted into files later. A tail
 * that was torn by a loss of power was never acknowledged, and is left out.
 *
 * @throws {RacewayError} `bad_request` with a sentence for the operator
 */
export async function openLevelJournal(directory: string): Promise<Journal> {
  const level = await openLevel(directory).catch((error: unknown) => {
    const message = `storage.memory.directory, ${directory}, cannot be opened: ${reasonOf(error)}`;
    throw new RacewayError('bad_request', message, { cause: error });
  });
  const [last] = await level.keys({ ...within(space.entry), reverse: true, limit: 1 }).all();
  return new LevelJournal(directory, level, last === undefined ? FIRST_NUMBER : numberOf(last) + 1);
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

class LevelJournal implements Journal {
  readonly #directory: string;
  #level: Level;
  #next: number;
  /** Set while nothing may be written: what follows a write that failed could be lost with it. */
  #needsOpening = false;
  #opening: Promise<void> | null = null;

  constructor(directory: string, level: Level, next: number) {
    this.#directory = directory;
    this.#level = level;
    this.#next = next;
  }

  get next(): number {
    return this.#next;
  }

  get bytes(): number {
    return readdirSync(this.#directory).reduce((sum, name) => sum + this.#bytesOf(name), 0);
  }

  async write(requests: readonly AppendRequest[], receivedNs: bigint): Promise<JournalPlace> {
    const from = this.#next;
    const changes: Change[] = [];
    let place = 0;
    for (const { events, keyName } of requests) {
      for (const [traceId, own] of byTrace(events)) {
        const number = from + place;
        const value = entryBytes({ place, receivedNs, keyName, events: own });
        changes.push({ type: 'put', key: entryKey(number), value });
        changes.push({ type: 'put', key: traceKey(traceId, number), value: nothing });
        place += 1;
      }
    }
    this.#next += place;
    await this.#commit(changes);
    return { from, to: from + place };
  }

  async forgetTraces(traceIds: readonly string[], before: number): Promise<void> {
    const changes: Change[] = [];
    for (const traceId of new Set(traceIds)) {
      const range = { gte: traceKey(traceId, 0), lt: traceKey(traceId, before) };
      for (const key of await this.#level.keys(range).all()) {
        changes.push({ type: 'del', key }, { type: 'del', key: entryKey(numberOf(key)) });
      }
    }
    await this.#commit(changes);
  }

  async forgetAppend({ from, to }: JournalPlace): Promise<void> {
    const changes: Change[] = [];
    for await (const [key, value] of this.#level.iterator({
      gte: entryKey(from),
      lt: entryKey(to),
    })) {
      const [event] = readEntry(value).events;
      changes.push({ type: 'del', key });
      if (event !== undefined) {
        changes.push({ type: 'del', key: traceKey(event.traceId, numberOf(key)) });
      }
    }
    await this.#commit(changes);
  }

  async *readAll(): AsyncIterable<JournalAppend> {
    let append = null as JournalAppend | null;
    for await (const { number, entry } of this.#readEntries()) {
      const { place, receivedNs, events, keyName } = entry;
      const from = number - place;
      if (append !== null && append.place.from !== from) yield append;
      const requests = append?.place.from === from ? append.requests : [];
      append = {
        place: { from, to: number + 1 },
        requests: [...requests, { events, keyName }],
        receivedNs,
      };
    }
    if (append !== null) yield append;
  }

  async *#readEntries(): AsyncIterable<{ readonly number: number; readonly entry: JournalEntry }> {
    let number = 0;
    try {
      for await (const [key, value] of this.#level.iterator(within(space.entry))) {
        number = numberOf(key);
        yield { number, entry: readEntry(value) };
      }
    } catch (cause) {
      const message =
        `storage.memory.directory, ${this.#directory}, is damaged at entry ${number} or after it ` +
        `(${reasonOf(cause)}): bring it back from a copy, or start with an empty one`;
      throw new RacewayError('bad_request', message, { cause });
    }
  }

  async keep(name: string, value: string | null): Promise<void> {
    const key = keptKey(name);
    await this.#commit([
      value === null ? { type: 'del', key } : { type: 'put', key, value: Buffer.from(value) },
    ]);
  }

  async *kept(prefix: string): AsyncIterable<readonly [name: string, value: string]> {
    const range = {
      gte: keptKey(prefix),
      lt: Buffer.concat([keptKey(prefix), Buffer.from([0xff])]),
    };
    for await (const [key, value] of this.#level.iterator(range)) {
      yield [key.toString('utf8', 1 + Buffer.byteLength(prefix)), value.toString()];
    }
  }

  async close(): Promise<void> {
    await this.#level.close();
  }

  #bytesOf(name: string): number {
    // A file may go while the folder is looked through.
    return statSync(join(this.#directory, name), { throwIfNoEntry: false })?.size ?? 0;
  }

  /** Makes all changes, or none; they are on disk when it resolves. */
  async #commit(changes: Change[]): Promise<void> {
    if (changes.length === 0) return;
    try {
      if (this.#needsOpening) {
        this.#opening ??= this.#openAnew();
        await this.#opening;
      }
      await this.#level.batch(changes, { sync: true });
    } catch (cause) {
      this.#needsOpening = true;
      const message = `${this.#directory} (storage.memory.directory) cannot be written: ${reasonOf(cause)}`;
      throw new RacewayError('unavailable', message, { cause });
    }
  }

  /** What was half written is found and left out when a LevelDB is opened. */
  async #openAnew(): Promise<void> {
    try {
      await this.#level.close();
      this.#level = await openLevel(this.#directory);
      this.#needsOpening = false;
    } finally {
      this.#opening = null;
    }
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error as Error & { cause?: unknown };
  if ((cause as NodeJS.ErrnoException | undefined)?.code === 'LEVEL_LOCKED') {
    return 'another server works with it';
  }
  return cause instanceof Error ? cause.message : message;
}

/** The events of each trace, in the order in which they came. */
function byTrace(events: readonly EventRecord[]): Map<string, EventRecord[]> {
  const traces = new Map<string, EventRecord[]>();
  for (const event of events) {
    const own = traces.get(event.traceId);
    if (own === undefined) traces.set(event.traceId, [event]);
    else own.push(event);
  }
  return traces;
}

function within(prefix: string) {
  return {
    gte: Buffer.from(prefix),
    lt: Buffer.concat([Buffer.from(prefix), Buffer.alloc(9, 0xff)]),
  };
}

function entryKey(number: number): Buffer {
  return Buffer.concat([Buffer.from(space.entry), numberBytes(number)]);
}

function traceKey(traceId: string, number: number): Buffer {
  const digest = createHash('sha256').update(traceId).digest().subarray(0, DIGEST_BYTES);
  return Buffer.concat([Buffer.from(space.trace), digest, numberBytes(number)]);
}

function keptKey(name: string): Buffer {
  return Buffer.from(space.kept + name);
}

function numberBytes(number: number): Buffer {
  const bytes = Buffer.allocUnsafe(NUMBER_BYTES);
  bytes.writeBigUInt64BE(BigInt(number));
  return bytes;
}

/** The number that a key ends with. */
function numberOf(key: Buffer): number {
  return Number(key.readBigUInt64BE(key.length - NUMBER_BYTES));
}

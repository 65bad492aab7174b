import { createHash } from 'node:crypto';
import { RacewayError } from '../../../domain/errors.ts';
import type { EventRecord } from '../../../domain/event/event.ts';
import type { AppendRequest } from '../../storage.ts';
import { entryBytes, type JournalEntry, readEntry } from './entry-code.ts';
import type { Journal, JournalAppend, JournalPlace, JournalRequest } from './journal.ts';
import { type Change, LevelFolder, reasonOf } from './level-folder.ts';

/** What keys begin with: entries by number; numbers by digest of the trace id; kept values by name. */
const space = { entry: 'e', trace: 't', kept: 'k' } as const;
/** Bytes of the digest of a trace id, before the number of an entry. */
const DIGEST_BYTES = 16;
const NUMBER_BYTES = 8;
const FIRST_NUMBER = 1;
const nothing = Buffer.alloc(0);

/**
 * A journal in a LevelDB: a log that is fsynced before a commit resolves, sorted into files later. A tail
 * that was torn by a loss of power was never acknowledged, and is left out.
 *
 * @throws {RacewayError} `bad_request` with a sentence for the operator
 */
export async function openLevelJournal(directory: string): Promise<Journal> {
  const folder = await LevelFolder.open(directory);
  const last = { ...within(space.entry), reverse: true, limit: 1 };
  const [key] = await folder.level.keys(last).all();
  return new LevelJournal(directory, folder, key === undefined ? FIRST_NUMBER : numberOf(key) + 1);
}

/** An append while its entries are read. */
interface ReadAppend extends JournalAppend {
  readonly place: { readonly from: number; to: number };
  readonly requests: JournalRequest[];
}

class LevelJournal implements Journal {
  readonly #directory: string;
  readonly #folder: LevelFolder;
  #next: number;

  constructor(directory: string, folder: LevelFolder, next: number) {
    this.#directory = directory;
    this.#folder = folder;
    this.#next = next;
  }

  get next(): number {
    return this.#next;
  }

  get bytes(): number {
    return this.#folder.bytes;
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
    await this.#folder.commit(changes);
    return { from, to: from + place };
  }

  async forgetTraces(traces: Iterable<readonly [traceId: string, before: number]>): Promise<void> {
    const changes: Change[] = [];
    for (const [traceId, before] of traces) {
      const range = { gte: traceKey(traceId, 0), lt: traceKey(traceId, before) };
      for (const key of await this.#folder.keysWithin(range)) {
        changes.push({ type: 'del', key }, { type: 'del', key: entryKey(numberOf(key)) });
      }
    }
    await this.#folder.commit(changes);
  }

  async forgetAppend({ from, to }: JournalPlace): Promise<void> {
    const changes: Change[] = [];
    for await (const [key, value] of this.#folder.level.iterator({
      gte: entryKey(from),
      lt: entryKey(to),
    })) {
      const [event] = readEntry(value).events;
      changes.push({ type: 'del', key });
      if (event !== undefined) {
        changes.push({ type: 'del', key: traceKey(event.traceId, numberOf(key)) });
      }
    }
    await this.#folder.commit(changes);
  }

  async *readAll(): AsyncIterable<JournalAppend> {
    let append = null as ReadAppend | null;
    for await (const { number, entry } of this.#readEntries()) {
      const { place, receivedNs, events, keyName } = entry;
      const from = number - place;
      const request = { events, keyName, place: { from: number, to: number + 1 } };
      if (append !== null && append.place.from === from) {
        append.requests.push(request);
        append.place.to = number + 1;
        continue;
      }
      if (append !== null) yield append;
      append = { place: { from, to: number + 1 }, requests: [request], receivedNs };
    }
    if (append !== null) yield append;
  }

  async *#readEntries(): AsyncIterable<{ readonly number: number; readonly entry: JournalEntry }> {
    let number = 0;
    try {
      for await (const [key, value] of this.#folder.level.iterator(within(space.entry))) {
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

  async keep(name: string, value: string): Promise<void> {
    await this.#folder.commit([{ type: 'put', key: keptKey(name), value: Buffer.from(value) }]);
  }

  async *kept(prefix: string): AsyncIterable<readonly [name: string, value: string]> {
    const range = {
      gte: keptKey(prefix),
      lt: Buffer.concat([keptKey(prefix), Buffer.from([0xff])]),
    };
    for await (const [key, value] of this.#folder.level.iterator(range)) {
      yield [key.toString('utf8', 1 + Buffer.byteLength(prefix)), value.toString()];
    }
  }

  ready(): Promise<void> {
    return this.#folder.ready();
  }

  async close(): Promise<void> {
    await this.#folder.close();
  }
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

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RacewayError } from '../../src/domain/errors.ts';
import type { Journal } from '../../src/storage/memory/journal/journal.ts';
import { openJournal } from '../../src/storage/memory/journal/open.ts';
import type { MemoryOptions } from '../../src/storage/memory/memory-options.ts';
import { openKeptMemoryStorage } from '../../src/storage/memory/open.ts';
import type { Storage } from '../../src/storage/storage.ts';

/** A folder of its own, for its owner to remove. */
export function keptFolder(): string {
  return mkdtempSync(join(tmpdir(), 'raceway-kept-'));
}

/** A memory storage that a folder keeps. */
export async function openKept(
  directory: string,
  options: MemoryOptions = { maxBytes: 64 * 1024 * 1024 },
): Promise<Storage> {
  return openKeptMemoryStorage(options, await openJournal(directory));
}

/** A journal whose disk can be made to fail, and a storage that it keeps. */
export async function openFailing(
  directory: string,
): Promise<{ readonly storage: Storage; readonly disk: { fails: boolean } }> {
  const disk = { fails: false };
  const journal = await openJournal(directory);
  const failing = new Set<string | symbol>([
    'write',
    'forgetTraces',
    'forgetAppend',
    'keep',
    'ready',
  ]);
  const wrapped = new Proxy(journal, {
    get(_target, name: keyof Journal) {
      const value: unknown = journal[name];
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        if (disk.fails && failing.has(name)) {
          return Promise.reject(new RacewayError('unavailable', 'the disk fails'));
        }
        return value.apply(journal, given) as unknown;
      };
    },
  });
  const options = { maxBytes: 64 * 1024 * 1024 };
  return { storage: await openKeptMemoryStorage(options, wrapped), disk };
}

/** The same in a new folder, which goes when the storage is closed. */
export async function freshKept(options?: MemoryOptions): Promise<Storage> {
  const directory = keptFolder();
  const storage = await openKept(directory, options);
  const close = storage.close.bind(storage);
  storage.close = async () => {
    await close();
    rmSync(directory, { recursive: true, force: true });
  };
  return storage;
}

/**
 * The same, as processes see it of which each is ended before anybody reads what it was told: whatever
 * is read was on disk.
 */
export async function forgetfulKept(): Promise<Storage> {
  const directory = keptFolder();
  let storage = await openKept(directory);
  let hasWritten = false;
  let isClosed = false;
  /** One call after the other: nothing is under way when a process ends. */
  let turn: Promise<unknown> = Promise.resolve();
  const writes = new Set<string | symbol>(['append', 'eraseTrace', 'eraseTraces', 'eraseExpired']);
  const call = async (name: keyof Storage, given: unknown[]) => {
    if (hasWritten && !writes.has(name) && name !== 'close' && !isClosed) {
      await storage.close();
      storage = await openKept(directory);
    }
    hasWritten = writes.has(name);
    const result = await (storage[name] as (...values: unknown[]) => unknown).apply(storage, given);
    if (name !== 'close') return result;
    isClosed = true;
    rmSync(directory, { recursive: true, force: true });
    return result;
  };
  return new Proxy(storage, {
    get(_target, name: keyof Storage) {
      // It answers at once, for which nobody can end a process before.
      if (name === 'writtenEvents') return undefined;
      if (typeof storage[name] !== 'function') return storage[name];
      return (...given: unknown[]) => {
        const done = turn.then(() => call(name, given));
        turn = done.catch(() => {});
        return done;
      };
    },
  });
}

import { RacewayError } from '../../domain/errors.ts';
import { readTriageRecord } from '../../domain/findings/triage.ts';
import { Pauses } from '../pauses.ts';
import type { Storage } from '../storage.ts';
import type { Journal, JournalAppend } from './journal/journal.ts';
import { KeptAppends } from './kept-appends.ts';
import type { MemoryOptions } from './memory-options.ts';
import { MemoryStorage } from './memory-storage.ts';

/** What the names of triages begin with in a journal. */
const TRIAGE = 'triage ';

/**
 * Keeps events in this process: gone when it ends. When `maxBytes` is reached, whole traces are
 * given up, see {@link EvictionOrder}.
 */
export function openMemoryStorage(options: MemoryOptions): Storage {
  return new MemoryStorage(options, null);
}

/**
 * The same, with what was acknowledged in a journal: it is there again when the next process opens it.
 * What was found out about it is found out anew.
 *
 * @param journal the storage's own from now on
 */
export async function openKeptMemoryStorage(
  options: MemoryOptions,
  journal: Journal,
): Promise<Storage> {
  const kept = new KeptAppends(journal);
  const storage = new MemoryStorage(options, kept);
  try {
    await keepTriage(storage, journal);
    await storeAgain(storage, kept, journal);
  } catch (error) {
    await storage.close();
    throw error;
  }
  return storage;
}

/** What persons said of issues is there before these are found anew. */
async function keepTriage({ derived }: MemoryStorage, journal: Journal): Promise<void> {
  for await (const [fingerprint, text] of journal.kept(TRIAGE)) {
    derived.triageBook.put(fingerprint, readTriageRecord(text));
  }
  derived.triageBook.keepWith((fingerprint, record) =>
    journal.keep(TRIAGE + fingerprint, JSON.stringify(record)),
  );
}

async function storeAgain(
  storage: MemoryStorage,
  kept: KeptAppends,
  journal: Journal,
): Promise<void> {
  const pauses = new Pauses();
  for await (const append of journal.readAll()) {
    if (!storeIfItFits(storage, kept, append, append)) {
      // By themselves most may fit: there was more memory when they came.
      for (const request of append.requests) {
        if (!storeIfItFits(storage, kept, append, { place: request.place, requests: [request] }))
          kept.leaveOut(request.place);
      }
    }
    await storage.packOldest();
    // Signals are answered meanwhile.
    await pauses.betweenSteps();
  }
}

/** False: the memory is too small for it. */
function storeIfItFits(
  storage: MemoryStorage,
  kept: KeptAppends,
  { receivedNs }: JournalAppend,
  { place, requests }: Pick<JournalAppend, 'place' | 'requests'>,
): boolean {
  try {
    kept.storing(place, () => storage.store(requests, receivedNs));
    return true;
  } catch (error) {
    if (error instanceof RacewayError && error.code === 'too_large') return false;
    throw error;
  }
}

import type { AppendRequest } from '../../storage.ts';

/** Where the entries of one append stand among all: later appends have greater numbers. */
export interface JournalPlace {
  /** The number of its first entry. */
  readonly from: number;
  /** One more than that of its last. */
  readonly to: number;
}

/** The events of one trace in one request of an append. */
export interface JournalRequest extends AppendRequest {
  readonly place: JournalPlace;
}

/** An append that was taken down before: what of it was not given up since. */
export interface JournalAppend {
  readonly place: JournalPlace;
  readonly requests: readonly JournalRequest[];
  readonly receivedNs: bigint;
}

/** What lies on disk, so that it is there again when the process is. */
export interface Journal {
  /** The number of the entry that is written next. */
  readonly next: number;
  /** Bytes on disk. */
  readonly bytes: number;

  /**
   * Takes an append down. Resolves once it would outlive a loss of power. Numbers are given in the
   * order of the calls.
   *
   * @throws {RacewayError} `unavailable` when the disk does not take it; nothing of it is kept then
   */
  write(requests: readonly AppendRequest[], receivedNs: bigint): Promise<JournalPlace>;

  /** Leaves out the entries of traces whose number is below one that is given; resolves as {@link write} does. */
  forgetTraces(traces: Iterable<readonly [traceId: string, before: number]>): Promise<void>;

  /** Leaves out all entries that stand there. */
  forgetAppend(place: JournalPlace): Promise<void>;

  /** Everything that was taken down and not left out, in the order in which it came. */
  readAll(): AsyncIterable<JournalAppend>;

  /** Keeps a value under a name, in place of what was there; resolves as {@link write} does. */
  keep(name: string, value: string): Promise<void>;

  /** What was kept under names that begin so, by the rest of the name. */
  kept(prefix: string): AsyncIterable<readonly [name: string, value: string]>;

  /** @throws {RacewayError} `unavailable` when the disk took no write the last time, and takes none now */
  ready(): Promise<void>;

  close(): Promise<void>;
}

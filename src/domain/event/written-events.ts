/**
 * Events of a trace as bytes that a storage wrote: whoever sends them elsewhere need not make texts of
 * them. `src/storage/memory/bytes/written-events.ts` reads them.
 */
export interface WrittenEvents {
  readonly traceId: string;
  readonly count: number;
  readonly bytes: Uint8Array;
}

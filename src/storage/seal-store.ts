/** A place in the order in which traces are sealed: by the receipt of their last event, then by id. */
export interface SealPlace {
  readonly receivedNs: bigint;
  readonly traceId: string;
}

/** Which traces are to be sealed. */
export interface SealQuery {
  /** Those whose last event was received before. */
  readonly beforeNs: bigint;
  /** Begins behind it; null: at the start. */
  readonly after: SealPlace | null;
  /** Whether traces are left alone that wait for the analysis. */
  readonly isAnalysed: boolean;
}

/** What became of a step. */
export interface SealStep {
  readonly traces: number;
  readonly events: number;
  /** Where the next step begins; null: there are no more. */
  readonly next: SealPlace | null;
  /** UTC days that nothing could be sealed of, since they have no partition and the role may not make one. */
  readonly missingDays: readonly string[];
}

/**
 * Seals traces that were left alone: their events stand together, in a form that takes little room, and go
 * with a whole day. Nobody who reads, writes or erases sees a difference.
 */
export interface SealStore {
  /** Why nothing can be sealed, as a sentence for the operator; null: it can. */
  obstacle(): Promise<string | null>;

  /**
   * Seals some traces behind a place in one transaction. Traces that somebody else works on, that are pinned, or too
   * large, are left out. Several instances do it at once.
   */
  seal(query: SealQuery): Promise<SealStep>;
}

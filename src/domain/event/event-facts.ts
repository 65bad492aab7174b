/**
 * What storage asks of an event when it comes in, taken while its bytes passed. It is what the texts
 * of the event say, which need not be read for it.
 */
export interface EventFacts {
  /** Whether it names a span of another process that called for it. */
  readonly isCalled: boolean;
  readonly environment: string;
  /** null: it says of no duration */
  readonly duration: EventDuration | null;
}

export interface EventDuration {
  readonly ms: number;
  /** Whether the timestamp is that of the beginning. */
  readonly isFromStart: boolean;
  /** What it is compared with; for the response to a request, the operation of that. */
  readonly operation: string;
  /** Of a response to HTTP; 0 for all else. */
  readonly status: number;
}

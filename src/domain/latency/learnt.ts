import type { LatencyBucket } from './buckets.ts';
import type { LatencyKey } from './span.ts';
import type { LatencyVerdict } from './verdict.ts';

/** Which operations a list shows. */
export interface OperationQuery {
  readonly service: string | null;
  readonly operation: string | null;
  /** A part of the operation; ASCII letters in any case. */
  readonly text: string | null;
  readonly limit: number;
  readonly offset: number;
}

/** An operation, and the durations that are known of it. */
export interface LearntOperation {
  readonly key: LatencyKey;
  /** By slot. */
  readonly buckets: readonly LatencyBucket[];
}

export interface OperationPage {
  /** By service, operation, kind and status. */
  readonly operations: readonly LearntOperation[];
  /** All that match, on this page or not. */
  readonly total: number;
}

/** A place in the order of verdicts of all traces. */
export interface VerdictPlace {
  readonly timestampNs: bigint;
  readonly traceId: string;
  readonly eventId: string;
}

/** Which verdicts a list shows: from a moment on, until another, and before a place. */
export interface VerdictQuery {
  readonly sinceNs: bigint | null;
  readonly untilNs: bigint | null;
  readonly service: string | null;
  /** Of traces with an event of this environment. */
  readonly environment: string | null;
  readonly operation: string | null;
  readonly before: VerdictPlace | null;
  readonly limit: number;
}

/** A verdict and the trace that it was told of. */
export interface LocatedVerdict extends LatencyVerdict {
  readonly traceId: string;
}

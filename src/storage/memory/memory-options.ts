import type { Exclusion } from '../../domain/exclusion.ts';
import type { PackElsewhere } from './events/trace-shelf.ts';

/** How a memory storage is opened. */
export interface MemoryOptions {
  /** The most bytes that events, ids and indexes may take. */
  readonly maxBytes: number;
  /** Whether durations are judged and learnt; on unless told otherwise. */
  readonly anomalyDetection?: boolean;
  /** What is neither judged nor learnt; nothing unless told otherwise. */
  readonly exclusion?: Exclusion;
  /** Bytes of events that are left as they came; unless told, as many as the memory has room for. */
  readonly unpackedBytesMax?: number;
  /** Another thread that packs; without it, that of the storage does. */
  readonly packElsewhere?: PackElsewhere;
}

/** The part of the memory that what is learnt of durations may take. */
export const LATENCY_SHARE = 1 / 16;
/** The part that events may take which are not packed: some seconds' worth, for those that follow. */
export const UNPACKED_SHARE = 1 / 32;
/** The part of the memory that is filled before anything is packed: it costs time, and saves nothing before. */
export const FREE_SHARE = 1 / 2;

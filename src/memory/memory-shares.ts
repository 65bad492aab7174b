/** What a process may take, and what an operator said about it; in bytes. */
export interface MemoryDemands {
  /** What the process may take in all. */
  readonly processBytes: number;
  /** What the memory storage should keep; null: as much as suits the rest; left out: events are elsewhere. */
  readonly storedBytes?: number | null;
  /** The largest body that is taken. */
  readonly bodyBytesMax: number;
}

/** Who may have how much of the memory of the process, in bytes. */
export interface MemoryShares {
  readonly processBytes: number;
  /** Events, their indexes and what was found out, in the memory storage; 0 with another. */
  readonly storedBytes: number;
  /** One large analysis or report, with what is on its way to it and what is kept of it. */
  readonly analysisBytes: number;
  /** Bodies from their arrival until their requests are answered, counted as they came. */
  readonly bodyBytes: number;
  /** Replies about traces from their reading until they are sent. */
  readonly replyBytes: number;
  /** How much garbage V8 may let grow in the main heap; null where memory is no matter. */
  readonly heapGrowthPercent: number | null;
}

const MEBIBYTE = 1024 * 1024;

/** Node, the program, its second thread, and what its heap has for what is short-lived. */
const PROGRAM_BYTES = 136 * MEBIBYTE;
/** Of the whole: what waits to be collected, and what lies idle between what is used. */
const IDLE_SHARE = 1 / 8;
/** Of what is left beside the program. */
const STORED_SHARE = 3 / 8;
const ANALYSIS_SHARE = 1 / 4;
const BODIES_SHARE = 1 / 4;
const REPLIES_SHARE = 1 / 8;
/** No report takes more of the whole. */
const ANALYSIS_SHARE_MAX = 1 / 3;
/** A body is held as it came, unpacked, as events, and as the text that goes to the database. */
const BYTES_PER_BODY_BYTE = 4;
/** A reply is held as text, as bytes, and packed. */
const BYTES_PER_REPLY_BYTE = 3;
/** What suits a server with memory to spare; more of it gains nothing. */
const STORED_BYTES_DEFAULT = 512 * MEBIBYTE;
const ANALYSIS_BYTES_MAX = 2048 * MEBIBYTE;
const BODY_BYTES_MAX = 128 * MEBIBYTE;
const REPLY_BYTES_MAX = 256 * MEBIBYTE;
/** The most that events may have of what is left beside the program. */
const STORED_SHARE_MAX = 1 / 2;
/** From here on V8 may collect garbage as it thinks best. */
const AMPLE_BYTES = 3072 * MEBIBYTE;
const HEAP_GROWTH_PERCENT = 100;

/** Deals out the memory of a process, so that all shares together fit into it. */
export function dealMemory(demands: MemoryDemands): MemoryShares {
  const { processBytes, storedBytes: wantedBytes, bodyBytesMax } = demands;
  const left = Math.max(processBytes / 4, processBytes * (1 - IDLE_SHARE) - PROGRAM_BYTES);
  const storedBytes = wantedBytes === undefined ? 0 : storedWithin(left, wantedBytes);
  // What the events leave of their share is for the analysis, whose share is bounded by the whole.
  const analysisBytes = Math.min(
    ANALYSIS_BYTES_MAX,
    processBytes * ANALYSIS_SHARE_MAX,
    left * ANALYSIS_SHARE + Math.max(0, left * STORED_SHARE - storedBytes),
  );
  const taken = Math.max(0, storedBytes - left * STORED_SHARE);
  const forBodies = left * BODIES_SHARE - taken;
  return {
    processBytes,
    storedBytes: Math.floor(storedBytes),
    analysisBytes: Math.floor(analysisBytes),
    bodyBytes: Math.floor(
      Math.max(bodyBytesMax * 1.5, Math.min(BODY_BYTES_MAX, forBodies / BYTES_PER_BODY_BYTE)),
    ),
    replyBytes: Math.floor(
      Math.min(REPLY_BYTES_MAX, (left * REPLIES_SHARE) / BYTES_PER_REPLY_BYTE),
    ),
    heapGrowthPercent: processBytes < AMPLE_BYTES ? HEAP_GROWTH_PERCENT : null,
  };
}

function storedWithin(left: number, wantedBytes: number | null): number {
  if (wantedBytes === null) return Math.min(STORED_BYTES_DEFAULT, left * STORED_SHARE);
  return Math.min(wantedBytes, Math.max(MEBIBYTE, left * STORED_SHARE_MAX));
}

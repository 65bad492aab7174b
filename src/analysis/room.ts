import { budgets } from './budgets.ts';

/** What one analysis may take of the memory that there is: {@link budgets}, or less. */
export interface AnalysisRoom {
  /** Heap of the thread that analyses, or of that for what takes long. */
  readonly heapBytes: number;
  /** Heap of another thread for all that is ordinary; null: there is no memory for one. */
  readonly usualHeapBytes: number | null;
  /** Events of a causal group that are looked at, and characters of their texts. */
  readonly groupEvents: number;
  readonly groupCharacters: number;
  /** Words of one relation's clocks, which are outside of the heap. */
  readonly clockWords: number;
  /** Reports that are kept for readers who ask again. */
  readonly keptReportBytes: number;
}

const MEBIBYTE = 1024 * 1024;
/** Parts of the room; what is left are texts on their way from thread to thread. */
const HEAP_SHARE = 5 / 8;
const CLOCKS_SHARE = 1 / 8;
const KEPT_SHARE = 1 / 8;
/** The code of the thread, and what it packs meanwhile. */
const HEAP_OF_PROGRAM_BYTES = 24 * MEBIBYTE;
/** Of the heap: an event as it came, as objects, and with what an ordinary analysis holds about it. */
const EVENT_BYTES = 3584;
/** The same of one character of its text. */
const CHARACTER_BYTES = 5;
const RELATIONS = 2;
const WORD_BYTES = 4;
/** More than every budget of analysis needs. */
const HEAP_BYTES_MAX = 1024 * MEBIBYTE;
/** A batch of ordinary traces: ten thousand events of sixteen million characters, and the program. */
const USUAL_HEAP_BYTES = 192 * MEBIBYTE;
/** With less than that left for what takes long, both kinds share one thread. */
const LONG_HEAP_BYTES_MIN = 384 * MEBIBYTE;
const KEPT_REPORT_BYTES_MAX = 128 * MEBIBYTE;

/** Divides what an analysis may take, in its threads and around them. */
export function roomWithin(bytes: number): AnalysisRoom {
  const heapsBytes = Math.floor(Math.min(HEAP_BYTES_MAX, bytes * HEAP_SHARE));
  const hasTwo = heapsBytes - USUAL_HEAP_BYTES >= LONG_HEAP_BYTES_MIN;
  const heapBytes = hasTwo ? heapsBytes - USUAL_HEAP_BYTES : heapsBytes;
  const eventsBytes = Math.max(MEBIBYTE, heapBytes - HEAP_OF_PROGRAM_BYTES);
  const clockWords = Math.floor((bytes * CLOCKS_SHARE) / RELATIONS / WORD_BYTES);
  return {
    heapBytes,
    usualHeapBytes: hasTwo ? USUAL_HEAP_BYTES : null,
    groupEvents: Math.min(budgets.groupEvents, Math.floor(eventsBytes / EVENT_BYTES)),
    groupCharacters: Math.min(budgets.groupCharacters, Math.floor(eventsBytes / CHARACTER_BYTES)),
    clockWords: Math.min(budgets.clockWords, clockWords),
    keptReportBytes: Math.floor(Math.min(KEPT_REPORT_BYTES_MAX, bytes * KEPT_SHARE)),
  };
}

/** Where memory is no matter. */
export const ampleRoom = roomWithin(4096 * MEBIBYTE);

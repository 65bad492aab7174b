import type { MemoryShares } from '../memory/memory-shares.ts';
import type { Note } from './fault.ts';

/** What the process may take, in bytes. */
export interface ProcessMemory {
  /** What the container, or else the machine, has for it. */
  readonly availableBytes: number;
  /** How far the heap of V8 may grow. */
  readonly heapBytesMax: number;
}

/** The part of stored events that is on the heap, with what waits to be collected. */
const HEAP_PART_OF_STORED = 3 / 4;

/** Says where somebody asked for more than the process may take. */
export function notesOnShares(
  shares: MemoryShares,
  wantedStoredBytes: number | undefined,
  bodyBytesMax: number,
): Note[] {
  const { processBytes, storedBytes } = shares;
  const notes: Note[] = [];
  if (storedBytes > 0 && wantedStoredBytes !== undefined && storedBytes < wantedStoredBytes) {
    notes.push(
      warning(
        `storage.memory.max_bytes (${mebibytes(wantedStoredBytes)}) leaves too little of what this ` +
          `process may take (${mebibytes(processBytes)}): events get ${mebibytes(storedBytes)}. ` +
          'Raise the limit of the process, or lower max_bytes.',
      ),
    );
  }
  if (bodyBytesMax > processBytes / BODY_PART_MAX) {
    notes.push(
      warning(
        `server.max_body_bytes (${mebibytes(bodyBytesMax)}) is much for a process that may take ` +
          `${mebibytes(processBytes)}: one such body may end it. Lower it to ` +
          `${mebibytes(processBytes / BODY_PART_MAX)}.`,
      ),
    );
  }
  return notes;
}

/** A body takes several times its size until it is stored. */
const BODY_PART_MAX = 16;

/** Says where Node was started with a heap that is smaller than what is kept there. */
export function notesOnHeap(
  { storedBytes }: Pick<MemoryShares, 'storedBytes'>,
  memory: ProcessMemory | undefined,
): Note[] {
  if (memory === undefined || storedBytes * HEAP_PART_OF_STORED <= memory.heapBytesMax) return [];
  const text =
    `the heap limit of Node (${mebibytes(memory.heapBytesMax)}) is less than what the events of ` +
    `storage.memory.max_bytes (${mebibytes(storedBytes)}) take of it: the process may end before it ` +
    'gives up traces. Start Node with a larger --max-old-space-size, or lower max_bytes.';
  return [warning(text)];
}

function warning(text: string): Note {
  return { level: 'warn', text };
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MiB`;
}

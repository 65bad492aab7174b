import type { AnalysisRoom } from '../analysis/room.ts';
import { WorkerThread } from './worker-thread.ts';

/** The threads that analyse. Where there is memory for one only, they are the same. */
export interface AnalysisThreads {
  /** For batches of ordinary traces, and packing: none takes more than a moment. */
  readonly usual: WorkerThread;
  /** For large traces, and for those that very many others met. */
  readonly long: WorkerThread;
}

/** Nothing is started before its first task. */
export function analysisThreads({
  heapBytes,
  usualHeapBytes,
}: Pick<AnalysisRoom, 'heapBytes' | 'usualHeapBytes'>): AnalysisThreads {
  const long = new WorkerThread({ heapBytes });
  if (usualHeapBytes === null) return { usual: long, long };
  return { usual: new WorkerThread({ heapBytes: usualHeapBytes }), long };
}

import { getHeapStatistics } from 'node:v8';
import type { Instruments } from './instruments.ts';

/** What is known elsewhere of memory and analysis. */
export interface ProcessFigures {
  /** What the process may take. */
  limitBytes(): number;
  /** Analyses, since the start, that took all of their memory. */
  truncatedAnalyses(): number;
  /** Traces that were analysed in a second, lately. */
  analysedPerSecond(): number;
}

/** Memory of the process and the lines of its log, measured when somebody asks. */
export function processMetrics(
  instruments: Instruments,
  droppedLogLines: () => number,
  memory: ProcessFigures,
): void {
  instruments.measured(
    'raceway_process_memory_limit_bytes',
    'What the process may take in all: its container, the machine, or server.memory_limit_bytes.',
    () => memory.limitBytes(),
  );
  instruments.measured(
    'raceway_analysis_memory_truncations',
    'Analyses and reports, since the start, that were cut because they took all of their memory.',
    () => memory.truncatedAnalyses(),
  );
  instruments.measured(
    'raceway_analysis_traces_per_second',
    'Traces that this process analysed in a second, over the last ten.',
    () => memory.analysedPerSecond(),
  );
  instruments.measured(
    'raceway_process_heap_bytes',
    'Heap of V8 in use. Stored events of the memory storage lie outside of it.',
    () => getHeapStatistics().used_heap_size,
  );
  instruments.measured(
    'raceway_process_heap_max_bytes',
    'Where the heap of V8 may not grow any further and the process dies.',
    () => getHeapStatistics().heap_size_limit,
  );
  instruments.measured('raceway_process_start_timestamp_seconds', 'When the process started.', () =>
    Math.round(performance.timeOrigin / 1000),
  );
  instruments.measured('raceway_process_resident_bytes', 'Memory of the process in all.', () =>
    process.memoryUsage.rss(),
  );
  instruments.measured(
    'raceway_log_dropped_lines',
    'Lines of the log that nobody read or whose disk was full, since the start.',
    droppedLogLines,
  );
}

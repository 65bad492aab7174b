import { z } from 'zod';
import type { Analyser } from '../analyser/analyser.ts';
import type { WaitingWork } from '../storage/derived.ts';

/** How far findings are behind, in answers. */
export const waitingWire = {
  waiting_traces: z.int().describe('Stored, but not part of findings yet.'),
  oldest_waiting_seconds: z
    .number()
    .nullable()
    .describe(
      'For how long one of them waits at most; on Postgres since its last event, also where it only waits to be looked at again. Null: none waits.',
    ),
  analysed_per_second: z
    .number()
    .describe('Traces that this process analysed in a second, over the last ten.'),
};

/** How far findings are behind, as clients read it. */
export function waitingToWire(work: WaitingWork, analyser: Pick<Analyser, 'analysedPerSecond'>) {
  const seconds = waitingSeconds(work);
  return {
    waiting_traces: work.traces,
    oldest_waiting_seconds: seconds === null ? null : rounded(seconds),
    analysed_per_second: rounded(analyser.analysedPerSecond),
  };
}

/** For how long some work waits at most; null when nothing waits. */
export function waitingSeconds({ oldestMs }: WaitingWork): number | null {
  return oldestMs === null ? null : Math.max(0, (Date.now() - oldestMs) / 1000);
}

/** To a tenth. */
function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}

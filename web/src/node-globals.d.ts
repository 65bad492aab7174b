import type { EventLoopUtilityFunction, PerformanceNodeTiming } from 'node:perf_hooks';

/** Types of the server are checked beside those of browsers, whose `performance` has less. */
declare global {
  interface Performance {
    readonly eventLoopUtilization: EventLoopUtilityFunction;
    readonly nodeTiming: PerformanceNodeTiming;
  }
}

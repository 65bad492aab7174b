import type { Visit } from './history/visits.ts';
import type { Scene } from './scene.ts';

/** Traces on either side, by first access, that tell which variables are written together. */
export const CORRELATION_CONTEXT = 64;
/** Traces that have to write a variable before anything is said of it. */
const WRITERS_MIN = 20;
/** Of ten that write the one variable, as many at least write the other. */
const TOGETHER_OF_TEN = 9;

/**
 * Whether what holds of one of two variables depends on the other, as the traces around show: those
 * that write either write both (Lu et al., MUVI, SOSP 2007).
 */
export function areCorrelated(one: Scene, two: Scene): boolean {
  return isWrittenWith(one, two.visit.variable) && isWrittenWith(two, one.visit.variable);
}

function isWrittenWith({ history, visit }: Scene, variable: string): boolean {
  const visits = history.around(visit, CORRELATION_CONTEXT);
  let writers = 0;
  let together = 0;
  for (const other of visits) {
    if (environmentOf(other) !== environmentOf(visit) || !isWriter(other)) continue;
    writers += 1;
    const companion = other.trace.visits.get(variable);
    if (companion !== undefined && isWriter(companion)) together += 1;
    if ((writers - together) * 10 > visits.length * (10 - TOGETHER_OF_TEN)) return false;
  }
  return writers >= WRITERS_MIN && together * 10 >= writers * TOGETHER_OF_TEN;
}

function isWriter({ accesses }: Visit): boolean {
  return accesses.some(({ writes, undone }) => writes && !undone);
}

function environmentOf({ footprint }: Visit): string | undefined {
  return footprint.signatures[0]?.environment;
}

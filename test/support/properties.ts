import type { TestContext } from 'node:test';
import fc from 'fast-check';

/**
 * Checks a property and prints the seed, with which `RACEWAY_PROPERTY_SEED` repeats the same cases
 * and takes the time to shrink the one that fails. `RACEWAY_PROPERTY_RUNS` multiplies the runs.
 */
export function assertProperty<Values>(
  t: TestContext,
  numRuns: number,
  property: fc.IProperty<Values>,
): void {
  fc.assert(property, announcedRuns(t, numRuns));
}

/** {@link assertProperty} for a property that waits. */
export async function assertAsyncProperty<Values>(
  t: TestContext,
  numRuns: number,
  property: fc.IAsyncProperty<Values>,
): Promise<void> {
  await fc.assert(property, announcedRuns(t, numRuns));
}

function announcedRuns(t: TestContext, runs: number) {
  const given = process.env['RACEWAY_PROPERTY_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  const numRuns = runs * Number(process.env['RACEWAY_PROPERTY_RUNS'] ?? 1);
  t.diagnostic(`RACEWAY_PROPERTY_SEED=${seed} (${numRuns} runs)`);
  return { numRuns, seed, endOnFailure: given === undefined, includeErrorInReport: true };
}

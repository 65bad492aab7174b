import type { TestContext } from 'node:test';
import fc from 'fast-check';

/**
 * Checks a property and prints the seed, with which `RACEWAY_PROPERTY_SEED` repeats the same cases.
 */
export function assertProperty<Values>(
  t: TestContext,
  numRuns: number,
  property: fc.IProperty<Values>,
): void {
  fc.assert(property, { numRuns, seed: announcedSeed(t, numRuns) });
}

/** {@link assertProperty} for a property that waits. */
export async function assertAsyncProperty<Values>(
  t: TestContext,
  numRuns: number,
  property: fc.IAsyncProperty<Values>,
): Promise<void> {
  await fc.assert(property, { numRuns, seed: announcedSeed(t, numRuns) });
}

function announcedSeed(t: TestContext, numRuns: number): number {
  const given = process.env['RACEWAY_PROPERTY_SEED'];
  const seed = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  t.diagnostic(`RACEWAY_PROPERTY_SEED=${seed} (${numRuns} runs)`);
  return seed;
}

import type { CDPSession, Page } from 'playwright-core';

/** Rounds of `work` that take a millisecond of the processor of docs/performance.md, "Figures". */
const ROUNDS_PER_MS = 27;
const CALIBRATED_MS = 100;

/**
 * How long the thread of a page runs for what takes a millisecond of the reference processor. What is held
 * against it depends neither on other processes nor on how fast a processor is.
 */
export async function millisecondOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const calibrate = () => page.evaluate(work, ROUNDS_PER_MS * CALIBRATED_MS);
  // The first time it is compiled meanwhile.
  await calibrate();
  const beforeMs = await spentMs(session);
  await calibrate();
  const afterMs = await spentMs(session);
  await session.detach();
  return (afterMs - beforeMs) / CALIBRATED_MS;
}

/** The value that a share of all is not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** Of the page's thread, without style, layout and what asks for this. */
async function spentMs(session: CDPSession): Promise<number> {
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (wanted: string) => 1000 * (metrics.find(({ name }) => name === wanted)?.value ?? 0);
  const others = of('DevToolsCommandDuration') + of('LayoutDuration') + of('RecalcStyleDuration');
  return of('TaskDuration') - others;
}

/** What script mostly does, in a frame as it does it: texts, maps, lists that are sorted. */
function work(rounds: number): Promise<number> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => {
      let sum = 0;
      for (let round = 0; round < rounds; round += 1) {
        const known = new Map<string, number>();
        for (let number = 0; number < 500; number += 1) {
          known.set(`row-${(number * 7919) % 251}`, number);
        }
        sum += [...known.values()].sort((a, b) => a - b)[0] ?? 0;
      }
      resolve(sum);
    });
  });
}

import type { CDPSession, Page } from 'playwright-core';

/** What the main thread of a page did for each frame, in milliseconds of a reference processor. */
export interface FrameCosts {
  /** Script and painting: what comes on top of a frame in which nothing changes, but for style and layout. */
  readonly scriptMs: readonly number[];
  /** All that the thread did: no single task of the frame took longer. */
  readonly taskMs: readonly number[];
}

interface Spent {
  readonly scriptMs: number;
  readonly taskMs: number;
}

/** Rounds of `work` that take a millisecond of the processor of docs/performance.md, "Figures". */
const ROUNDS_PER_MS = 27;
const CALIBRATED_MS = 100;
const IDLE_FRAMES = 15;

/**
 * Scrolls through an element, frame by frame. Only time in which the thread really ran counts, and it is held
 * against what the same thread needs for known work just before: neither another process nor a slow
 * processor changes what comes out.
 */
export async function frameCosts(
  page: Page,
  selector: string,
  frames: number,
): Promise<FrameCosts> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const unitMs = await calibrated(page, session);
  const costs: { scriptMs: number[]; taskMs: number[] } = { scriptMs: [], taskMs: [] };
  const stand = () => page.evaluate(scrollTo, { selector, share: 0 });
  await stand();
  const idle: number[] = [];
  for (let frame = 0; frame < IDLE_FRAMES; frame += 1) {
    idle.push((await spentBy(session, stand)).scriptMs);
  }
  const idleMs = percentile(idle, 0.5);
  for (let frame = 1; frame <= frames; frame += 1) {
    const { scriptMs, taskMs } = await spentBy(session, () =>
      page.evaluate(scrollTo, { selector, share: frame / frames }),
    );
    costs.scriptMs.push(Math.max(0, scriptMs - idleMs) / unitMs);
    costs.taskMs.push(taskMs / unitMs);
  }
  await session.detach();
  return costs;
}

/** How long the thread of a page runs for what takes a millisecond of the reference processor. */
export async function millisecondOf(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const unitMs = await calibrated(page, session);
  await session.detach();
  return unitMs;
}

async function calibrated(page: Page, session: CDPSession): Promise<number> {
  const calibrate = () => page.evaluate(work, ROUNDS_PER_MS * CALIBRATED_MS);
  // The first time it is compiled meanwhile.
  await calibrate();
  return (await spentBy(session, calibrate)).scriptMs / CALIBRATED_MS;
}

/** The value that a share of all is not above. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

async function spentBy(session: CDPSession, act: () => Promise<unknown>): Promise<Spent> {
  const before = await spent(session);
  await act();
  const after = await spent(session);
  return { scriptMs: after.scriptMs - before.scriptMs, taskMs: after.taskMs - before.taskMs };
}

async function spent(session: CDPSession): Promise<Spent> {
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (wanted: string) => 1000 * (metrics.find(({ name }) => name === wanted)?.value ?? 0);
  const ownMs = of('TaskDuration') - of('DevToolsCommandDuration');
  // Not `ScriptDuration`: what runs when a promise is resolved is not in it.
  return { scriptMs: ownMs - of('LayoutDuration') - of('RecalcStyleDuration'), taskMs: ownMs };
}

/** Moves to a place and waits until it is drawn. */
async function scrollTo({ selector, share }: { selector: string; share: number }): Promise<void> {
  const element = document.querySelector(selector);
  if (element === null) throw new Error(`there is no ${selector}`);
  element.scrollTop = (element.scrollHeight - element.clientHeight) * share;
  for (let frame = 0; frame < 2; frame += 1) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
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

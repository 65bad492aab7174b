import type { CDPSession, Page } from 'playwright-core';
import { millisecondOf } from './reference-time.ts';

/** An event of a trace of Chromium; durations in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  /** How long the thread really ran for it. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/**
 * The longest task of the page's thread while something is done, in milliseconds of a reference processor:
 * only time in which the thread really ran counts, so that other processes change nothing.
 */
export async function longestTaskMs(page: Page, act: () => Promise<void>): Promise<number> {
  const { events, unitMs } = await traced(page, act);
  return longestOf(events) / unitMs;
}

function longestOf(events: readonly TraceEvent[]): number {
  const tasks = events.filter(({ name }) => /RunTask$/.test(name));
  if (tasks.length === 0) throw new Error('the trace of Chromium holds no task');
  return Math.max(...tasks.map(({ tdur = 0 }) => tdur / 1000));
}

/** What is script, in the events of Chromium; what stands inside another is part of it. */
const script =
  /^(?:FunctionCall|FireAnimationFrame|TimerFire|EventDispatch|RunMicrotasks|v8\.callFunction|BlinkScheduler_PerformMicrotaskCheckpoint)$/;
const frameMark = 'a frame begins';

/** What scrolling cost, in the same milliseconds. */
export interface FrameCosts {
  /** Script, frame by frame. */
  readonly scriptMs: readonly number[];
  /** The longest task. */
  readonly taskMs: number;
}

/** Scrolls through an element, frame by frame. */
export async function frameCosts(
  page: Page,
  selector: string,
  frames: number,
): Promise<FrameCosts> {
  const { events, unitMs } = await traced(page, () =>
    page.evaluate(scrollThrough, { selector, frames, mark: frameMark }),
  );
  const begins = events.filter(({ name }) => name === frameMark).map(({ ts }) => ts);
  if (begins.length !== frames)
    throw new Error(`the trace of Chromium holds ${begins.length} frames`);
  const sums = begins.map(() => 0);
  let endTs = 0;
  for (const { name, ts, dur = 0, tdur = 0 } of events) {
    if (!script.test(name) || ts < endTs) continue;
    endTs = ts + dur;
    const frame = begins.findLastIndex((begin) => begin <= ts);
    if (frame >= 0) sums[frame] = (sums[frame] ?? 0) + tdur / 1000 / unitMs;
  }
  return { scriptMs: sums, taskMs: longestOf(events) / unitMs };
}

/** What the page's own thread did while something was done, by time. */
async function traced(page: Page, act: () => Promise<void>) {
  const browser = page.context().browser();
  if (browser === null) throw new Error('the page has no browser of its own');
  const unitMs = await millisecondOf(page);
  const session = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const event of value) events.push(event as unknown as TraceEvent);
  });
  await session.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories: categories },
  });
  await act();
  await ended(session);
  await session.detach();
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`;
  const main = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(threadOf),
  );
  const own = events.filter((event) => event.ph !== 'M' && main.has(threadOf(event)));
  return { events: own.sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0)), unitMs };
}

const categories = [
  ...[
    'toplevel',
    'devtools.timeline',
    'disabled-by-default-devtools.timeline',
    'blink.user_timing',
  ],
];

/** Moves through an element from its top to its end, and waits at each place until it is drawn. */
async function scrollThrough(way: {
  selector: string;
  frames: number;
  mark: string;
}): Promise<void> {
  const element = document.querySelector(way.selector);
  if (element === null) throw new Error(`there is no ${way.selector}`);
  const room = element.scrollHeight - element.clientHeight;
  for (let frame = 1; frame <= way.frames; frame += 1) {
    performance.mark(way.mark);
    element.scrollTop = (room * frame) / way.frames;
    for (let drawn = 0; drawn < 2; drawn += 1) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }
}

async function ended(session: CDPSession): Promise<void> {
  const complete = new Promise<void>((resolve) => {
    session.once('Tracing.tracingComplete', () => resolve());
  });
  await session.send('Tracing.end');
  await complete;
}

import type { CDPSession, Page } from 'playwright-core';
import { millisecondOf } from './frame-costs.ts';

/** An event of a trace of Chromium; durations in microseconds. */
interface TraceEvent {
  readonly name: string;
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  /** How long the thread really ran for it. */
  readonly tdur?: number;
  readonly args: { readonly name?: string };
}

/**
 * The longest task of the page's thread while something is done, in milliseconds of a reference processor:
 * only time in which the thread really ran counts, so that other processes change nothing.
 */
export async function longestTaskMs(page: Page, act: () => Promise<void>): Promise<number> {
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
    traceConfig: { includedCategories: ['toplevel', 'disabled-by-default-devtools.timeline'] },
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
  const tasksMs = events
    .filter((event) => event.ph === 'X' && /RunTask$/.test(event.name) && main.has(threadOf(event)))
    .map(({ tdur = 0 }) => tdur / 1000);
  if (tasksMs.length === 0) throw new Error('the trace of Chromium holds no task');
  return Math.max(...tasksMs) / unitMs;
}

async function ended(session: CDPSession): Promise<void> {
  const complete = new Promise<void>((resolve) => {
    session.once('Tracing.tracingComplete', () => resolve());
  });
  await session.send('Tracing.end');
  await complete;
}

import { randomUUID } from 'node:crypto';
import { wireEvent } from '../support/events.ts';
import { pause } from './server-process.ts';

const PAUSE_MS = 50;
/** A look of which a machine that has time takes less. */
const LOOK_MS_MAX = 250;

/** Compares what `/ready` says with what `POST /events` does. */
export interface ReadinessWatch {
  /**
   * The longest time that they disagreed without a break, in milliseconds; a look that a slow machine
   * drew out counts as a short one.
   */
  stop(): Promise<number>;
}

/** Asks both again and again. A failure of the storage is known after a moment; so is its end. */
export function watchReadiness(url: string): ReadinessWatch {
  let isStopped = false;
  let longestMs = 0;
  const statusOf = (path: string, options: RequestInit) =>
    fetch(`${url}${path}`, options).then(
      async (reply) => {
        await reply.arrayBuffer();
        return reply.status;
      },
      () => 0,
    );
  const watch = async () => {
    let disagreedMs = 0;
    let lastMs = performance.now();
    while (!isStopped) {
      const body = JSON.stringify({ events: [wireEvent({ id: randomUUID(), trace: 'watch' })] });
      const headers = { 'content-type': 'application/json' };
      const [ready, stored] = await Promise.all([
        statusOf('/ready', {}),
        statusOf('/events', { method: 'POST', headers, body }),
      ]);
      const nowMs = performance.now();
      disagreedMs = ready === stored ? 0 : disagreedMs + Math.min(nowMs - lastMs, LOOK_MS_MAX);
      longestMs = Math.max(longestMs, disagreedMs);
      lastMs = nowMs;
      await pause(PAUSE_MS);
    }
  };
  const watching = watch();
  return {
    async stop() {
      isStopped = true;
      await watching;
      return longestMs;
    },
  };
}

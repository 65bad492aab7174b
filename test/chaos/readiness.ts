import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { wireEvent } from '../support/events.ts';
import { pause } from './server-process.ts';

const PAUSE_MS = 50;
/** A look of which a machine that has time takes less. */
const LOOK_MS_MAX = 250;
/** How long `/ready` and `POST /events` may disagree: a failure counts for three seconds. */
const DISAGREEMENT_MS = 5000;

/** Compares what `/ready` says with what `POST /events` does. */
export interface ReadinessWatch {
  /**
   * Fails when they ever disagreed for long without a break; a look that a slow machine drew out counts as
   * a short one.
   */
  stop(): Promise<void>;
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
      const toldMs = Math.round(longestMs);
      assert.ok(longestMs < DISAGREEMENT_MS, `/ready and POST disagreed for ${toldMs} ms`);
    },
  };
}

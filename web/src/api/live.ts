import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { lockouts } from './client.ts';
import type { LiveMessage } from './types.ts';

/** How a stream of the server is. */
export type LiveState = 'connecting' | 'open' | 'away';

/** How long to wait before another try; twice as long after each, up to a bound. */
const retryMs = 1000;
const retryMsMax = 30_000;

/**
 * Follows what the server stores, and goes on where a connection broke off.
 *
 * @param path with its query, as in `api/live?service=web`
 * @param onMessage called for each message, in order
 */
export function useLive(path: string, onMessage: (message: LiveMessage) => void) {
  const state = useSignal<LiveState>('connecting');
  const handler = useRef(onMessage);
  handler.current = onMessage;
  useEffect(() => {
    const controller = new AbortController();
    let lastId: string | null = null;
    const follow = async () => {
      let waitMs = retryMs;
      while (!controller.signal.aborted) {
        const opened = await readLines(path, lastId, controller.signal, (message) => {
          state.value = 'open';
          waitMs = retryMs;
          if ('id' in message) lastId = message.id;
          handler.current(message);
        }).catch(() => false);
        if (controller.signal.aborted) return;
        state.value = opened ? 'connecting' : 'away';
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        waitMs = Math.min(waitMs * 2, retryMsMax);
      }
    };
    void follow();
    return () => controller.abort();
  }, [path]);
  return state;
}

/** Reads one stream to its end; whether there was one. */
async function readLines(
  path: string,
  lastId: string | null,
  ended: AbortSignal,
  onMessage: (message: LiveMessage) => void,
): Promise<boolean> {
  const reply = await fetch(path, {
    headers: {
      accept: 'application/x-ndjson',
      'x-raceway-ui': '1',
      ...(lastId === null ? {} : { 'last-event-id': lastId }),
    },
    credentials: 'same-origin',
    signal: ended,
  });
  if (reply.status === 401) lockouts.value += 1;
  if (!reply.ok || reply.body === null) return false;
  const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return true;
    const lines = (rest + value).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') onMessage(JSON.parse(line) as LiveMessage);
  }
}

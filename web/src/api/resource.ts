import { signal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { ApiError, ask } from './client.ts';

/** What is known of something that was asked for. */
export interface Resource<Data> {
  /** The newest that arrived; kept while it is asked for again, and when that fails. */
  readonly data: Data | null;
  readonly error: ApiError | null;
  readonly isLoading: boolean;
  reload(): void;
}

/** Paths whose answers are kept for coming back. */
const keptMax = 60;
const kept = new Map<string, unknown>();

const forgotten = signal(0);

/** Forgets every answer, as when somebody else signs in; what is shown is asked for anew. */
export function forgetAnswers(): void {
  kept.clear();
  forgotten.value += 1;
}

/**
 * Asks for a path, and again when the page is looked at.
 *
 * @param path null: there is nothing to ask for yet
 * @param refreshMs how long after an answer to ask again; null: not by itself
 */
export function useResource<Data>(
  path: string | null,
  refreshMs: (data: Data) => number | null = () => null,
): Resource<Data> {
  const [turn, setTurn] = useState(0);
  const times = forgotten.value;
  const [state, setState] = useState<{
    path: string | null;
    data: Data | null;
    error: ApiError | null;
    isLoading: boolean;
  }>({ path: null, data: null, error: null, isLoading: true });

  useEffect(() => {
    if (path === null) return;
    const known = (kept.get(path) as Data | undefined) ?? null;
    setState((before) => ({
      path,
      data: before.path === path ? before.data : known,
      error: null,
      isLoading: true,
    }));
    const controller = new AbortController();
    let timer = 0;
    const again = (ms: number | null) => {
      if (ms === null) return;
      timer = window.setTimeout(() => {
        // Nobody looks at a hidden page; it is asked for when it is shown again.
        if (document.hidden) again(ms);
        else setTurn((count) => count + 1);
      }, ms);
    };
    ask<Data>(path, { signal: controller.signal }).then(
      (data) => {
        keep(path, data);
        setState({ path, data, error: null, isLoading: false });
        again(refreshMs(data));
      },
      (error: unknown) => {
        if (!(error instanceof ApiError)) return;
        setState((before) => ({ ...before, error, isLoading: false }));
        // A server that is away or busy may be back, and a limit ends.
        if (error.status === 0 || error.status === 429 || error.status >= 500) again(retryMs);
      },
    );
    return () => {
      controller.abort();
      window.clearTimeout(timer);
    };
  }, [path, turn, times]);

  const isCurrent = state.path === path;
  return {
    data: isCurrent ? state.data : path === null ? null : ((kept.get(path) as Data) ?? null),
    error: isCurrent ? state.error : null,
    isLoading: isCurrent ? state.isLoading : true,
    reload: () => setTurn((count) => count + 1),
  };
}

const retryMs = 3000;

function keep(path: string, data: unknown): void {
  kept.delete(path);
  kept.set(path, data);
  for (const oldest of kept.keys()) {
    if (kept.size <= keptMax) break;
    kept.delete(oldest);
  }
}

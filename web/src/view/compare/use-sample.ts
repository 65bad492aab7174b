import { useEffect, useState } from 'preact/hooks';
import { ApiError, ask, query } from '../../api/client.ts';
import type { TracePage, TraceSummary, Timeline as WireTimeline } from '../../api/types.ts';

/** Traces of an operation that are looked at: enough for a middle, and read in a moment. */
const sampleMax = 15;
/** Traces that they are chosen from, the newest. */
const candidatesMax = 60;
/** Longer ones are no usual case of anything, and take long to read. */
const eventsMax = 5000;

/** Traces of one operation. */
export interface Sample {
  readonly timelines: readonly WireTimeline[] | null;
  readonly error: ApiError | null;
}

const nothing: Sample = { timelines: null, error: null };

/** The newest traces of the operation of a trace, without itself; null: nothing is asked. */
export function useSample(trace: TraceSummary | null): Sample & { reload(): void } {
  const [sample, setSample] = useState(nothing);
  const [turn, setTurn] = useState(0);
  const id = trace?.trace_id ?? null;
  useEffect(() => {
    setSample(nothing);
    if (trace === null) return;
    const controller = new AbortController();
    readSample(trace, controller.signal).then(
      (timelines) => setSample({ timelines, error: null }),
      (error: unknown) => {
        if (error instanceof ApiError) setSample({ timelines: null, error });
      },
    );
    return () => controller.abort();
  }, [id, turn]);
  return { ...sample, reload: () => setTurn((before) => before + 1) };
}

async function readSample(
  { trace_id: id, root }: TraceSummary,
  signal: AbortSignal,
): Promise<WireTimeline[]> {
  const page = await ask<TracePage>(`api/traces${query({ q: root, page_size: candidatesMax })}`, {
    signal,
  });
  const alike = page.traces
    .filter((other) => other.root === root && other.trace_id !== id)
    .filter(({ event_count: events }) => events <= eventsMax)
    .slice(0, sampleMax);
  return Promise.all(
    alike.map(({ trace_id: other }) =>
      ask<WireTimeline>(`api/traces/${encodeURIComponent(other)}/timeline`, { signal }),
    ),
  );
}

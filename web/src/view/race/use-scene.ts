import { useMemo } from 'preact/hooks';
import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { TracePage, Timeline as WireTimeline, Witness } from '../../api/types.ts';
import { emptyScene, type RaceScene, raceScene } from '../../model/race/race-scene.ts';
import { readTimeline } from '../../model/trace/timeline.ts';

/** Longer traces are not read for what is around an access. */
const eventsMax = 2000;

/** What is around the accesses of a witness: read after the race itself is shown. */
export function useScene(witness: Witness): RaceScene {
  const [a, b] = witness.events;
  const ofA = useSmallTrace(a.trace_id);
  const ofB = useSmallTrace(b.trace_id);
  return useMemo(() => {
    if (ofA === null && ofB === null) return emptyScene;
    return raceScene(witness, {
      A: ofA === null ? null : readTimeline(ofA),
      B: ofB === null ? null : readTimeline(ofB),
    });
  }, [witness, ofA, ofB]);
}

function useSmallTrace(traceId: string): WireTimeline | null {
  const page = useResource<TracePage>(`api/traces${query({ q: traceId, page_size: 1 })}`);
  const trace = page.data?.traces.find(({ trace_id: id }) => id === traceId);
  const isSmall = trace !== undefined && trace.event_count <= eventsMax;
  return useResource<WireTimeline>(
    isSmall ? `api/traces/${encodeURIComponent(traceId)}/timeline` : null,
  ).data;
}

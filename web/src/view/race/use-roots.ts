import { query } from '../../api/client.ts';
import { useResource } from '../../api/resource.ts';
import type { TracePage, Witness } from '../../api/types.ts';
import { shortId } from '../../model/words.ts';

/** What the two requests are called. */
export interface Roots {
  readonly A: string;
  readonly B: string;
}

/** The operations of a witness's traces; the beginning of their ids until they are known. */
export function useRoots(witness: Witness): Roots {
  const [a, b] = witness.events;
  const ofA = useRoot(a.trace_id);
  const ofB = useRoot(b.trace_id);
  // Inside one trace the sides are two of its threads.
  if (a.trace_id === b.trace_id) return { A: a.thread, B: b.thread };
  return { A: ofA, B: ofB };
}

function useRoot(traceId: string): string {
  const page = useResource<TracePage>(`api/traces${query({ q: traceId, page_size: 1 })}`);
  const trace = page.data?.traces.find(({ trace_id: id }) => id === traceId);
  return trace === undefined || trace.root === '' ? `request ${shortId(traceId)}` : trace.root;
}

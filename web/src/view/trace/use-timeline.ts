import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Timeline as WireTimeline } from '../../api/types.ts';
import { readTimeline, type Timeline } from '../../model/trace/timeline.ts';

/** So many rows are read in less than a frame. */
const rowsAtOnceMax = 5000;

/**
 * The columns of the server as they are drawn. Those of a large trace are read in a turn of their own, so that
 * to parse, to read and to draw it are three short tasks of the page and not a long one. A worker could do it
 * beside the page, but the page may start none: its policy has no way to make an address of a script trusted.
 */
export function useTimeline(wire: WireTimeline | null): Timeline | null {
  const atOnce = useMemo(
    () => (wire === null || wire.rows > rowsAtOnceMax ? null : readTimeline(wire)),
    [wire],
  );
  const [later, setLater] = useState<{ wire: WireTimeline; timeline: Timeline } | null>(null);
  useEffect(() => {
    if (wire === null || wire.rows <= rowsAtOnceMax) return;
    const timer = window.setTimeout(() => setLater({ wire, timeline: readTimeline(wire) }));
    return () => window.clearTimeout(timer);
  }, [wire]);
  return atOnce ?? (later !== null && later.wire === wire ? later.timeline : null);
}

import type { Steps } from './critical-walk.ts';

/** How long each step was busy itself: its time without that in which it waited for a child. */
export function selfTimes({ start, end, childrenOf, isAwaited }: Steps): Float64Array {
  return start.map((from, step) => {
    const to = end[step] as number;
    let own = to - from;
    let covered = from;
    const children = childrenOf(step).filter((child) => isAwaited[child] === true);
    for (const child of children.sort((a, b) => (start[a] as number) - (start[b] as number))) {
      const begins = Math.max(start[child] as number, covered);
      const ends = Math.min(end[child] as number, to);
      if (ends <= begins) continue;
      own -= ends - begins;
      covered = ends;
    }
    return own;
  });
}

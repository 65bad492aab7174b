import { followsOn, type Section, type Steps, visibleChildren } from './critical-walk.ts';

/**
 * How much longer each step could have taken before the root ended later; 0 on the critical path, -1 where
 * nobody waits for the step. What runs beside another child that its maker waited for longer has until that
 * one ends; then what its maker has itself. O(n log n), without recursion.
 */
export function slackOf(root: number, steps: Steps): Float64Array {
  const slack = new Float64Array(steps.start.length).fill(-1);
  slack[root] = 0;
  const waiting: Section[] = [
    { step: root, start: steps.start[root] as number, end: steps.end[root] as number },
  ];
  for (let parent = waiting.pop(); parent !== undefined; parent = waiting.pop()) {
    const own = slack[parent.step] as number;
    let time = parent.end;
    let later: Section | null = null;
    /** Where the child ended that comes next on the path, also where the walk cuts it. */
    let waitedUntil = parent.end;
    for (const child of visibleChildren(parent, steps)) {
      const end = followsOn(child, parent, time, later);
      if (end === null) {
        slack[child.step] = own + waitedUntil - child.end;
        waiting.push(child);
        continue;
      }
      // The first child, which ended last, always follows on. The walk enters it as it cuts it.
      slack[child.step] = own;
      later = { ...child, end };
      time = child.start;
      waitedUntil = child.end;
      waiting.push(later);
    }
  }
  return slack;
}

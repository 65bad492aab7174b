/** Steps as columns; times are numbers of one unit. */
export interface Steps {
  readonly start: Float64Array;
  readonly end: Float64Array;
  /** The steps that were made in a step. */
  readonly childrenOf: (step: number) => Int32Array;
  /** Whether the maker of a step waits for it. */
  readonly isAwaited: readonly boolean[];
}

/** A part of the root's time and the step that it belongs to. */
export interface Section {
  readonly step: number;
  readonly start: number;
  readonly end: number;
}

export interface CriticalWalk {
  /** What everybody waited for. Latest first; they touch, and cover the root exactly. */
  readonly sections: readonly Section[];
  /** The visible part of every step met, parents before children; some have no section left. */
  readonly visited: readonly Section[];
}

/** Share of a step's time by which two children that follow each other may overlap. */
const TOLERANCE = 0.01;

interface Frame extends Section {
  readonly children: readonly Section[];
  next: number;
  /** Everything later is done. */
  time: number;
  /** The child that comes next on the path, whose start is {@link time}. */
  later: Section | null;
}

/**
 * Walks back from the end of a root, always into the child that ended last. A child is cut to the
 * visible part of its parent. The walk meets each step once: O(n log n), with an explicit stack.
 */
export function walkCriticalPath(root: number, steps: Steps): CriticalWalk {
  const sections: Section[] = [];
  const visited: Section[] = [];
  const stack: Frame[] = [];
  const emit = (step: number, start: number, end: number) => {
    if (end > start) sections.push({ step, start, end });
  };
  const enter = (step: Section) => {
    visited.push(step);
    const children = visibleChildren(step, steps);
    stack.push({ ...step, children, next: 0, time: step.end, later: null });
  };
  enter({ step: root, start: steps.start[root] as number, end: steps.end[root] as number });
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const child = nextChild(frame);
    if (child === null) {
      emit(frame.step, frame.start, frame.time);
      stack.pop();
      continue;
    }
    emit(frame.step, child.end, frame.time);
    frame.time = child.start;
    frame.later = child;
    enter(child);
  }
  return { sections, visited };
}

/** What can be seen of the children that a step waits for, cut to it; the one that ended last first. */
export function visibleChildren(parent: Section, steps: Steps): readonly Section[] {
  const { start, end, isAwaited } = steps;
  const visible: Section[] = [];
  for (const step of steps.childrenOf(parent.step)) {
    if (isAwaited[step] === false) continue;
    const from = Math.max(start[step] as number, parent.start);
    const to = Math.min(end[step] as number, parent.end);
    if (to > from) visible.push({ step, start: from, end: to });
  }
  return visible.sort((a, b) => b.end - a.end || a.start - b.start || a.step - b.step);
}

/** The child that ended last before all that is done; of two that touch, both count. */
function nextChild(frame: Frame): Section | null {
  const { children, time, later } = frame;
  while (frame.next < children.length) {
    const child = children[frame.next] as Section;
    frame.next += 1;
    const end = followsOn(child, frame, time, later);
    if (end !== null) return { ...child, end };
  }
  return null;
}

/**
 * Where a child ends that comes before all that is done; null for one that ran beside it.
 *
 * @param time everything later is done
 * @param later the child that comes next on the path
 */
export function followsOn(
  child: Section,
  parent: Section,
  time: number,
  later: Section | null,
): number | null {
  if (child.end <= time) return child.end;
  const isBefore = later !== null && child.start < later.start && child.end < later.end;
  const allowed = (parent.end - parent.start) * TOLERANCE;
  return isBefore && child.end - time < allowed ? time : null;
}

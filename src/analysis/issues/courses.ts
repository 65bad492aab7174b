import { createHash } from 'node:crypto';
import type { Footprint } from '../../domain/findings/footprint.ts';
import type { Course, CourseCounts, CourseStep } from '../../domain/findings/variable-state.ts';
import { budgets } from '../budgets.ts';
import { placedSite } from './placed-site.ts';

const KEY_DIGITS = 12;

const none: CourseCounts = { known: {}, leftOutFrom: null };

/**
 * Counts what the requests of a trace did to a variable, or takes it back. Beyond the budget the first
 * courses by key stay exact, so that what stays does not depend on the order of changes.
 */
export function changeCourses(
  counts: CourseCounts | undefined,
  footprint: Footprint,
  sign: 1 | -1,
): CourseCounts | undefined {
  const changed = coursesOf(footprint);
  if (changed.size === 0) return counts;
  const known = new Map(Object.entries((counts ?? none).known));
  let { leftOutFrom } = counts ?? none;
  for (const [key, course] of changed) {
    if (leftOutFrom !== null && key >= leftOutFrom) continue;
    // What was stored before courses were counted is taken away as if it had been.
    const traces = (known.get(key)?.traces ?? 0) + sign;
    if (traces <= 0) known.delete(key);
    else known.set(key, { course, traces });
  }
  while (known.size > budgets.coursesPerVariable) {
    leftOutFrom = [...known.keys()].reduce((a, b) => (a > b ? a : b));
    known.delete(leftOutFrom);
  }
  if (known.size === 0 && leftOutFrom === null) return undefined;
  const sorted = [...known].sort(([a], [b]) => (a < b ? -1 : 1));
  return { known: Object.fromEntries(sorted), leftOutFrom };
}

/** The courses of a trace, each once: what it did outside of requests is none. */
function coursesOf({ signatures, accesses }: Footprint): ReadonlyMap<string, Course> {
  const requests = new Map<string, { service: string; operation: string; steps: CourseStep[] }>();
  const texts = new Map<string, string>();
  for (const { signature: place, thread, statement } of accesses) {
    const signature = signatures[place];
    if (signature === undefined || signature.undone || signature.operation === null) continue;
    const { service, operation } = signature;
    const name = JSON.stringify([service, operation, thread]);
    const request = requests.get(name) ?? { service, operation, steps: [] };
    requests.set(name, request);
    const isUse = statement?.isUse === true ? { isUse: true as const } : {};
    const step: CourseStep = { ...placedSite(signature), ...isUse };
    const text = JSON.stringify(step);
    if (texts.get(name) === text || request.steps.length === budgets.courseSteps) continue;
    texts.set(name, text);
    request.steps.push(step);
  }
  return new Map(
    [...requests.values()].map((course) => {
      const digest = createHash('sha256').update(JSON.stringify(course)).digest('hex');
      return [digest.slice(0, KEY_DIGITS), course];
    }),
  );
}

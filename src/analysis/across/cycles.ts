import type { AnomalyClass, Pattern } from '../../domain/findings/finding.ts';
import type { Access, MetTrace } from './history/visits.ts';
import type { Dependency, DependencyKind } from './serial-dependencies.ts';

/** Requests that depend on each other in a circle, so that no serial order explains them. */
export interface DependencyCycle {
  /** Each leads to the trace from which the next one leads on. */
  readonly dependencies: readonly Dependency[];
  readonly anomalyClass: AnomalyClass | null;
  readonly pattern: Pattern;
}

/** Fewest anti-dependencies first, then fewest reads, then fewest steps; a cycle has at most 64. */
const COSTS: Readonly<Record<DependencyKind, number>> = { ww: 1, wr: 101, rw: 10_001 };

/**
 * Finds the cycles through a trace. For each trace that depends on it, it takes the cycle with the
 * fewest anti-dependencies, and leaves out cycles that only add members to a shorter one.
 */
export function cyclesThrough(
  own: MetTrace,
  dependencies: readonly Dependency[],
): readonly DependencyCycle[] {
  const graph = new DependencyGraph(dependencies);
  const cycles = graph
    .after(own)
    .map((next) => graph.cycle(own, next))
    .filter((steps) => steps !== null)
    .map((steps) => ({ steps, members: new Set(steps.map(({ from }) => from.visit.trace)) }))
    .sort((a, b) => a.steps.length - b.steps.length || compareSteps(a.steps, b.steps));
  const kept: typeof cycles = [];
  for (const cycle of cycles) {
    const adds = kept.some(({ members }) => [...members].every((one) => cycle.members.has(one)));
    if (!adds) kept.push(cycle);
  }
  return kept.map(({ steps }) => ({ dependencies: steps, ...classify(steps) }));
}

/** Variables of a cycle, sorted. */
export function variablesOf({ dependencies }: DependencyCycle): readonly string[] {
  return [...new Set(dependencies.map(({ from }) => from.visit.variable))].sort();
}

function classify(steps: readonly Dependency[]): Pick<DependencyCycle, 'anomalyClass' | 'pattern'> {
  const count = (wanted: DependencyKind) => steps.filter(({ kind }) => kind === wanted).length;
  const reads = count('rw');
  if (reads > 1) return { anomalyClass: 'G2-item', pattern: 'write_skew' };
  if (reads === 1) {
    const isOneVariable = new Set(steps.map(({ from }) => from.visit.variable)).size === 1;
    // The trace wrote over a version that is newer than the one it had read. Only a lost update
    // does that.
    if (isOneVariable && count('wr') === 0) return { anomalyClass: null, pattern: 'lost_update' };
    return { anomalyClass: 'G-single', pattern: 'non_repeatable_read' };
  }
  if (count('wr') > 0) return { anomalyClass: 'G1c', pattern: 'dirty_read' };
  return { anomalyClass: 'G0', pattern: 'write_write' };
}

/** Dependencies by the traces they lead from and to. */
class DependencyGraph {
  readonly #steps = new Map<MetTrace, Map<MetTrace, Dependency[]>>();

  constructor(dependencies: readonly Dependency[]) {
    for (const step of dependencies) {
      const from = step.from.visit.trace;
      const to = step.to.visit.trace;
      const after = this.#steps.get(from) ?? new Map<MetTrace, Dependency[]>();
      this.#steps.set(from, after);
      const between = after.get(to);
      if (between === undefined) after.set(to, [step]);
      else between.push(step);
    }
    for (const after of this.#steps.values()) {
      for (const between of after.values()) between.sort((a, b) => compareSteps([a], [b]));
    }
  }

  after(trace: MetTrace): readonly MetTrace[] {
    return [...(this.#steps.get(trace)?.keys() ?? [])];
  }

  /** The cheapest way from a trace over another one back; null when there is none. */
  cycle(own: MetTrace, next: MetTrace): readonly Dependency[] | null {
    const direct = this.#between(next, own);
    if (direct.length > 0) return cheapestPair(this.#between(own, next), direct);
    const way = this.#way(next, own);
    const first = this.#between(own, next)[0];
    return way === null || first === undefined ? null : [first, ...way];
  }

  #between(from: MetTrace, to: MetTrace): readonly Dependency[] {
    return this.#steps.get(from)?.get(to) ?? [];
  }

  /** Dijkstra's algorithm; there are few traces, so that a list does for the queue. */
  #way(start: MetTrace, goal: MetTrace): readonly Dependency[] | null {
    const open = new Map([[start, { cost: 0, steps: [] as readonly Dependency[] }]]);
    const done = new Set<MetTrace>();
    for (;;) {
      let nearest: MetTrace | null = null;
      for (const [trace, { cost, steps }] of open) {
        const best = nearest === null ? undefined : open.get(nearest);
        const isNearer =
          best === undefined ||
          cost < best.cost ||
          (cost === best.cost && compareSteps(steps, best.steps) < 0);
        if (isNearer) nearest = trace;
      }
      if (nearest === null) return null;
      const reached = open.get(nearest) as { cost: number; steps: readonly Dependency[] };
      if (nearest === goal) return reached.steps;
      open.delete(nearest);
      done.add(nearest);
      for (const [next, between] of this.#steps.get(nearest) ?? []) {
        const step = between[0];
        if (step === undefined || done.has(next)) continue;
        const cost = reached.cost + COSTS[step.kind];
        const known = open.get(next);
        const steps = [...reached.steps, step];
        const isBetter =
          known === undefined ||
          cost < known.cost ||
          (cost === known.cost && compareSteps(steps, known.steps) < 0);
        if (isBetter) open.set(next, { cost, steps });
      }
    }
  }
}

/**
 * Chooses the cheapest pair. Of equally cheap ones it takes a pair on two variables, because the
 * values read tell those on one variable already.
 */
function cheapestPair(
  there: readonly Dependency[],
  back: readonly Dependency[],
): readonly Dependency[] | null {
  let best: readonly Dependency[] | null = null;
  for (const first of there) {
    for (const second of back) {
      const pair = [first, second];
      if (best === null || comparePairs(pair, best) < 0) best = pair;
    }
  }
  return best;
}

function comparePairs(a: readonly Dependency[], b: readonly Dependency[]): number {
  const variables = (steps: readonly Dependency[]) =>
    new Set(steps.map(({ from }) => from.visit.variable)).size;
  return costOf(a) - costOf(b) || variables(b) - variables(a) || compareSteps(a, b);
}

function costOf(steps: readonly Dependency[]): number {
  return steps.reduce((sum, { kind }) => sum + COSTS[kind], 0);
}

/** By cost, then by what they are about, so that the choice never depends on the order of arrival. */
function compareSteps(a: readonly Dependency[], b: readonly Dependency[]): number {
  const difference = costOf(a) - costOf(b);
  if (difference !== 0) return difference;
  const [left, right] = [textOf(a), textOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function textOf(steps: readonly Dependency[]): string {
  return steps
    .flatMap(({ from, to }) => [from.visit.variable, ...[from, to].map(placeText)])
    .join(' ');
}

/** Sorts by place in the trace, then trace and event. */
function placeText({ source, visit }: Access): string {
  return `${String(source.order).padStart(9, '0')} ${visit.trace.traceId} ${source.eventId}`;
}

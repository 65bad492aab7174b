import { budgets } from '../budgets.ts';
import { scopeAcross } from '../issues/issue-subject.ts';
import { cyclesThrough, type DependencyCycle, variablesOf } from './cycles.ts';
import type { VariableHistory } from './history/history.ts';
import { areStrangers, compareTraces, type MetTrace } from './history/visits.ts';
import type { Occurrence } from './occurrences.ts';
import type { Scene } from './scene.ts';
import { type Dependency, dependenciesOf } from './serial-dependencies.ts';
import { shownValue, traceName } from './wording.ts';

/** An occurrence and the other trace that it is told of. */
export interface CycleOccurrence {
  readonly occurrence: Occurrence;
  readonly other: MetTrace;
}

/**
 * The dependency cycles of which a trace is the latest member: one occurrence per variable on the
 * cycle. Traces that are no transactions are looked at when they met others on two variables: what
 * happened on one alone is told by its reads and acts.
 *
 * @param scenes of all visits of the trace
 */
export function cycleOccurrences(
  own: MetTrace,
  scenes: readonly Scene[],
  historyOf: (variable: string) => VariableHistory,
): readonly CycleOccurrence[] {
  // Of statements the values that tell versions are hardly ever known, and their store orders most.
  const plain = scenes.filter(({ visit }) => !visit.isStatement);
  const neighbours = plain.length === 0 ? null : neighboursOf(own, plain);
  if (neighbours === null) return [];
  const later = neighbours.filter((trace) => compareTraces(own, trace) < 0);
  const earlier = neighbours.slice(0, neighbours.length - later.length);
  const members = new Set([...earlier.slice(1 - budgets.cycleTraces), own]);
  const all = [...members, ...later.slice(0, budgets.cycleTraces)];
  const inside = ({ from, to }: Dependency) =>
    members.has(from.visit.trace) && members.has(to.visit.trace);
  const ofVariable = (variable: string) => {
    const visits = all.flatMap((trace) => trace.visits.get(variable) ?? []);
    return visits.length < 2 ? [] : dependenciesOf(visits, historyOf(variable)).filter(inside);
  };
  const found = plain.flatMap(({ visit, inferred }) =>
    inferred === 'request_local' ? [] : ofVariable(visit.variable),
  );
  // Most traces end here: nothing leads away from them, or nothing back.
  if (!found.some(({ from }) => from.visit.trace === own)) return [];
  if (!found.some(({ to }) => to.visit.trace === own)) return [];
  const variables = new Set(
    [...members].flatMap(({ visits }) =>
      [...visits.values()].flatMap((visit) => (visit.isStatement ? [] : [visit.variable])),
    ),
  );
  for (const variable of variables) {
    if (!own.visits.has(variable)) found.push(...ofVariable(variable));
  }
  return cyclesThrough(own, found).flatMap((cycle) => occurrencesOf(own, cycle));
}

/** The traces that may be on a cycle with a trace, by (begin, trace id); null when none can be. */
function neighboursOf(own: MetTrace, scenes: readonly Scene[]): readonly MetTrace[] | null {
  const traces = new Set<MetTrace>();
  for (const { visit, history } of scenes) {
    const there =
      own.transaction === null
        ? history.overlapping(visit, 2 * budgets.cycleTraces)
        : history.visits.values();
    for (const { trace } of there) if (areStrangers(trace, own)) traces.add(trace);
  }
  if (traces.size === 0) return null;
  if (own.transaction === null) {
    const shared = [...own.visits.keys()].filter((variable) =>
      [...traces].some(({ visits }) => visits.has(variable)),
    );
    if (shared.length < 2) return null;
  }
  return [...traces].sort(compareTraces);
}

function occurrencesOf(own: MetTrace, cycle: DependencyCycle): readonly CycleOccurrence[] {
  const variables = variablesOf(cycle);
  const traces = cycle.dependencies.map(({ from }) => from.visit.trace);
  return variables.flatMap((variable) => {
    const step = tellingStep(own, cycle, variable);
    const scope = step && scopeAcross(step.from.signature, step.to.signature);
    if (step === null || scope === null) return [];
    const occurrence: Occurrence = {
      events: [step.from, step.to],
      scope,
      evidence: variables.length > 1 ? 'E4' : 'E3',
      pattern: cycle.pattern,
      anomalyClass: cycle.anomalyClass,
      isRequestLocal: false,
      provenPairs: step.from.signature.count * step.to.signature.count,
      overlappingPairs: 0,
      traces,
      variables,
      check: null,
      explanation: explain(cycle),
    };
    return [{ occurrence, other: otherOf(own, step) }];
  });
}

/** The step on a variable that says most: one of the trace itself, between two writes if an update is lost. */
function tellingStep(
  own: MetTrace,
  { dependencies, pattern }: DependencyCycle,
  variable: string,
): Dependency | null {
  const steps = dependencies.filter(({ from }) => from.visit.variable === variable);
  const touching = steps.filter((step) => touches(own, step));
  const candidates = touching.length > 0 ? touching : steps;
  const writes = candidates.find(({ kind }) => kind === 'ww');
  return (pattern === 'lost_update' ? writes : undefined) ?? candidates[0] ?? null;
}

function touches(own: MetTrace, { from, to }: Dependency): boolean {
  return from.visit.trace === own || to.visit.trace === own;
}

/** The other end of a step of the trace; of a step between others the later one. */
function otherOf(own: MetTrace, { from, to }: Dependency): MetTrace {
  const [a, b] = [from.visit.trace, to.visit.trace];
  if (a === own) return b;
  if (b === own) return a;
  return compareTraces(a, b) < 0 ? b : a;
}

function explain({ dependencies, anomalyClass }: DependencyCycle): string {
  const steps = dependencies.map(({ kind, from, to }) => {
    const [one, two] = [traceName(from.visit), traceName(to.visit)];
    const { variable } = from.visit;
    if (kind === 'ww') return `${one} wrote ${variable} before ${two} did`;
    if (kind === 'wr') return `${two} read ${shownValue(to)} from ${variable}, which ${one} wrote`;
    const seen = to.source.newValue === null ? 'it' : shownValue(to);
    return `${one} read ${variable} as it was before ${two} wrote ${seen}`;
  });
  const name = anomalyClass === null ? '' : ` (${anomalyClass})`;
  return `No order of the requests explains what they saw${name}: ${steps.join('; ')}.`;
}

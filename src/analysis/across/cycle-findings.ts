import { budgets } from '../budgets.ts';
import { meetingScope } from '../issues/issue-subject.ts';
import { cyclesThrough, type DependencyCycle, variablesOf } from './cycles.ts';
import type { Occurrence } from './occurrences.ts';
import { type Dependency, dependenciesOf } from './serial-dependencies.ts';
import { compareRequests, type Request } from './visits.ts';
import { requestName, shownValue } from './wording.ts';

/** An occurrence and the other request that it is told of. */
export interface CycleOccurrence {
  readonly occurrence: Occurrence;
  readonly other: Request;
}

/**
 * The dependency cycles of which a request is the latest member: one occurrence per variable on the
 * cycle.
 *
 * @param neighbours sorted by (begin, trace id); those after the request only help to tell in which
 * order versions came
 */
export function cycleOccurrences(
  own: Request,
  neighbours: readonly Request[],
): readonly CycleOccurrence[] {
  const later = neighbours.filter((request) => compareRequests(own, request) < 0);
  const earlier = neighbours.slice(0, neighbours.length - later.length);
  const members = new Set([...earlier.slice(1 - budgets.cycleTraces), own]);
  const all = [...members, ...later.slice(0, budgets.cycleTraces)];
  const inside = ({ from, to }: Dependency) =>
    members.has(from.visit.request) && members.has(to.visit.request);
  const ofVariable = (variable: string) => {
    const visits = all.flatMap((request) => request.visits.get(variable) ?? []);
    return visits.length < 2 ? [] : dependenciesOf(visits).filter(inside);
  };
  const found = [...own.visits.keys()].flatMap(ofVariable);
  // Most requests end here: nothing leads away from them, or nothing back.
  if (!found.some(({ from }) => from.visit.request === own)) return [];
  if (!found.some(({ to }) => to.visit.request === own)) return [];
  const variables = new Set([...members].flatMap(({ visits }) => [...visits.keys()]));
  for (const variable of variables) {
    if (!own.visits.has(variable)) found.push(...ofVariable(variable));
  }
  return cyclesThrough(own, found).flatMap((cycle) => occurrencesOf(own, cycle));
}

function occurrencesOf(own: Request, cycle: DependencyCycle): readonly CycleOccurrence[] {
  const variables = variablesOf(cycle);
  const requests = cycle.dependencies.map(({ from }) => from.visit.request);
  return variables.flatMap((variable) => {
    const step = tellingStep(own, cycle, variable);
    const scope = step && meetingScope(step.from.signature, step.to.signature);
    if (step === null || scope === null) return [];
    const occurrence: Occurrence = {
      events: [step.from, step.to],
      scope,
      evidence: variables.length > 1 ? 'E4' : 'E3',
      pattern: cycle.pattern,
      anomalyClass: cycle.anomalyClass,
      pairCount: step.from.signature.count * step.to.signature.count,
      requests,
      variables,
      explanation: explain(cycle),
    };
    return [{ occurrence, other: otherOf(own, step) }];
  });
}

/** The step on a variable that says most: one of the request itself, between two writes if an update is lost. */
function tellingStep(
  own: Request,
  { dependencies, pattern }: DependencyCycle,
  variable: string,
): Dependency | null {
  const steps = dependencies.filter(({ from }) => from.visit.variable === variable);
  const touching = steps.filter((step) => touches(own, step));
  const candidates = touching.length > 0 ? touching : steps;
  const writes = candidates.find(({ kind }) => kind === 'ww');
  return (pattern === 'lost_update' ? writes : undefined) ?? candidates[0] ?? null;
}

function touches(own: Request, { from, to }: Dependency): boolean {
  return from.visit.request === own || to.visit.request === own;
}

/** The other end of a step of the request; of a step between others the later one. */
function otherOf(own: Request, { from, to }: Dependency): Request {
  const [a, b] = [from.visit.request, to.visit.request];
  if (a === own) return b;
  if (b === own) return a;
  return compareRequests(a, b) < 0 ? b : a;
}

function explain({ dependencies, anomalyClass }: DependencyCycle): string {
  const steps = dependencies.map(({ kind, from, to }) => {
    const [one, two] = [requestName(from.visit), requestName(to.visit)];
    const { variable } = from.visit;
    if (kind === 'ww') return `${one} wrote ${variable} before ${two} did`;
    if (kind === 'wr') return `${two} read ${shownValue(to)} from ${variable}, which ${one} wrote`;
    const seen = to.source.newValue === null ? 'it' : shownValue(to);
    return `${one} read ${variable} as it was before ${two} wrote ${seen}`;
  });
  const name = anomalyClass === null ? '' : ` (${anomalyClass})`;
  return `No order of the requests explains what they saw${name}: ${steps.join('; ')}.`;
}

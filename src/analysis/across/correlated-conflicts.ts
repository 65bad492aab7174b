import type { Pattern } from '../../domain/findings/finding.ts';
import { crossConflict } from '../issues/issue-subject.ts';
import { haveActConflict } from './act-conflicts.ts';
import { areCorrelated, CORRELATION_CONTEXT } from './correlated-variables.ts';
import {
  type Access,
  areStrangers,
  compareAccesses,
  compareTraces,
  isSurelyBefore,
  type MetTrace,
  tracesOverlap,
  type Visit,
} from './history/visits.ts';
import type { Occurrence } from './occurrences.ts';
import { pairOccurrence } from './pair-occurrence.ts';
import { type Scene, surelyMeet } from './scene.ts';
import type { Dependency, DependencyKind } from './serial-dependencies.ts';
import { actorName, shownValue } from './wording.ts';

/** Visits on either side of one that are looked at, and accesses of each. */
const VISITS_LOOKED_AT = CORRELATION_CONTEXT;
const ACCESSES_LOOKED_AT = 32;

/** What another trace did to a variable of a trace. */
interface Encounter {
  readonly scene: Scene;
  readonly other: Visit;
}

/**
 * Two variables that are always written together are compared as one: a trace that came before another
 * on the one and after it on the other saw or left halves that do not belong together. The clock of one
 * process shows it, where values do not speak against it. What acts on one variable tell is left out.
 * Of two traces the later one by (begin, trace id) owns what is found.
 */
export function correlatedConflicts(
  own: MetTrace,
  scenes: readonly Scene[],
): readonly Occurrence[] {
  if (own.transaction !== null || scenes.length < 2) return [];
  const correlation = new Map<string, boolean>();
  const isOneWith = (one: Scene, two: Scene) => {
    const key = JSON.stringify([one.visit.variable, two.visit.variable]);
    const known = correlation.get(key) ?? areCorrelated(one, two);
    correlation.set(key, known);
    return known;
  };
  const found: Occurrence[] = [];
  for (const encounters of encountersOf(own, scenes)) {
    encounters.forEach((two, place) => {
      for (const one of encounters.slice(0, place)) {
        if (!isOneWith(one.scene, two.scene)) continue;
        const cycle = cycleOver(one, two);
        const occurrence = cycle === null ? null : occurrenceOf(cycle, [one, two]);
        if (occurrence !== null) found.push(occurrence);
      }
    });
  }
  return found;
}

/** By earlier trace near this one on at least two variables, and there at the same time: its visits to them. */
function encountersOf(own: MetTrace, scenes: readonly Scene[]): readonly Encounter[][] {
  const near = new Set(
    scenes.flatMap(({ history, visit }) =>
      history.around(visit, VISITS_LOOKED_AT).map(({ trace }) => trace),
    ),
  );
  const found: Encounter[][] = [];
  for (const trace of near) {
    if (trace.transaction !== null || !areStrangers(trace, own)) continue;
    if (compareTraces(trace, own) >= 0 || !tracesOverlap(trace, own)) continue;
    const encounters = scenes.flatMap((scene) => {
      const other = trace.visits.get(scene.visit.variable);
      return other === undefined || scene.inferred === 'request_local' ? [] : [{ scene, other }];
    });
    if (encounters.length > 1) found.push(encounters);
  }
  return found;
}

/** Two dependencies, each on a variable of its own, that lead from one trace to the other and back. */
type Cycle = readonly [Dependency, Dependency];

function cycleOver(one: Encounter, two: Encounter): Cycle | null {
  if ([one, two].some(isTold)) return null;
  const cycles = [
    ...cyclesOf(one.scene.visit, one.other, two.other, two.scene.visit),
    ...cyclesOf(one.other, one.scene.visit, two.scene.visit, two.other),
  ];
  cycles.sort((a, b) => rankOf(a) - rankOf(b));
  return cycles[0] ?? null;
}

/** The most telling first. */
const ranks: readonly Pattern[] = [
  'check_then_act',
  'write_skew',
  'non_repeatable_read',
  'dirty_read',
  'write_write',
];

function rankOf(cycle: Cycle): number {
  return ranks.indexOf(patternOf(cycle));
}

function isTold({ scene: { history, visit }, other }: Encounter): boolean {
  return haveActConflict(history, visit, other) || haveActConflict(history, other, visit);
}

/**
 * The ways in which a trace came first on one variable (`here` before `there`), and the other one on the
 * other variable. Who looked again after the other's access knew of it.
 */
function cyclesOf(here: Visit, there: Visit, thereToo: Visit, hereToo: Visit): readonly Cycle[] {
  const ways = dependencies(here, there);
  const waysBack = ways.length === 0 ? [] : dependencies(thereToo, hereToo);
  return ways.flatMap((way) =>
    waysBack
      .filter((back) => !looksAgain(way, back.to) && !looksAgain(back, way.to))
      .map((back) => [way, back] as const),
  );
}

/** Of each kind the one whose first access is the last. */
function dependencies(from: Visit, to: Visit): readonly Dependency[] {
  const found = new Map<DependencyKind, Dependency>();
  for (const first of from.accesses.slice(0, ACCESSES_LOOKED_AT)) {
    for (const second of to.accesses.slice(0, ACCESSES_LOOKED_AT)) {
      const isLater =
        (found.get(kindOf(first, second))?.from.source.order ?? -1) >= first.source.order;
      if (isLater || !isDependency(first, second)) continue;
      const kind = kindOf(first, second);
      found.set(kind, { kind, from: first, to: second });
    }
  }
  return [...found.values()];
}

function kindOf(first: Access, second: Access): DependencyKind {
  if (!first.writes) return 'rw';
  return second.writes ? 'ww' : 'wr';
}

/** By the clock one access came first, no lock kept the two apart, and values do not say otherwise. */
function isDependency(first: Access, second: Access): boolean {
  if (!isSurelyBefore(first, second)) return false;
  if (crossConflict(first.signature, second.signature) === null) return false;
  const [left, known] = [first.source.newValue, second.source];
  if (!first.writes) return left === null || left !== known.newValue;
  const found = second.writes ? known.oldValue : known.newValue;
  return left === null || found === null || left === found;
}

/** Whether a trace used the variable of a dependency once more before it did something else. */
function looksAgain({ from, to }: Dependency, until: Access): boolean {
  return from.visit.accesses.some(
    (again) =>
      again.source.order > from.source.order &&
      again.source.order < until.source.order &&
      !isSurelyBefore(again, to),
  );
}

function patternOf([way, back]: Cycle): Pattern {
  const kinds = [way.kind, back.kind];
  const reads = kinds.filter((kind) => kind === 'rw').length;
  if (reads === 2) return 'write_skew';
  if (reads === 1) return kinds.includes('ww') ? 'check_then_act' : 'non_repeatable_read';
  return kinds.includes('wr') ? 'dirty_read' : 'write_write';
}

/** Told of the variable on which the later access shows it: two writes before all, then a read of a write. */
function occurrenceOf(cycle: Cycle, encounters: readonly Encounter[]): Occurrence | null {
  const told = [...cycle].sort(compareSteps)[0] as Dependency;
  const cause = cycle.find((step) => step !== told) as Dependency;
  const { from, to } = told;
  const scene = encounters.find(({ scene: { visit } }) => visit.variable === from.visit.variable);
  const scope = scene === undefined ? null : surelyMeet(scene.scene, from, to);
  if (scope === null) return null;
  const pattern = patternOf(cycle);
  const occurrence = pairOccurrence([from, to], {
    scope,
    evidence: 'E2',
    pattern,
    check: pattern === 'check_then_act' ? cause.from : null,
    provenPairs: 0,
    overlappingPairs: 0,
    story: () =>
      `${cause.from.visit.variable} and ${from.visit.variable} are written together; here ` +
      `${stepText(cause)}, and ${stepText(told)}: the two do not belong together.`,
  });
  return { ...occurrence, variables: [cause.from.visit.variable, from.visit.variable].sort() };
}

const order: readonly DependencyKind[] = ['ww', 'wr', 'rw'];

function compareSteps(a: Dependency, b: Dependency): number {
  return order.indexOf(a.kind) - order.indexOf(b.kind) || compareAccesses(b.to, a.to);
}

function stepText({ from, to }: Dependency): string {
  const { variable } = from.visit;
  return `${actorName(from)} ${deed(from)} ${variable} before ${actorName(to)} ${deed(to)} it`;
}

/** What an access did, with its value where one is known. */
function deed(access: Access): string {
  const value = access.source.newValue === null ? '' : ` ${shownValue(access)}`;
  if (access.writes) return `wrote${value}${value === '' ? '' : ' to'}`;
  return `read${value}${value === '' ? '' : ' in'}`;
}

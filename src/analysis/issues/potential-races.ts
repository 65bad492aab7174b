import { createHash } from 'node:crypto';
import type { Pattern } from '../../domain/findings/finding.ts';
import type { AccessSite, HeldLock, PlacedSite } from '../../domain/findings/footprint.ts';
import type { PotentialRace } from '../../domain/findings/potential-race.ts';
import type { Course, CourseStep, VariableCourses } from '../../domain/findings/variable-state.ts';
import { isAtomic, isRead, isWrite } from '../accesses/accesses.ts';
import { excludeEachOther } from '../accesses/lock-sets.ts';
import { variablePattern } from '../accesses/variables.ts';
import { budgets } from '../budgets.ts';
import { fingerprintIn, lockPatterns, siteText } from './fingerprint.ts';
import { scopeAcross } from './issue-subject.ts';

/** A course over all variables of one pattern. */
interface CountedCourse {
  readonly course: Course;
  readonly traces: number;
}

/** A read that a request acted on, without a lock from one to the other. */
interface Decision {
  readonly check: PlacedSite;
  readonly act: CourseStep;
  /** Locks that were held at both. */
  readonly locks: readonly HeldLock[];
}

/** An aspect of a row that is there or not: its name ends so. */
const EXISTENCE = /\.exists$/;

const FINGERPRINT_DIGITS = 16;

/**
 * What may race although no run has shown it, as the courses of single requests tell: a request that
 * reads a variable and then writes it, and another one that writes it, with no lock that keeps the write
 * from between. Those seen most come first.
 *
 * @param environment what was done there alone; null: everywhere
 */
export function potentialRaces(
  variables: readonly VariableCourses[],
  environment: string | null = null,
): readonly PotentialRace[] {
  const found = new Map<string, PotentialRace>();
  for (const [variable, courses] of coursesByPattern(variables, environment)) {
    let pairs = 0;
    for (const actor of courses) {
      const decision = decisionOf(actor.course);
      if (decision === null) continue;
      for (const rival of courses) {
        if (pairs === budgets.potentialPairs) break;
        pairs += 1;
        const race = raceOf(variable, actor, decision, rival);
        if (race === null) continue;
        const key = fingerprintIn(race.environments, race.fingerprint);
        const known = found.get(key);
        found.set(key, known === undefined ? race : mostSeen(known, race));
      }
    }
  }
  return toldApart(found)
    .sort((a, b) => b.seenIn - a.seenIn || (a.fingerprint < b.fingerprint ? -1 : 1))
    .slice(0, budgets.potentialRaces);
}

/** Races that are possible in several environments are told apart by their fingerprints. */
function toldApart(found: ReadonlyMap<string, PotentialRace>): PotentialRace[] {
  const places = new Map<string, number>();
  for (const { fingerprint } of found.values()) {
    places.set(fingerprint, (places.get(fingerprint) ?? 0) + 1);
  }
  return [...found].map(([key, race]) =>
    places.get(race.fingerprint) === 1 ? race : { ...race, fingerprint: key },
  );
}

/** Rows of one table are one pattern; of each route the first courses by key are looked at. */
function coursesByPattern(
  variables: readonly VariableCourses[],
  environment: string | null,
): ReadonlyMap<string, readonly CountedCourse[]> {
  const patterns = new Map<string, Map<string, CountedCourse>>();
  const routes = new Map<string, Set<string>>();
  for (const { variable, courses } of variables) {
    const pattern = variablePattern(variable);
    const known = patterns.get(pattern) ?? new Map<string, CountedCourse>();
    patterns.set(pattern, known);
    for (const { course: exact, traces } of Object.values(courses.known)) {
      const isThere = exact.steps.some((step) => step.environment === environment);
      if (environment !== null && !isThere) continue;
      const course = { ...exact, steps: exact.steps.map(patternStep) };
      const key = JSON.stringify(course);
      const route = JSON.stringify([course.service, course.operation, pattern]);
      const ofRoute = routes.get(route) ?? new Set<string>();
      routes.set(route, ofRoute);
      if (!ofRoute.has(key) && ofRoute.size === budgets.coursesPerVariable) continue;
      ofRoute.add(key);
      known.set(key, { course, traces: traces + (known.get(key)?.traces ?? 0) });
    }
  }
  return new Map([...patterns].map(([pattern, courses]) => [pattern, [...courses.values()]]));
}

function patternStep(step: CourseStep): CourseStep {
  return {
    ...step,
    locks: lockPatterns(step.locks),
    crossLocks: lockPatterns(step.crossLocks),
  };
}

/** The first write, or use, that follows a read, with the last read before it. */
function decisionOf({ steps }: Course): Decision | null {
  let check: PlacedSite | null = null;
  for (const step of steps) {
    if (check !== null && (isWrite(step) || step.isUse === true)) {
      const { crossLocks } = step;
      const locks = check.crossLocks.filter(({ name }) =>
        crossLocks.some((lock) => lock.name === name),
      );
      return { check, act: step, locks };
    }
    // An update by itself reads and writes at once: there is nothing between.
    if (isRead(step) && !isWrite(step) && step.isUse !== true) check = step;
  }
  return null;
}

function raceOf(
  variable: string,
  actor: CountedCourse,
  { check, act, locks }: Decision,
  rival: CountedCourse,
): PotentialRace | null {
  const write = rival.course.steps.find(
    (step) => isWrite(step) && !excludeEachOther(locks, step.crossLocks),
  );
  const scope = write === undefined ? null : scopeAcross(check, write);
  if (write === undefined || scope === null) return null;
  const pattern = patternOf(variable, act);
  const { service, operation } = actor.course;
  const { service: rivalService, operation: rivalOperation } = rival.course;
  const name = [scope, pattern, variable, service, operation, rivalService, rivalOperation];
  return {
    fingerprint: createHash('sha256')
      .update(JSON.stringify(['potential', ...name]))
      .digest('hex')
      .slice(0, FINGERPRINT_DIGITS),
    environments: [...new Set([check.environment, write.environment])].sort(),
    variable,
    scope,
    pattern,
    actor: { service, operation, check: accessSite(check), act: accessSite(act) },
    rival: { service: rivalService, operation: rivalOperation, write: accessSite(write) },
    seenIn: actor.traces,
  };
}

function patternOf(variable: string, act: CourseStep): Pattern {
  if (act.isUse === true) return 'check_then_act';
  if (EXISTENCE.test(variable)) return 'check_then_insert';
  return isAtomic(act) ? 'check_then_act' : 'lost_update';
}

function accessSite({ service, location, access_type, locks }: PlacedSite): AccessSite {
  return { service, location, access_type, locks };
}

/** Two ways of one route to do the same: the one seen more is shown, of two alike the first by its text. */
function mostSeen(a: PotentialRace, b: PotentialRace): PotentialRace {
  const textOf = ({ actor, rival }: PotentialRace) =>
    [actor.check, actor.act, rival.write].map(siteText).join(' ');
  if (a.seenIn !== b.seenIn) return a.seenIn > b.seenIn ? a : b;
  return textOf(a) <= textOf(b) ? a : b;
}

import type { DerivedChanges } from '../../../analysis/issues/derivation.ts';
import { possibleSeverity, sumsIn } from '../../../analysis/issues/variable-environments.ts';
import { coursesOfVariable, summarizeVariable } from '../../../analysis/issues/variable-sites.ts';
import type { IssueBounds } from '../../../domain/findings/issue.ts';
import type { VariablePage, VariableQuery } from '../../../domain/findings/variable-query.ts';
import type {
  VariableCourses,
  VariableState,
  VariableSummary,
} from '../../../domain/findings/variable-state.ts';
import { lowerAscii } from '../../../domain/lower-ascii.ts';
import { compareNames } from '../../name-key.ts';

/** A finding may be noted before the footprints of its variable are, and be left after them. */
interface KnownVariable {
  readonly state: VariableState | null;
  readonly findings: number;
}

interface RankedVariable extends VariableSummary {
  readonly isCritical: boolean;
}

/** What a variable, one of its sites and a pair of them in one trace take, as measured. */
const VARIABLE_BYTES = 400;
const SITE_BYTES = 600;
const TOGETHER_BYTES = 60;
/** A course with two steps, which most have. */
const COURSE_BYTES = 900;

/** Who accesses which variable, over all traces of the memory backend. */
export class VariableBook {
  readonly #variables = new Map<string, KnownVariable>();
  #bytes = 0;

  get size(): number {
    return this.#variables.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The present states of variables, as far as anybody accesses them. */
  statesOf(named: readonly { readonly variable: string }[]): Map<string, VariableState> {
    const states = new Map<string, VariableState>();
    for (const { variable } of named) {
      const known = this.#variables.get(variable);
      if (known?.state) states.set(variable, known.state);
    }
    return states;
  }

  /** The name as the variable's state has it. */
  nameOf(variable: string): string {
    return this.#variables.get(variable)?.state?.variable ?? variable;
  }

  apply(changes: DerivedChanges['variables']): void {
    for (const [variable, { sites, findings }] of changes) {
      const known = this.#variables.get(variable);
      const state = (sites ?? known)?.state ?? null;
      this.#bytes += bytesOf(state) - bytesOf(known?.state ?? null);
      const next = { state, findings: (known?.findings ?? 0) + findings };
      if (state === null && next.findings === 0) this.#variables.delete(variable);
      else this.#variables.set(variable, next);
    }
  }

  /**
   * One page of variables.
   *
   * @param raceCounts races by variable; those without are not in it
   */
  page(query: VariableQuery, raceCounts: ReadonlyMap<string, number>): VariablePage {
    const text = query.text === null ? null : lowerAscii(query.text);
    const found = this.#counted(query.environment)
      .filter(({ variable }) => query.variable === null || variable === query.variable)
      .filter(({ variable }) => text === null || lowerAscii(variable).includes(text))
      .map((one) => ({ ...one, races: raceCounts.get(one.variable) ?? 0 }))
      .sort(
        (a, b) =>
          amountOf[query.sort](b) - amountOf[query.sort](a) ||
          (query.sort === 'name' ? 0 : b.accesses - a.accesses) ||
          compareNames(a.variable, b.variable),
      );
    return {
      variables: found.slice(query.offset, query.offset + query.limit).map(({ state, races }) => ({
        ...summarizeVariable(state, query.environment),
        race_count: races,
      })),
      total: found.length,
    };
  }

  /** The variables accessed most, most first; of an environment those that are accessed there. */
  top(environment: string | null, limit: number): readonly VariableSummary[] {
    return this.#mostAccessed(environment, limit).map((state) =>
      summarizeVariable(state, environment),
    );
  }

  /** What single requests did to the variables accessed most, most first. */
  courses(limit: number): readonly VariableCourses[] {
    return this.#mostAccessed(null, limit).flatMap((state) => coursesOfVariable(state) ?? []);
  }

  #mostAccessed(environment: string | null, limit: number): readonly VariableState[] {
    return this.#counted(environment)
      .sort((a, b) => b.accesses - a.accesses || compareNames(a.variable, b.variable))
      .slice(0, limit)
      .map(({ state }) => state);
  }

  /**
   * Variables by traces, then accesses.
   *
   * @param criticality of those with findings whether one is critical
   */
  raced(
    criticality: ReadonlyMap<string, boolean>,
    { evidenceMin, ...view }: IssueBounds,
    limit: number,
  ): readonly RankedVariable[] {
    const raced = new Map(criticality);
    if (evidenceMin === 'E0') {
      for (const [variable, { state }] of this.#variables) {
        const possible = possibleSeverity(state?.possible ?? [], view);
        if (possible === null) continue;
        raced.set(variable, possible === 'CRITICAL' || raced.get(variable) === true);
      }
    }
    return this.#counted(view.environment)
      .filter(({ variable }) => raced.has(variable))
      .sort(
        (a, b) =>
          b.traces - a.traces || b.accesses - a.accesses || compareNames(a.variable, b.variable),
      )
      .slice(0, limit)
      .map(({ variable, state }) => ({
        ...summarizeVariable(state, view.environment),
        isCritical: raced.get(variable) === true,
      }));
  }

  #counted(environment: string | null) {
    return [...this.#variables].flatMap(([variable, { state }]) => {
      const sums = state === null ? null : sumsIn(state, environment);
      return state === null || sums === null ? [] : [{ variable, state, ...sums }];
    });
  }
}

/** What each sort of a list goes by. */
const amountOf: Readonly<
  Record<VariableQuery['sort'], (one: Record<'races' | 'accesses' | 'traces', number>) => number>
> = {
  races: ({ races }) => races,
  accesses: ({ accesses }) => accesses,
  traces: ({ traces }) => traces,
  name: () => 0,
};

function bytesOf(state: VariableState | null): number {
  if (state === null) return 0;
  return (
    VARIABLE_BYTES +
    Object.keys(state.sites).length * SITE_BYTES +
    Object.keys(state.together).length * TOGETHER_BYTES +
    Object.keys(state.courses?.known ?? {}).length * COURSE_BYTES
  );
}

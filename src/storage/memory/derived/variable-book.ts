import type { DerivedChanges } from '../../../analysis/issues/derivation.ts';
import { coursesOfVariable, summarizeVariable } from '../../../analysis/issues/variable-sites.ts';
import { lowerAscii } from '../../../domain/lower-ascii.ts';
import type { VariablePage, VariableQuery } from '../../../domain/variable-query.ts';
import type {
  VariableCourses,
  VariableState,
  VariableSummary,
} from '../../../domain/variable-state.ts';
import { compareNames } from '../../name-key.ts';

/** A finding may be noted before the footprints of its variable are, and be left after them. */
interface KnownVariable {
  readonly state: VariableState | null;
  readonly possiblePairs: number;
  readonly criticalPairs: number;
  readonly findings: number;
  readonly criticalFindings: number;
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
    for (const [variable, { sites, findings, criticalFindings }] of changes) {
      const known = this.#variables.get(variable);
      const state = (sites ?? known)?.state ?? null;
      this.#bytes += bytesOf(state) - bytesOf(known?.state ?? null);
      const next = {
        state,
        possiblePairs: (known?.possiblePairs ?? 0) + (sites?.possiblePairs ?? 0),
        criticalPairs: (known?.criticalPairs ?? 0) + (sites?.criticalPairs ?? 0),
        findings: (known?.findings ?? 0) + findings,
        criticalFindings: (known?.criticalFindings ?? 0) + criticalFindings,
      };
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
    const found = [...this.#variables.values()]
      .flatMap(({ state }) => state ?? [])
      .filter(({ variable }) => query.variable === null || variable === query.variable)
      .filter(({ variable }) => text === null || lowerAscii(variable).includes(text))
      .map((state) => ({ state, races: raceCounts.get(state.variable) ?? 0 }))
      .sort(
        (a, b) =>
          amountOf[query.sort](b) - amountOf[query.sort](a) ||
          (query.sort === 'name' ? 0 : b.state.accesses - a.state.accesses) ||
          compareNames(a.state.variable, b.state.variable),
      );
    return {
      variables: found
        .slice(query.offset, query.offset + query.limit)
        .map(({ state, races }) => ({ ...summarizeVariable(state), race_count: races })),
      total: found.length,
    };
  }

  /** The variables accessed most, most first. */
  top(limit: number): readonly VariableSummary[] {
    return this.#mostAccessed(limit).map(summarizeVariable);
  }

  /** What single requests did to the variables accessed most, most first. */
  courses(limit: number): readonly VariableCourses[] {
    return this.#mostAccessed(limit).flatMap((state) => coursesOfVariable(state) ?? []);
  }

  #mostAccessed(limit: number): readonly VariableState[] {
    return [...this.#variables.values()]
      .flatMap(({ state }) => state ?? [])
      .sort((a, b) => b.accesses - a.accesses || compareNames(a.variable, b.variable))
      .slice(0, limit);
  }

  /** Variables with findings, or of which the possibility is known; as {@link ranked} has them. */
  possiblyRaced(limit: number): readonly RankedVariable[] {
    const raced = new Map<string, boolean>();
    for (const [variable, known] of this.#variables) {
      if (known.findings === 0 && known.possiblePairs === 0) continue;
      raced.set(variable, known.criticalFindings > 0 || known.criticalPairs > 0);
    }
    return this.ranked(raced, limit);
  }

  /** Variables by traces, then accesses; each with what is said of whether it is critical. */
  ranked(criticality: ReadonlyMap<string, boolean>, limit: number): readonly RankedVariable[] {
    return [...criticality]
      .flatMap(([variable, isCritical]) => {
        const state = this.#variables.get(variable)?.state ?? null;
        return state === null ? [] : [{ state, isCritical }];
      })
      .sort(
        ({ state: a }, { state: b }) =>
          b.traces - a.traces || b.accesses - a.accesses || compareNames(a.variable, b.variable),
      )
      .slice(0, limit)
      .map(({ state, isCritical }) => ({ ...summarizeVariable(state), isCritical }));
  }
}

/** What each sort of a list goes by. */
const amountOf: Readonly<
  Record<VariableQuery['sort'], (one: { state: VariableState; races: number }) => number>
> = {
  races: ({ races }) => races,
  accesses: ({ state }) => state.accesses,
  traces: ({ state }) => state.traces,
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

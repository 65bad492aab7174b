import type { DerivedChanges, VariableSites } from '../../analysis/derivation.ts';
import { summarizeVariable } from '../../analysis/variable-sites.ts';
import type { VariableState, VariableSummary } from '../../domain/variable-state.ts';

interface KnownVariable extends VariableSites {
  readonly state: VariableState;
  readonly findings: number;
  readonly criticalFindings: number;
}

const noSites: VariableSites = { state: null, possiblePairs: 0, criticalPairs: 0 };

/** What a variable and one of its sites take, as measured by bench/memory.ts. */
const VARIABLE_BYTES = 400;
const SITE_BYTES = 600;

/** Who accesses which variable, over all traces of the memory backend. */
export class VariableBook {
  readonly #variables = new Map<string, KnownVariable>();
  #bytes = 0;

  get bytes(): number {
    return this.#bytes;
  }

  /** The present states of variables, as far as anybody accesses them. */
  statesOf(named: readonly { readonly variable: string }[]): Map<string, VariableState> {
    const states = new Map<string, VariableState>();
    for (const { variable } of named) {
      const known = this.#variables.get(variable);
      if (known !== undefined) states.set(variable, known.state);
    }
    return states;
  }

  apply(changes: DerivedChanges['variables']): void {
    for (const [variable, { sites, findings, criticalFindings }] of changes) {
      const known = this.#variables.get(variable);
      const { state, possiblePairs, criticalPairs } = sites ?? known ?? noSites;
      this.#bytes += bytesOf(state) - bytesOf(known?.state ?? null);
      if (state === null) {
        this.#variables.delete(variable);
        continue;
      }
      this.#variables.set(variable, {
        state,
        possiblePairs,
        criticalPairs,
        findings: (known?.findings ?? 0) + findings,
        criticalFindings: (known?.criticalFindings ?? 0) + criticalFindings,
      });
    }
  }

  /** The variables accessed most, most first. */
  top(limit: number): readonly VariableSummary[] {
    return [...this.#variables.values()]
      .map(({ state }) => state)
      .sort((a, b) => b.accesses - a.accesses || (a.variable < b.variable ? -1 : 1))
      .slice(0, limit)
      .map(summarizeVariable);
  }

  /** Variables that are part of an issue, by traces, then accesses; and whether one is critical. */
  raced(limit: number): readonly (VariableSummary & { readonly isCritical: boolean })[] {
    return [...this.#variables.values()]
      .filter(({ findings, possiblePairs }) => findings > 0 || possiblePairs > 0)
      .sort(
        ({ state: a }, { state: b }) =>
          b.traces - a.traces || b.accesses - a.accesses || (a.variable < b.variable ? -1 : 1),
      )
      .slice(0, limit)
      .map(({ state, criticalFindings, criticalPairs }) => ({
        ...summarizeVariable(state),
        isCritical: criticalFindings > 0 || criticalPairs > 0,
      }));
  }
}

function bytesOf(state: VariableState | null): number {
  if (state === null) return 0;
  return VARIABLE_BYTES + Object.keys(state.sites).length * SITE_BYTES;
}

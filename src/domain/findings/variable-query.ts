import type { VariableSummary } from './variable-state.ts';

/** What a list of variables may be sorted by; always the most first, a name by its code points. */
export const variableSorts = ['races', 'accesses', 'traces', 'name'] as const;

/** Which variables a list shows. */
export interface VariableQuery {
  readonly variable: string | null;
  /** A part of the name; ASCII letters in any case. */
  readonly text: string | null;
  /** Only what was done in this one. */
  readonly environment: string | null;
  readonly sort: (typeof variableSorts)[number];
  readonly limit: number;
  readonly offset: number;
}

/** A variable of a list. */
export interface ListedVariable extends VariableSummary {
  /** Issues that it is part of, as the list of issues shows them unless more is asked for. */
  readonly race_count: number;
}

export interface VariablePage {
  readonly variables: readonly ListedVariable[];
  /** All that match, on this page or not. */
  readonly total: number;
}

import type { Entry } from './issue-entry.ts';

/** Variables with findings of some issues, and whether one of these is critical. */
export function racedVariables(issues: Iterable<Entry>): ReadonlyMap<string, boolean> {
  const raced = new Map<string, boolean>();
  for (const { byRank: findings } of issues) {
    for (const { variable, isCritical, isRequestLocal } of findings.keys()) {
      if (!isRequestLocal) raced.set(variable, isCritical || raced.get(variable) === true);
    }
  }
  return raced;
}

/** In how many of some issues each variable is. */
export function raceCounts(issues: Iterable<Entry>): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { byRank: findings } of issues) {
    const variables = new Set<string>();
    for (const { variable, isRequestLocal } of findings.keys()) {
      if (!isRequestLocal) variables.add(variable);
    }
    for (const variable of variables) counts.set(variable, (counts.get(variable) ?? 0) + 1);
  }
  return counts;
}

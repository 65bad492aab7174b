import type { PairScope, Severity } from '../../domain/findings/finding.ts';
import type { Footprint } from '../../domain/findings/footprint.ts';
import type {
  EnvironmentState,
  NamedEnvironment,
  PossibleSites,
  VariableState,
} from '../../domain/findings/variable-state.ts';
import { budgets } from '../budgets.ts';
import { addThreads, emptyThreads } from './thread-sample.ts';

const nothing: EnvironmentState = { traces: 0, accesses: 0, threads: emptyThreads };

/** Adds what one trace did to a variable to the sums of the environments, or takes it away. */
export function changeEnvironments(
  known: readonly NamedEnvironment[],
  footprint: Footprint,
  sign: 1 | -1,
): readonly NamedEnvironment[] {
  const environments = new Map(known);
  for (const name of new Set(footprint.signatures.map(({ environment }) => environment))) {
    const { traces, accesses, threads } = environments.get(name) ?? nothing;
    const next = {
      traces: traces + sign,
      accesses: accesses + sign * accessesIn(footprint, name),
      threads: addThreads(threads, threadsIn(footprint, name), sign),
    };
    if (next.traces === 0) environments.delete(name);
    else environments.set(name, next);
  }
  return [...environments].sort(byName);
}

/** The first environments by name, as many as are kept. */
export function keptEnvironments(
  all: readonly NamedEnvironment[],
  leftOutFrom: string | null,
): { readonly environments: readonly NamedEnvironment[]; readonly leftOutFrom: string | null } {
  const known = leftOutFrom === null ? all : all.filter(([name]) => name < leftOutFrom);
  const first = known[budgets.environmentsPerVariable];
  return first === undefined
    ? { environments: known, leftOutFrom }
    : {
        environments: known.slice(0, budgets.environmentsPerVariable),
        leftOutFrom: first[0],
      };
}

/** A change of the pairs of sites of one variable that could race in different traces. */
export interface SitePairs {
  readonly environments: readonly string[];
  readonly scope: PairScope;
  readonly severity: Severity;
  readonly sitePairs: number;
}

/** Adds changes to what is possible of a variable. */
export function changePossible(
  known: readonly PossibleSites[],
  changes: readonly SitePairs[],
): readonly PossibleSites[] {
  const byKey = new Map(known.map((possible) => [keyOf(possible), possible]));
  for (const { environments, scope, severity, sitePairs } of changes) {
    const kind = { environments, isKnown: scope !== 'unknown' };
    const before = byKey.get(keyOf(kind)) ?? { ...kind, pairs: 0, criticalPairs: 0 };
    const pairs = before.pairs + sitePairs;
    const criticalPairs = before.criticalPairs + (severity === 'CRITICAL' ? sitePairs : 0);
    if (pairs === 0) byKey.delete(keyOf(kind));
    else byKey.set(keyOf(kind), { ...kind, pairs, criticalPairs });
  }
  return [...byKey].sort(byName).map(([, possible]) => possible);
}

/** How bad a race for a variable could be, of what a view shows; null when none is possible. */
export function possibleSeverity(
  possible: readonly PossibleSites[],
  view: { readonly anyScope: boolean; readonly environment: string | null },
): Severity | null {
  const seen = possible.filter(
    ({ environments, isKnown }) =>
      (isKnown || view.anyScope) &&
      (view.environment === null || environments.includes(view.environment)),
  );
  if (seen.length === 0) return null;
  return seen.some(({ criticalPairs }) => criticalPairs > 0) ? 'CRITICAL' : 'WARNING';
}

/** Traces and accesses of a variable, all or those of one environment; null when there are none. */
export function sumsIn(
  { traces, accesses, environments }: VariableState,
  environment: string | null,
): Pick<EnvironmentState, 'traces' | 'accesses'> | null {
  if (environment === null) return { traces, accesses };
  return environments.find(([name]) => name === environment)?.[1] ?? null;
}

function accessesIn({ signatures }: Footprint, name: string): number {
  const own = signatures.filter(({ environment }) => environment === name);
  return own.reduce((sum, { count }) => sum + count, 0);
}

function threadsIn({ accesses, signatures }: Footprint, name: string): readonly string[] {
  const threads = accesses.flatMap(({ thread, signature }) => {
    const { environment, process } = signatures[signature] ?? { environment: '', process: '' };
    return environment === name ? [JSON.stringify([process, thread])] : [];
  });
  return [...new Set(threads)];
}

function keyOf({ environments, isKnown }: Pick<PossibleSites, 'environments' | 'isKnown'>): string {
  return JSON.stringify([...environments, isKnown]);
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import { createHash } from 'node:crypto';
import type { IssueSubject } from '../../domain/findings/finding.ts';
import type { Footprint, PlacedSite } from '../../domain/findings/footprint.ts';
import type {
  CourseCounts,
  NamedEnvironment,
  PossibleSites,
  SiteState,
  Together,
  VariableCourses,
  VariableState,
  VariableSummary,
} from '../../domain/findings/variable-state.ts';
import { variablePattern } from '../accesses/variables.ts';
import { budgets } from '../budgets.ts';
import { changeCourses } from './courses.ts';
import { crossConflict, type SubjectSite, subjectOf, subjectSite } from './issue-subject.ts';
import { placedSite } from './placed-site.ts';
import { countThreads } from './thread-sample.ts';
import { changeEnvironments, keptEnvironments } from './variable-environments.ts';

/** More (or fewer) pairs at sites of a variable that could race because different traces use them. */
export interface PossiblePair {
  readonly subject: IssueSubject;
  /** Pairs of traces of which one uses one site and one the other. */
  readonly tracePairs: number;
  /** Pairs of accesses in different traces. */
  readonly eventPairs: number;
  /** Pairs of sites that different traces use. */
  readonly sitePairs: number;
}

const KEY_DIGITS = 12;

/**
 * Takes footprints of a variable away and adds others. Every count is exact, and the order of
 * changes does not matter, as long as there are no more sites than the budget. Beyond it the first
 * sites by key stay exact, and the others are left out. Traces of one causal group count like any
 * others.
 *
 * @param removed footprints exactly as they were added
 */
export function changeVariable(
  state: VariableState | null,
  removed: readonly Footprint[],
  added: readonly Footprint[],
): VariableState {
  const draft = new Draft(state, (added[0] ?? removed[0])?.variable ?? '');
  for (const footprint of removed) draft.change(footprint, -1);
  for (const footprint of added) draft.change(footprint, 1);
  return draft.finish();
}

/**
 * Tells how the pairs of sites that could race in different traces (evidence E0) change from one
 * state of a variable to another, sorted by fingerprint. It looks only at sites that the change
 * touched: a hot variable has many sites, and one trace touches few.
 */
export function changedPairs(
  before: VariableState | null,
  after: VariableState | null,
): readonly PossiblePair[] {
  const sites = new Map<string, PairedSite>();
  for (const state of [before, after]) {
    for (const [key, { signature }] of Object.entries(state?.sites ?? {})) {
      sites.set(key, { key, signature, ...subjectSite(signature) });
    }
  }
  const pattern = variablePattern((after ?? before)?.variable ?? '');
  const touched = [...sites.keys()].filter((key) => before?.sites[key] !== after?.sites[key]);
  const seen = new Set<string>();
  const pairs = new Map<string, PossiblePair>();
  for (const key of touched) {
    const one = sites.get(key) as PairedSite;
    seen.add(key);
    for (const two of sites.values()) {
      if (two !== one && seen.has(two.key)) continue;
      const change = changedPair(before, after, pattern, one, two);
      if (change === null) continue;
      const { fingerprint } = change.subject;
      pairs.set(fingerprint, sum(change, pairs.get(fingerprint)));
    }
  }
  return [...pairs].sort(byKey).map(([, pair]) => pair);
}

interface PairedSite extends SubjectSite {
  readonly key: string;
  readonly signature: PlacedSite;
}

/** What single requests did to a variable; null when none accessed it. */
export function coursesOfVariable({ variable, courses }: VariableState): VariableCourses | null {
  return courses === undefined ? null : { variable, courses };
}

/** The variable's totals: of all environments, or of one. */
export function summarizeVariable(
  state: VariableState,
  environment: string | null = null,
): VariableSummary {
  const signatures = Object.values(state.sites)
    .map(({ signature }) => signature)
    .filter((signature) => environment === null || signature.environment === environment);
  const own = state.environments.filter(([name]) => environment === null || name === environment);
  const services = new Set(signatures.map(({ service }) => service).filter((name) => name !== ''));
  return {
    variable: state.variable,
    access_count: environment === null ? state.accesses : (own[0]?.[1].accesses ?? 0),
    trace_count: environment === null ? state.traces : (own[0]?.[1].traces ?? 0),
    thread_count: own.reduce((sum, [, { threads }]) => sum + countThreads(threads), 0),
    services: [...services].sort(),
    access_types: [...new Set(signatures.map(({ access_type }) => access_type))].sort(),
    complete: state.leftOutFrom === null && state.environmentsLeftOutFrom === null,
  };
}

function changedPair(
  before: VariableState | null,
  after: VariableState | null,
  pattern: string,
  one: PairedSite,
  two: PairedSite,
): PossiblePair | null {
  const scope = crossConflict(one.signature, two.signature);
  if (scope === null) return null;
  const old = pairsAt(before, one.key, two.key);
  const young = pairsAt(after, one.key, two.key);
  const tracePairs = young.tracePairs - old.tracePairs;
  const eventPairs = young.eventPairs - old.eventPairs;
  if (tracePairs === 0 && eventPairs === 0) return null;
  const subject = subjectOf(scope, pattern, [one, two]);
  const sitePairs = Math.sign(young.tracePairs) - Math.sign(old.tracePairs);
  return { subject, tracePairs, eventPairs, sitePairs };
}

function sum(pair: PossiblePair, known: PossiblePair | undefined): PossiblePair {
  return {
    subject: pair.subject,
    tracePairs: pair.tracePairs + (known?.tracePairs ?? 0),
    eventPairs: pair.eventPairs + (known?.eventPairs ?? 0),
    sitePairs: pair.sitePairs + (known?.sitePairs ?? 0),
  };
}

type Counted = Pick<PossiblePair, 'tracePairs' | 'eventPairs'>;

/** Pairs of different traces: all pairs, without a trace paired with itself, each once. */
function pairsAt(state: VariableState | null, key: string, otherKey: string): Counted {
  const [one, two] = [state?.sites[key], state?.sites[otherKey]];
  if (state === null || one === undefined || two === undefined) {
    return { tracePairs: 0, eventPairs: 0 };
  }
  const [both, products] = state.together[pairKey(key, otherKey)] ?? [0, 0];
  if (one === two) {
    return {
      tracePairs: (one.traces * (one.traces - 1)) / 2,
      eventPairs: (one.accesses * one.accesses - products) / 2,
    };
  }
  return {
    tracePairs: one.traces * two.traces - both - (both * (both - 1)) / 2,
    eventPairs: one.accesses * two.accesses - products,
  };
}

class Draft {
  readonly #variable: string;
  readonly #sites: Map<string, SiteState>;
  readonly #together: Map<string, Together>;
  #environments: readonly NamedEnvironment[];
  #environmentsLeftOutFrom: string | null;
  readonly #possible: readonly PossibleSites[];
  #traces: number;
  #accesses: number;
  #leftOutFrom: string | null;
  #courses: CourseCounts | undefined;

  constructor(state: VariableState | null, variable: string) {
    this.#variable = state?.variable ?? variable;
    this.#sites = new Map(Object.entries(state?.sites ?? {}));
    this.#together = new Map(Object.entries(state?.together ?? {}));
    this.#environments = state?.environments ?? [];
    this.#environmentsLeftOutFrom = state?.environmentsLeftOutFrom ?? null;
    this.#possible = state?.possible ?? [];
    this.#traces = state?.traces ?? 0;
    this.#accesses = state?.accesses ?? 0;
    this.#leftOutFrom = state?.leftOutFrom ?? null;
    this.#courses = state?.courses;
  }

  change(footprint: Footprint, sign: 1 | -1): void {
    this.#traces += sign;
    const counts = new Map<string, number>();
    for (const signature of footprint.signatures) {
      this.#accesses += sign * signature.count;
      const site = placedSite(signature);
      const key = createHash('sha256')
        .update(JSON.stringify(site))
        .digest('hex')
        .slice(0, KEY_DIGITS);
      if (this.#isLeftOut(key)) continue;
      if (!counts.has(key)) this.#changeSite(key, site, footprint, sign);
      counts.set(key, (counts.get(key) ?? 0) + signature.count);
    }
    for (const [key, count] of counts) this.#changeAccesses(key, sign * count);
    this.#changeTogether(counts, sign);
    this.#courses = changeCourses(this.#courses, footprint, sign);
    const environments = changeEnvironments(this.#environments, footprint, sign);
    const kept = keptEnvironments(environments, this.#environmentsLeftOutFrom);
    this.#environments = kept.environments;
    this.#environmentsLeftOutFrom = kept.leftOutFrom;
    this.#leaveOut();
  }

  finish(): VariableState {
    return {
      variable: this.#variable,
      traces: this.#traces,
      accesses: this.#accesses,
      sites: Object.fromEntries([...this.#sites].sort(byKey)),
      together: Object.fromEntries([...this.#together].sort(byKey)),
      leftOutFrom: this.#leftOutFrom,
      ...(this.#courses === undefined ? {} : { courses: this.#courses }),
      environments: this.#environments,
      environmentsLeftOutFrom: this.#environmentsLeftOutFrom,
      possible: this.#possible,
    };
  }

  #isLeftOut(key: string): boolean {
    return this.#leftOutFrom !== null && key >= this.#leftOutFrom;
  }

  #changeSite(key: string, signature: PlacedSite, footprint: Footprint, sign: 1 | -1): void {
    const known = this.#sites.get(key);
    const traces = (known?.traces ?? 0) + sign;
    this.#sites.set(key, {
      signature,
      traces,
      accesses: known?.accesses ?? 0,
      firstNs: earlier(known?.firstNs ?? footprint.firstNs, footprint.firstNs),
      lastNs: later(known?.lastNs ?? footprint.lastNs, footprint.lastNs),
    });
  }

  #changeAccesses(key: string, change: number): void {
    const site = this.#sites.get(key) as SiteState;
    if (site.traces === 0) this.#sites.delete(key);
    else this.#sites.set(key, { ...site, accesses: site.accesses + change });
  }

  #changeTogether(counts: ReadonlyMap<string, number>, sign: 1 | -1): void {
    const list = [...counts];
    list.forEach(([one, count], place) => {
      for (const [two, otherCount] of list.slice(place)) {
        const key = pairKey(one, two);
        const [traces, products] = this.#together.get(key) ?? [0, 0];
        if (traces + sign === 0) this.#together.delete(key);
        else this.#together.set(key, [traces + sign, products + sign * count * otherCount]);
      }
    });
  }

  /** Keeps the first sites by key, so that what stays does not depend on the order of changes. */
  #leaveOut(): void {
    while (this.#sites.size > budgets.sitesPerVariable) {
      const last = [...this.#sites.keys()].reduce((a, b) => (a > b ? a : b));
      this.#leftOutFrom = last;
      this.#sites.delete(last);
      this.#together.delete(pairKey(last, last));
      for (const key of this.#sites.keys()) this.#together.delete(pairKey(key, last));
    }
  }
}

function pairKey(one: string, two: string): string {
  return one <= two ? `${one} ${two}` : `${two} ${one}`;
}

function byKey([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function earlier(a: string, b: string): string {
  return BigInt(a) <= BigInt(b) ? a : b;
}

function later(a: string, b: string): string {
  return BigInt(a) >= BigInt(b) ? a : b;
}

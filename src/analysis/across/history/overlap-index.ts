import type { PairScope } from '../../../domain/findings/finding.ts';
import type {
  FootprintSignature,
  HeldLock,
  PlacedSite,
} from '../../../domain/findings/footprint.ts';
import { crossConflict } from '../../issues/issue-subject.ts';
import { surestFor } from './decisions.ts';
import type { Window } from './timeline.ts';
import { areStrangers, type Visit } from './visits.ts';
import { type Counted, WindowCounts } from './window-counts.ts';

/** Overlapping visits that are looked at for one to tell of. */
const LOOKED_AT = 64;
/** No process has this name. */
const ANY_PROCESS = '';

/** One site of a visit, and one of others that overlapped it, without a lock between the two. */
export interface OverlapCount {
  readonly own: FootprintSignature;
  readonly other: FootprintSignature;
  readonly otherVisit: Visit;
  readonly scope: PairScope;
  /** Pairs of accesses. */
  readonly pairs: number;
}

interface SiteClass {
  readonly site: PlacedSite;
  readonly counts: WindowCounts<FootprintSignature>;
}

/**
 * Who was at a variable at the same time, by sites: visits whose accesses differ in nothing that
 * counts are counted together, in one process and over all of them.
 */
export class OverlapIndex {
  /** By process. */
  readonly #near = new Map<string, readonly SiteClass[]>();
  /** Over all processes, and of these the part of each. */
  readonly #everywhere: readonly SiteClass[];
  readonly #parts: ReadonlyMap<string, SiteClass>;

  constructor(visits: readonly Visit[]) {
    const near = new Classes();
    const everywhere = new Classes();
    const parts = new Classes();
    for (const visit of visits) {
      for (const signature of visit.footprint.signatures) {
        if (signature.undone) continue;
        near.add(visit, signature, placedSite(signature));
        const anywhere = siteAnywhere(signature);
        everywhere.add(visit, signature, anywhere);
        parts.add(visit, signature, { ...anywhere, process: signature.process });
      }
    }
    for (const siteClass of near.all().values()) {
      const { process } = siteClass.site;
      this.#near.set(process, [...(this.#near.get(process) ?? []), siteClass]);
    }
    const processes = new Set(this.#near.keys());
    this.#everywhere = processes.size < 2 ? [] : [...everywhere.all().values()];
    this.#parts = processes.size < 2 ? new Map() : parts.all();
  }

  /** For each site of a visit: the sites of others that began before it and surely overlapped it. */
  before(visit: Visit): readonly OverlapCount[] {
    if (visit.surest === null) return [];
    return visit.footprint.signatures.flatMap((own) => {
      const window = own.undone ? null : surestFor(visit, own);
      if (window === null) return [];
      return [...this.#inProcess(visit, own, window), ...this.#elsewhere(visit, own, window)];
    });
  }

  *#inProcess(visit: Visit, own: FootprintSignature, window: Window): Generator<OverlapCount> {
    for (const { site, counts } of this.#near.get(own.process) ?? []) {
      const scope = crossConflict(own, site);
      if (scope === null) continue;
      const weight = counts.weightBefore(visit, window);
      const nearest = weight <= 0 ? null : nearestIn(counts, visit, window, own, true);
      if (nearest === null) continue;
      yield { own, scope, pairs: own.count * weight, ...nearest };
    }
  }

  *#elsewhere(visit: Visit, own: FootprintSignature, window: Window): Generator<OverlapCount> {
    for (const { site, counts } of this.#everywhere) {
      const scope = crossConflict({ ...own, crossLocks: sharedLocks(own.crossLocks) }, site);
      if (scope === null) continue;
      const part = this.#parts.get(keyOf({ ...site, process: own.process }));
      const weight =
        counts.weightBefore(visit, window) - (part?.counts.weightBefore(visit, window) ?? 0);
      const nearest = weight <= 0 ? null : nearestIn(counts, visit, window, own, false);
      if (nearest === null) continue;
      yield { own, scope, pairs: own.count * weight, ...nearest };
    }
  }
}

function nearestIn(
  counts: WindowCounts<FootprintSignature>,
  visit: Visit,
  window: Window,
  own: FootprintSignature,
  isInProcess: boolean,
): Pick<OverlapCount, 'other' | 'otherVisit'> | null {
  let looked = 0;
  for (const { visit: otherVisit, item: other } of counts.before(visit, window)) {
    const isWanted = (other.process === own.process) === isInProcess;
    if (isWanted && areStrangers(otherVisit.trace, visit.trace)) return { other, otherVisit };
    looked += 1;
    if (looked === LOOKED_AT) break;
  }
  return null;
}

/** Collects visits by site. */
class Classes {
  readonly #members = new Map<
    string,
    { site: PlacedSite; visits: Map<Visit, Counted<FootprintSignature>> }
  >();

  add(visit: Visit, signature: FootprintSignature, site: PlacedSite): void {
    const window = surestFor(visit, signature);
    if (window === null) return;
    const key = keyOf(site);
    const known = this.#members.get(key) ?? { site, visits: new Map() };
    this.#members.set(key, known);
    const weight = (known.visits.get(visit)?.weight ?? 0) + signature.count;
    known.visits.set(visit, { visit, window, weight, item: signature });
  }

  all(): ReadonlyMap<string, SiteClass> {
    return new Map(
      [...this.#members].map(([key, { site, visits }]) => [
        key,
        { site, counts: new WindowCounts([...visits.values()]) },
      ]),
    );
  }
}

function placedSite(signature: FootprintSignature): PlacedSite {
  const { service, location, access_type, locks, scope, process, environment, crossLocks, undone } =
    signature;
  return { service, location, access_type, locks, scope, process, environment, crossLocks, undone };
}

/** A site as other processes meet it: of its locks only those that are the same everywhere count. */
function siteAnywhere(signature: FootprintSignature): PlacedSite {
  const site = placedSite(signature);
  return { ...site, process: ANY_PROCESS, crossLocks: sharedLocks(site.crossLocks) };
}

function sharedLocks(locks: readonly HeldLock[]): readonly HeldLock[] {
  return locks.filter(({ name }) => (JSON.parse(name) as unknown[]).length === 1);
}

function keyOf(site: PlacedSite): string {
  const { service, location, access_type, locks, scope, process, environment, crossLocks } = site;
  return JSON.stringify([
    service,
    location,
    access_type,
    locks,
    scope,
    process,
    environment,
    crossLocks,
  ]);
}

import { type Access, isSurelyBefore, type Visit } from './history/visits.ts';
import { SeenValues } from './seen-values.ts';

/** What one trace left in a variable: its last write that was not undone. */
export interface Version {
  /** Place among {@link VersionOrder.versions}. */
  readonly place: number;
  readonly visit: Visit;
  readonly first: Access;
  readonly last: Access;
  /** The value that the trace knew before it wrote; null when nobody knows. */
  readonly base: string | null;
}

/** Whose version a read saw: null for none of those known, 'unclear' when its value does not tell. */
export type Source = Version | null | 'unclear';

/**
 * The versions of a variable, ordered as far as there is proof. The surest proof counts first: a
 * trace that read a version and then wrote comes after that version; a read that began when all
 * writers had committed shows the last version; last comes the clock of one process, where writes
 * and commits agree.
 */
export class VersionOrder {
  readonly versions: readonly Version[];
  readonly seen: SeenValues;
  readonly #relation: PartialOrder;
  /** The version of each value; null for a value that several things explain. */
  readonly #byValue: ReadonlyMap<string, Version | null>;

  constructor(visits: readonly Visit[]) {
    this.versions = versionsOf(visits);
    this.seen = new SeenValues(visits);
    this.#relation = new PartialOrder(this.versions.length);
    this.#byValue = versionsByValue(visits, this.versions, this.seen);
    this.#addBases();
    this.#addLastReads(visits);
    this.#addClocks();
  }

  /** Whether one version is known to have been followed by another. */
  precedes(one: Version, two: Version): boolean {
    return this.#relation.has(one.place, two.place);
  }

  /** Whose version an access saw. */
  sourceOf({ source, visit }: Access): Source {
    if (source.newValue === null) return 'unclear';
    const version = this.#byValue.get(source.newValue);
    if (version === undefined) return null;
    return version === null || version.visit === visit ? 'unclear' : version;
  }

  #addBases(): void {
    for (const later of this.versions) {
      const earlier = later.base === null ? null : (this.#byValue.get(later.base) ?? null);
      if (earlier !== null) this.#add(earlier, later);
    }
  }

  #addLastReads(visits: readonly Visit[]): void {
    for (const visit of visits) {
      const read = visit.accesses.find(({ writes, undone }) => !writes && !undone);
      if (read === undefined) continue;
      const last = this.sourceOf(read);
      if (last === null || last === 'unclear') continue;
      const { trace } = visit;
      const begin = trace.transaction === null ? read.ns : trace.begin;
      const others = this.versions.filter((version) => version.visit !== visit);
      const isDone = (version: Version) =>
        version.visit.trace.transaction !== null && version.visit.trace.end < begin;
      const areClear = others.every(
        (version) =>
          version.last.signature.process === read.signature.process &&
          (isDone(version) || isSurelyBefore(read, version.first)),
      );
      if (!areClear || !isDone(last)) continue;
      for (const other of others) if (isDone(other)) this.#add(other, last);
    }
  }

  /** Neighbours first: what follows from them costs nothing. */
  #addClocks(): void {
    const { versions } = this;
    for (let distance = 1; distance < versions.length; distance += 1) {
      for (let place = distance; place < versions.length; place += 1) {
        const [one, two] = [versions[place - distance], versions[place]];
        if (one === undefined || two === undefined || this.precedes(one, two)) continue;
        if (isEarlierByClock(one, two)) this.#add(one, two);
      }
    }
  }

  #add(one: Version, two: Version): void {
    this.#relation.add(one.place, two.place);
  }
}

/** By the time of the first write. */
function versionsOf(visits: readonly Visit[]): readonly Version[] {
  const versions: Omit<Version, 'place'>[] = [];
  for (const visit of visits) {
    const counted = visit.accesses.filter(({ undone }) => !undone);
    const first = counted.find(({ writes }) => writes);
    const last = counted.findLast(({ writes }) => writes);
    if (first === undefined || last === undefined) continue;
    const read = counted.slice(0, counted.indexOf(first)).at(-1);
    const base = first.source.oldValue ?? read?.source.newValue ?? null;
    versions.push({ visit, first, last, base });
  }
  versions.sort((a, b) => {
    if (a.first.ns !== b.first.ns) return a.first.ns < b.first.ns ? -1 : 1;
    return a.visit.trace.traceId < b.visit.trace.traceId ? -1 : 1;
  });
  return versions.map((version, place) => ({ ...version, place }));
}

/**
 * Finds the version of each value. A value tells its version if one trace alone wrote it for good,
 * nobody wrote it for a moment or took it back, and it had not been there before.
 */
function versionsByValue(
  visits: readonly Visit[],
  versions: readonly Version[],
  seen: SeenValues,
): ReadonlyMap<string, Version | null> {
  const byValue = new Map<string, Version | null>();
  for (const version of versions) {
    const { first, last, base } = version;
    const value = last.source.newValue;
    if (value === null) continue;
    const wasThere = base === value || seen.before(first.signature.process, value, first);
    const isClear = !wasThere || (versions.length === 1 && canBeSeenEarly(version, visits));
    byValue.set(value, isClear && !byValue.has(value) ? version : null);
  }
  const lasts = new Set(versions.map(({ last }) => last));
  for (const access of visits.flatMap(({ accesses }) => accesses)) {
    const value = access.source.newValue;
    if (access.writes && !lasts.has(access) && value !== null) byValue.set(value, null);
  }
  return byValue;
}

/**
 * Whether a value may come from a version although the clock says that it was read before. That is
 * so if one transaction alone saw it, nothing else is known of the variable, and the transaction
 * that wrote the version had not read it. Inexact times are then likelier than a value that was
 * there twice.
 */
function canBeSeenEarly(version: Version, visits: readonly Visit[]): boolean {
  const others = visits.filter((visit) => visit !== version.visit);
  return (
    version.base === null &&
    version.visit.trace.transaction !== null &&
    others.length === 1 &&
    others.every(({ trace }) => trace.transaction !== null)
  );
}

function isEarlierByClock(one: Version, two: Version): boolean {
  const [earlier, later] = [one.visit.trace, two.visit.trace];
  return (
    isSurelyBefore(one.last, two.first) &&
    (earlier.transaction === null || later.transaction === null || earlier.end <= later.end)
  );
}

/** A partial order that takes no pair which contradicts an earlier one. */
class PartialOrder {
  readonly #size: number;
  /** A row per place: 1 for each place after it. */
  readonly #after: Uint8Array;

  constructor(size: number) {
    this.#size = size;
    this.#after = new Uint8Array(size * size);
  }

  has(one: number, two: number): boolean {
    return this.#after[one * this.#size + two] === 1;
  }

  add(one: number, two: number): void {
    if (one === two || this.has(one, two) || this.has(two, one)) return;
    for (let before = 0; before < this.#size; before += 1) {
      if (before !== one && !this.has(before, one)) continue;
      for (let after = 0; after < this.#size; after += 1) {
        if (after === two || this.has(two, after)) this.#after[before * this.#size + after] = 1;
      }
    }
  }
}

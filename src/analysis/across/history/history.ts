import { CLOCK_ERROR_NS_MAX } from '../../../domain/clock-error.ts';
import { lowerBound } from '../../../domain/lower-bound.ts';
import { type Act, actsOf, type IsTypicalChange, isNumber } from './acts.ts';
import { BaseIndex } from './base-index.ts';
import { OverlapIndex } from './overlap-index.ts';
import { Refusals } from './refusals.ts';
import { Timeline, type Window } from './timeline.ts';
import { TypicalChanges } from './typical-changes.ts';
import { type Access, compareAccesses, compareVisits, endsBefore, type Visit } from './visits.ts';

/**
 * What all traces of a comparison did to one variable, and what is looked up in it. Everything is
 * sorted by time once; what one visit needs to know is then found by halving, so that a storm on one
 * variable costs n log n. Answers are those of a window in time: what else was loaded changes none.
 */
export class VariableHistory {
  /** Those with a window, by their widest window's beginning, then trace id. */
  readonly visits: readonly Visit[];
  readonly overlaps: OverlapIndex;
  readonly bases: BaseIndex;
  readonly refusals: Refusals;
  readonly #places: ReadonlyMap<Visit, number>;
  readonly #timeline: Timeline<Visit>;
  readonly #acts = new Map<Visit, readonly Act[]>();
  /** By value, then time: accesses that wrote it, and those that tell that it stood there. */
  readonly #writers = new Map<string, Access[]>();
  readonly #sightings = new Map<string, Access[]>();
  readonly #unknownWrites: Access[] = [];
  /** All accesses that counted by process, by time. */
  readonly #timelines = new Map<string, Access[]>();
  /** When acts on numbers were made, and of these when one left less than nothing. */
  readonly #countedActs: bigint[] = [];
  readonly #belowZero: bigint[] = [];

  constructor(visits: readonly Visit[]) {
    this.visits = visits.filter(({ widest }) => widest !== null).sort(compareVisits);
    this.#places = new Map(this.visits.map((visit, place) => [visit, place]));
    this.#timeline = new Timeline(this.visits, windowOf);
    for (const visit of visits) for (const access of visit.accesses) this.#note(access);
    const lists = [this.#writers, this.#sightings, this.#timelines].flatMap((map) => [
      ...map.values(),
    ]);
    for (const list of [...lists, this.#unknownWrites]) list.sort(compareAccesses);
    const changes = new TypicalChanges(this.visits);
    for (const visit of this.visits) {
      const isTypical: IsTypicalChange = (write, change) =>
        changes.has(write, change, this.reachOf(visit));
      this.#acts.set(visit, actsOf(visit, isTypical));
    }
    for (const act of [...this.#acts.values()].flat()) {
      if (!isCounted(act)) continue;
      this.#countedActs.push(act.write.ns);
      if (fallsBelowZero(act)) this.#belowZero.push(act.write.ns);
    }
    for (const list of [this.#countedActs, this.#belowZero]) list.sort(compareMoments);
    this.overlaps = new OverlapIndex(this.visits);
    this.refusals = new Refusals(this.visits);
    this.bases = new BaseIndex([...this.#acts.values()].flat(), (value, act) =>
      this.#writesBefore(value, act),
    );
  }

  /** The acts of a visit: its writes with what it knew when it made them. */
  acts(visit: Visit): readonly Act[] {
    return this.#acts.get(visit) ?? [];
  }

  /**
   * The time from the first to the last moment of all visits that may have overlapped one, as wide as
   * the clock allows: who was there then may have had a part in what happened.
   */
  reachOf(visit: Visit): Window {
    const [from, to] = this.#timeline.reachOf(windowOf(visit));
    const errorNs = visit.accesses.reduce(
      (most, access) => (access.errorNs > most ? access.errorNs : most),
      0n,
    );
    return [from - errorNs, to + errorNs];
  }

  /** The visits on either side of one, nearest first on each, at most so many a side. */
  around(visit: Visit, count: number): readonly Visit[] {
    const place = this.#places.get(visit);
    if (place === undefined) return [];
    return this.visits.slice(Math.max(0, place - count), place + count + 1);
  }

  /** Other visits that may have overlapped one, those that began next to it first, at most so many. */
  *overlapping(visit: Visit, count: number): Generator<Visit> {
    const place = this.#places.get(visit);
    if (place === undefined) return;
    let left = count;
    for (const other of this.#timeline.before(place, windowOf(visit))) {
      if (left === 0) return;
      yield other;
      left -= 1;
    }
    for (const other of this.#timeline.after(place + 1, windowOf(visit))) {
      if (left === 0) return;
      yield other;
      left -= 1;
    }
  }

  /**
   * The last write of a value in a window, undone ones too, when one trace alone wrote it there; null
   * when nobody or several did.
   */
  onlyWrite(value: string, [from, to]: Window): Access | null {
    const list = this.#writers.get(value) ?? [];
    let found: Access | null = null;
    const start = lowerBound(0, list.length, (at) => (list[at] as Access).ns >= from);
    for (let at = start; at < list.length; at += 1) {
      const access = list[at] as Access;
      if (access.ns > to) break;
      if (found !== null && found.visit.trace !== access.visit.trace) return null;
      found = access;
    }
    return found;
  }

  /** The same as {@link belowZero}, of the acts of a visit and of so many on either side of it. */
  belowZeroAround(visit: Visit, count: number): ReturnType<VariableHistory['belowZero']> {
    const environment = visit.footprint.signatures[0]?.environment;
    const acts = this.around(visit, count)
      .filter(({ footprint }) => footprint.signatures[0]?.environment === environment)
      .flatMap((other) => this.acts(other))
      .filter(isCounted);
    return { all: acts.length, below: acts.filter(fallsBelowZero).length };
  }

  /** Of the acts in a window whose check and outcome are numbers: all, and those that fell below zero. */
  belowZero([from, to]: Window): { readonly all: number; readonly below: number } {
    const count = (list: readonly bigint[]) =>
      lowerBound(0, list.length, (at) => (list[at] as bigint) > to) -
      lowerBound(0, list.length, (at) => (list[at] as bigint) >= from);
    return { all: count(this.#countedActs), below: count(this.#belowZero) };
  }

  /** Whether a value, or one that nobody knows, was written between two moments. */
  isWrittenBetween(value: string, one: bigint, two: bigint): boolean {
    const [from, to] = one < two ? [one, two] : [two, one];
    const between: Window = [from + 1n, to - 1n];
    const lists = [this.#writers.get(value) ?? [], this.#unknownWrites];
    return lists.some((list) => inWindow(list, between, 1, ({ undone }) => !undone).length > 0);
  }

  /** Whether somebody is known to have found a value surely before a write of it. */
  isSeenBefore(write: Access, value: string, [from]: Window): boolean {
    const until: Window = [from, write.ns];
    const list = this.#sightings.get(value) ?? [];
    return inWindow(list, until, 1, (access) => isEarlier(access, write)).length > 0;
  }

  /** Accesses in one process surely between two others, the latest first, at most so many. */
  between(first: Access, second: Access, count: number): readonly Access[] {
    const timeline = this.#timelines.get(first.signature.process) ?? [];
    const end = lowerBound(0, timeline.length, (at) => (timeline[at] as Access).ns >= second.ns);
    const found: Access[] = [];
    for (let at = end - 1; at >= 0 && found.length < count; at -= 1) {
      const access = timeline[at] as Access;
      if (access.ns <= first.ns) break;
      const isOther = access.visit.trace !== first.visit.trace;
      if (isOther && surelyBetween(first, access, second)) found.push(access);
    }
    return found;
  }

  /**
   * How often the value that an act went by, or one that nobody knows, was written before. Where
   * another trace wrote it so near that clocks do not tell, the value itself may: what was written
   * once was read after that.
   */
  #writesBefore(value: string, { basis, write: own }: Act): number | null {
    const known = this.#writers.get(value) ?? [];
    const isNear = (write: Access) =>
      write.visit.trace !== own.visit.trace &&
      distance(write.ns, basis.ns) <= write.errorNs + basis.errorNs;
    const countBefore = (list: readonly Access[], moment: bigint) =>
      lowerBound(0, list.length, (at) => (list[at] as Access).ns >= moment);
    const slack = basis.errorNs + BigInt(CLOCK_ERROR_NS_MAX);
    const around: Window = [basis.ns - slack, basis.ns + slack];
    const near = [known, this.#unknownWrites].flatMap((list) =>
      inWindow(list, around, list.length, isNear),
    );
    const [first] = near;
    if (first === undefined) {
      const before = countBefore(known, basis.ns) + countBefore(this.#unknownWrites, basis.ns);
      return before + ownWritesBefore(basis, value);
    }
    const reach = this.reachOf(own.visit);
    if (near.length > 1 || this.onlyWrite(value, reach) !== first) return null;
    if (this.isSeenBefore(first, value, reach)) return null;
    return countBefore(known, first.ns) + countBefore(this.#unknownWrites, first.ns) + 1;
  }

  #note(access: Access): void {
    const { writes, undone, signature, source } = access;
    if (!undone) add(this.#timelines, signature.process, access);
    if (writes) {
      if (source.newValue !== null) add(this.#writers, source.newValue, access);
      else if (!undone) this.#unknownWrites.push(access);
    }
    const seen = writes ? source.oldValue : source.newValue;
    if (seen !== null) add(this.#sightings, seen, access);
  }
}

/** Of a visit that has a window. */
function windowOf({ widest }: Visit): Window {
  return widest ?? [0n, -1n];
}

function surelyBetween(first: Access, access: Access, second: Access): boolean {
  return endsBefore(first, access) && endsBefore(access, second);
}

function inWindow(
  list: readonly Access[],
  [from, to]: Window,
  count: number,
  isWanted: (access: Access) => boolean = () => true,
): readonly Access[] {
  const found: Access[] = [];
  const start = lowerBound(0, list.length, (at) => (list[at] as Access).ns >= from);
  for (let at = start; at < list.length && found.length < count; at += 1) {
    const access = list[at] as Access;
    if (access.ns > to) break;
    if (isWanted(access)) found.push(access);
  }
  return found;
}

function add(map: Map<string, Access[]>, key: string, access: Access): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [access]);
  else known.push(access);
}

/**
 * What has to be added to the number of writes of a value before an access by time, so that those of
 * the trace itself count by its own order.
 */
function ownWritesBefore(access: Access, value: string): number {
  let correction = 0;
  for (const { writes, undone, source, ns } of access.visit.accesses) {
    const counts = writes && (source.newValue === value || (source.newValue === null && !undone));
    if (!counts) continue;
    const [isBefore, seemsBefore] = [source.order < access.source.order, ns < access.ns];
    correction += Number(isBefore) - Number(seemsBefore);
  }
  return correction;
}

/** Whether one access came first, if all clocks are as exact as they are known to be. */
function isEarlier(a: Access, b: Access): boolean {
  return a.ns + a.errorNs + b.errorNs < b.ns;
}

function distance(a: bigint, b: bigint): bigint {
  return a < b ? b - a : a - b;
}

function compareMoments(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Whether what an act was decided on, and what it left, are numbers. */
function isCounted({ write, check }: Act): boolean {
  return isNumber(check?.source.newValue ?? null) && isNumber(write.source.newValue);
}

function fallsBelowZero({ write, check }: Act): boolean {
  return Number(check?.source.newValue) >= 0 && Number(write.source.newValue) < 0;
}

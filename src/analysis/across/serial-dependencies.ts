import { scopeAcross } from '../issues/issue-subject.ts';
import { haveActConflict } from './act-conflicts.ts';
import type { VariableHistory } from './history/history.ts';
import {
  type Access,
  areStrangers,
  isSurelyBefore,
  type MetTrace,
  tracesOverlap,
  type Visit,
} from './history/visits.ts';
import { type Source, type Version, VersionOrder } from './versions.ts';

/**
 * Why one trace comes before another in every serial order that explains both (Adya, Liskov &
 * O'Neil, ICDE 2000). `ww`: the other trace wrote the next version. `wr`: the other trace read its
 * version. `rw`: it read a version, and the other trace wrote the next one.
 */
export type DependencyKind = 'ww' | 'wr' | 'rw';

/** That one trace comes before another, with the two accesses that show it. */
export interface Dependency {
  readonly kind: DependencyKind;
  readonly from: Access;
  readonly to: Access;
}

/**
 * Finds the dependencies of traces on one variable, as far as values and the clock of one process
 * prove them. It leaves out accesses that may be of two variables, traces that did not overlap
 * (unless both are transactions), and whatever a lost update or a repeated read already tells.
 *
 * @param visits what all traces are known to have done to the variable
 */
export function dependenciesOf(
  visits: readonly Visit[],
  history: VariableHistory,
): readonly Dependency[] {
  const order = new VersionOrder(visits);
  const lost = new LostUpdates(history);
  const found: Dependency[] = [];
  for (const one of order.versions) {
    for (const two of order.versions) {
      if (!order.precedes(one, two) || !canDepend(one.last, two.last)) continue;
      if (!lost.between(one.visit, two.visit)) {
        found.push({ kind: 'ww', from: one.last, to: two.last });
      }
    }
  }
  for (const visit of visits) {
    for (const read of visit.accesses) {
      if (tellsOfOthers(read)) addReadDependencies(found, read, order, lost);
    }
  }
  return found;
}

/** Whether two accesses meet in one variable for certain, and their traces at a time. */
function canDepend(from: Access, to: Access): boolean {
  const [a, b] = [from.visit.trace, to.visit.trace];
  const areTransactions = a.transaction !== null && b.transaction !== null;
  if (!areTransactions && !tracesOverlap(a, b)) return false;
  const scope = scopeAcross(from.signature, to.signature);
  return areStrangers(a, b) && scope !== null && scope !== 'unknown';
}

/**
 * Whether a read tells of other traces, and not only of what its own trace wrote. In a transaction
 * a read without a recorded value still tells a place in time.
 */
function tellsOfOthers({ writes, undone, visit, source }: Access): boolean {
  if (writes || undone) return false;
  // What a trace did that read and then wrote is told by its act.
  const acts = visit.accesses.some((access) => access.writes && !access.undone);
  if (acts && visit.trace.transaction === null) return false;
  if (source.newValue === null && visit.trace.transaction === null) return false;
  const own = visit.accesses.findLast(
    (access) => access.writes && !access.undone && access.source.order < source.order,
  );
  if (own === undefined) return true;
  const [seen, written] = [source.newValue, own.source.newValue];
  return seen !== null && written !== null && seen !== written;
}

function addReadDependencies(
  found: Dependency[],
  read: Access,
  order: VersionOrder,
  lost: LostUpdates,
): void {
  const source = order.sourceOf(read);
  if (source !== null && source !== 'unclear' && canDepend(source.last, read)) {
    found.push({ kind: 'wr', from: source.last, to: read });
  }
  for (const version of order.versions) {
    if (version === source || !canDepend(read, version.last)) continue;
    const isOlder = isReadBefore(read, version) || isOlderSource(source, read, version, order);
    if (!isOlder || isReadAgain(read, version, order)) continue;
    if (!lost.between(read.visit, version.visit)) {
      found.push({ kind: 'rw', from: read, to: version.last });
    }
  }
}

function isOlderSource(
  source: Source,
  read: Access,
  version: Version,
  order: VersionOrder,
): boolean {
  if (source === 'unclear') return false;
  return source === null ? isOlderValue(read, version, order) : order.precedes(source, version);
}

/** By the clock of one process the read came first; it saw something else. */
function isReadBefore(read: Access, { first, last }: Version): boolean {
  return (
    isSurelyBefore(read, first) &&
    last.source.newValue !== null &&
    last.source.newValue !== read.source.newValue
  );
}

/**
 * Whether a value that no known trace wrote is older than a version. It is if the writer of the
 * version started from it. Between transactions it also is if the reader began before the version
 * was committed, or if the value was seen before the version was written.
 */
function isOlderValue(read: Access, version: Version, { seen }: VersionOrder): boolean {
  const value = read.source.newValue ?? '';
  if (version.base === value) return true;
  const { process } = read.signature;
  const [reader, writer] = [read.visit.trace, version.visit.trace];
  if (reader.transaction === null || writer.transaction === null) return false;
  if (process !== version.last.signature.process || version.last.source.newValue === null)
    return false;
  return reader.begin < writer.end || seen.before(process, value, version.first);
}

/**
 * Whether the trace read the variable again and saw the version then, or knew it when it wrote. Its
 * two reads tell that already. It still counts when the trace had seen other work of the writer
 * before: then it saw that work vanish.
 */
function isReadAgain(read: Access, version: Version, order: VersionOrder): boolean {
  const again = read.visit.accesses.some(
    (later) => later.source.order > read.source.order && knows(later, version, order),
  );
  return again && !hasSeen(read, version.visit.trace);
}

function knows(access: Access, version: Version, order: VersionOrder): boolean {
  if (access.undone) return false;
  const { oldValue } = access.source;
  if (access.writes) return oldValue !== null && oldValue === version.last.source.newValue;
  return order.sourceOf(access) === version;
}

/** Whether the reader had read, before this read, a value that the writer wrote to some variable. */
function hasSeen(read: Access, writer: MetTrace): boolean {
  for (const [variable, visit] of read.visit.trace.visits) {
    const written = new Set(
      writer.visits
        .get(variable)
        ?.accesses.filter(({ writes }) => writes)
        .map(({ source }) => source.newValue),
    );
    const hasRead = visit.accesses.some(
      ({ writes, source }) =>
        !writes &&
        source.newValue !== null &&
        source.order < read.source.order &&
        written.has(source.newValue),
    );
    if (hasRead) return true;
  }
  return false;
}

/** Whether two traces lost an update of the variable; each pair is looked at once. */
class LostUpdates {
  readonly #history: VariableHistory;
  readonly #known = new Map<Visit, Map<Visit, boolean>>();

  constructor(history: VariableHistory) {
    this.#history = history;
  }

  between(a: Visit, b: Visit): boolean {
    const [one, two] = a.trace.traceId < b.trace.traceId ? [a, b] : [b, a];
    const ofOne = this.#known.get(one) ?? new Map<Visit, boolean>();
    this.#known.set(one, ofOne);
    const known = ofOne.get(two) ?? this.#look(one, two);
    ofOne.set(two, known);
    return known;
  }

  #look(one: Visit, two: Visit): boolean {
    return haveActConflict(this.#history, one, two) || haveActConflict(this.#history, two, one);
  }
}

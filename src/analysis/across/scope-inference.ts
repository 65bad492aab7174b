import type { PairScope } from '../../domain/findings/finding.ts';
import type { FootprintSignature, PlacedSite } from '../../domain/findings/footprint.ts';
import { scopeAcross } from '../issues/issue-subject.ts';
import type { VariableHistory } from './history/history.ts';
import { type Access, compareAccesses, isSurelyBefore, type Visit } from './history/visits.ts';

/** Traces on either side, by first access, from which it is found out where a variable lives. */
export const SCOPE_CONTEXT = 64;
/** Different values that have to show that processes share a variable. */
const SHARED_VALUES = 2;
/** Pairs of traces, one after the other, that have to show that each has a variable of its own. */
const LOCAL_PAIRS = 3;

/**
 * Where a variable with a plain name lives, as its values tell: in one store for all processes, or in
 * each request anew. Null: nothing is proven, and the name decides.
 */
export type InferredScope = 'shared' | 'request_local' | null;

/** Finds out where a variable lives from the traces around a visit. */
export function inferScope(history: VariableHistory, visit: Visit): InferredScope {
  const visits = history.around(visit, SCOPE_CONTEXT);
  const isPlain = visits.every(({ footprint }) =>
    footprint.signatures.every(({ scope }) => scope === 'plain'),
  );
  if (!isPlain || visits.length < 2) return null;
  const writers = writersByValue(visits);
  if (isSharedByProcesses(visits, writers)) return 'shared';
  return isRequestLocal(visits, writers) ? 'request_local' : null;
}

/** In what scope two accesses meet, when it is known where the variable lives; null: they do not. */
export function scopeBetween(
  a: FootprintSignature | PlacedSite,
  b: FootprintSignature | PlacedSite,
  inferred: InferredScope,
): PairScope | null {
  const named = scopeAcross(a, b);
  if (named === null || inferred === null) return named;
  return inferred === 'shared' ? 'shared' : null;
}

/** Writes that counted, by value. */
type Writers = ReadonlyMap<string, readonly Access[]>;

/**
 * Whether reads of one process returned what only another process had written before: nothing but a
 * common store brings it there. Two different values show it; one does where the process had a value
 * of its own before, and all reads agree with a single store.
 */
function isSharedByProcesses(visits: readonly Visit[], writers: Writers): boolean {
  const proofs = new Set<string>();
  let isDecisive = false;
  for (const { accesses } of visits) {
    for (const read of accesses) {
      const value = read.source.newValue;
      if (read.writes || value === null) continue;
      const there = (writers.get(value) ?? []).filter((write) => mayPrecede(write, read));
      if (there.length === 0) continue;
      if (!there.every(({ signature }) => isElsewhere(signature, read.signature))) continue;
      proofs.add(value);
      if (proofs.size === SHARED_VALUES) return true;
      isDecisive ||= visits.some(({ accesses: others }) =>
        others.some(
          (own) =>
            own.writes && !own.undone && isSurelyBefore(own, read) && own.visit !== read.visit,
        ),
      );
    }
  }
  return isDecisive && agreesWithOneStore(visits);
}

/** Whether a write may have come before a read, as far as their clocks agree. */
function mayPrecede(write: Access, read: Access): boolean {
  return write.ns - write.errorNs <= read.ns + read.errorNs;
}

/**
 * Whether every read returned what was written last before it, in whatever process, or what was
 * written about that time.
 */
function agreesWithOneStore(visits: readonly Visit[]): boolean {
  const accesses = visits.flatMap((visit) => visit.accesses).sort(compareAccesses);
  const writes = accesses.filter(({ writes: isWrite, undone }) => isWrite && !undone);
  return accesses.every((read) => {
    if (read.writes || read.source.newValue === null) return true;
    const last = writes.findLast((write) => !mayPrecede(read, write));
    const possible = writes.filter(
      (write) => mayPrecede(write, read) && (last === undefined || mayPrecede(last, write)),
    );
    const values = possible.map(({ source }) => source.newValue);
    return last === undefined || values.includes(null) || values.includes(read.source.newValue);
  });
}

function isElsewhere(a: FootprintSignature, b: FootprintSignature): boolean {
  return a.process !== b.process && a.environment === b.environment;
}

/**
 * Whether traces of one process, each after another had ended and left a different value, all found
 * the value that was there at first. One that found anything else, or what only another trace had
 * written, shows the opposite; one that wrote first shows nothing.
 */
function isRequestLocal(visits: readonly Visit[], writers: Writers): boolean {
  const byProcess = new Map<string, Visit[]>();
  for (const visit of visits) {
    if (readsOfOthers(visit, writers)) return false;
    const { process } = visit.footprint.signatures[0] ?? { process: '' };
    byProcess.set(process, [...(byProcess.get(process) ?? []), visit]);
  }
  let pairs = 0;
  for (const ofProcess of byProcess.values()) {
    const found = localPairs(ofProcess, writers);
    if (found === null) return false;
    pairs += found;
  }
  return pairs >= LOCAL_PAIRS;
}

/** Pairs that speak for variables of their own; null when something speaks against it. */
function localPairs(visits: readonly Visit[], writers: Writers): number | null {
  const first = visits[0]?.accesses[0];
  const initial = first?.writes === false ? first.source.newValue : null;
  if (initial === null) return 0;
  // Who writes the first value again may be the one whose value the next trace finds.
  if (writers.has(initial)) return null;
  let pairs = 0;
  for (const visit of visits) {
    const [start] = visit.accesses;
    if (start === undefined || start.writes) continue;
    const ended = visits.filter((other) => isLeftBefore(other, visit)).length;
    if (ended > 0 && start.source.newValue !== initial) return null;
    pairs += ended;
  }
  return pairs;
}

/** Whether a trace had surely ended, and left a value, before another one began. */
function isLeftBefore(ended: Visit, visit: Visit): boolean {
  if (ended.widest === null || visit.widest === null) return false;
  if (ended.widest[1] >= visit.widest[0]) return false;
  const left = ended.accesses.findLast(({ writes, undone }) => writes && !undone);
  return left !== undefined && left.source.newValue !== null;
}

/** Whether a trace read a value that it had not written itself, and another one had. */
function readsOfOthers({ accesses, trace }: Visit, writers: Writers): boolean {
  return accesses.some(({ writes, source }) => {
    const there = writes || source.newValue === null ? undefined : writers.get(source.newValue);
    return there?.every(({ visit }) => visit.trace !== trace) === true;
  });
}

function writersByValue(visits: readonly Visit[]): Writers {
  const writers = new Map<string, Access[]>();
  for (const { accesses } of visits) {
    for (const access of accesses) {
      const value = access.source.newValue;
      if (!access.writes || access.undone || value === null) continue;
      const known = writers.get(value);
      if (known === undefined) writers.set(value, [access]);
      else known.push(access);
    }
  }
  return writers;
}

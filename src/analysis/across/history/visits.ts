import type {
  Footprint,
  FootprintAccess,
  FootprintSignature,
  FootprintTransaction,
} from '../../../domain/findings/footprint.ts';
import { rowCertaintyOf } from '../../../domain/findings/row-certainty.ts';
import { isRead, isWrite } from '../../accesses/accesses.ts';
import type { Window } from './timeline.ts';

/** One access of a {@link Visit}. */
export interface Access {
  readonly visit: Visit;
  readonly signature: FootprintSignature;
  readonly source: FootprintAccess;
  /** When it was over; for most accesses an instant. */
  readonly ns: bigint;
  /** When it began; {@link ns} where nobody says. */
  readonly fromNs: bigint;
  /** When others may first have seen what it wrote: {@link fromNs}, or when its transaction committed. */
  readonly seenFromNs: bigint;
  /** It follows from a statement. */
  readonly isStatement: boolean;
  /** How far {@link ns} may be from the truth, on either side. */
  readonly errorNs: bigint;
  readonly writes: boolean;
  /** What was read before was used, and nothing is read. */
  readonly isUse: boolean;
  /** It belongs to an attempt that was aborted. */
  readonly undone: boolean;
}

/** What one trace did to one variable. */
export interface Visit {
  readonly trace: MetTrace;
  readonly footprint: Footprint;
  readonly variable: string;
  /** The variable, and what else tells the row: visits of one place meet. */
  readonly place: string;
  readonly isStatement: boolean;
  /** Of the row nothing is known: visits may be to different ones. */
  readonly isOfUnknownRow: boolean;
  /** In causal order; see {@link Footprint.accesses}. */
  readonly accesses: readonly Access[];
  /** First and last access that was not undone; null when all were. */
  readonly window: Window | null;
  /** The longest and the shortest time between them that the clock allows; null: it may be none. */
  readonly widest: Window | null;
  readonly surest: Window | null;
}

/** One trace, as other traces meet it. */
export interface MetTrace {
  readonly traceId: string;
  readonly group: readonly string[];
  readonly transaction: FootprintTransaction | null;
  /** Of the transaction, else the first and last access. */
  readonly begin: bigint;
  readonly end: bigint;
  /** How far these may be from the truth, on either side. */
  readonly errorNs: bigint;
  /** By place. */
  readonly visits: ReadonlyMap<string, Visit>;
}

/** Puts footprints together by trace; each trace once, sorted by (begin, trace id). */
export function tracesOf(footprints: readonly Footprint[]): readonly MetTrace[] {
  const byTrace = new Map<string, Map<string, Footprint>>();
  // By variable, so that nothing depends on the order of the footprints.
  for (const footprint of [...footprints].sort((a, b) => (a.variable < b.variable ? -1 : 1))) {
    const known = byTrace.get(footprint.traceId) ?? new Map<string, Footprint>();
    known.set(footprint.variable, footprint);
    byTrace.set(footprint.traceId, known);
  }
  return [...byTrace.values()]
    .map((variables) => traceOf([...variables.values()]))
    .sort(compareTraces);
}

/** By begin, then trace id. */
export function compareTraces(a: MetTrace, b: MetTrace): number {
  if (a.begin !== b.begin) return a.begin < b.begin ? -1 : 1;
  return a.traceId < b.traceId ? -1 : a.traceId > b.traceId ? 1 : 0;
}

/** Whether two traces were under way at the same time. */
export function tracesOverlap(a: MetTrace, b: MetTrace): boolean {
  const slack = a.errorNs + b.errorNs;
  return a.begin <= b.end + slack && b.begin <= a.end + slack;
}

function traceOf(footprints: readonly Footprint[]): MetTrace {
  const [{ traceId, group, transaction }] = footprints as [Footprint];
  const visits = new Map<string, Visit>();
  const firsts = footprints.map(({ firstNs }) => BigInt(firstNs));
  const lasts = footprints.map(({ lastNs }) => BigInt(lastNs));
  const trace: MetTrace = {
    traceId,
    group,
    transaction,
    begin: transaction === null ? smallest(firsts) : BigInt(transaction.beginNs),
    end: transaction === null ? -smallest(lasts.map((ns) => -ns)) : BigInt(transaction.endNs),
    errorNs: BigInt(
      Math.max(
        ...footprints.flatMap(({ signatures }) => signatures.map((each) => each.clockErrorNs)),
        0,
      ),
    ),
    visits,
  };
  for (const footprint of footprints) {
    for (const visit of visitsOf(trace, footprint)) visits.set(visit.place, visit);
  }
  return trace;
}

/** One visit, or one for each row that only the paths of requests tell apart. */
function visitsOf(trace: MetTrace, footprint: Footprint): readonly Visit[] {
  const { accesses, variable } = footprint;
  if (accesses.every(({ statement }) => statement === undefined)) {
    return [visitOf(trace, footprint, variable, false)];
  }
  const byHint = new Map<string, FootprintAccess[]>();
  for (const access of accesses) {
    const hint = access.statement?.hint ?? '';
    const known = byHint.get(hint);
    if (known === undefined) byHint.set(hint, [access]);
    else known.push(access);
  }
  return [...byHint].map(([hint, own]) => {
    const place = hint === '' ? variable : `${variable} ${hint}`;
    return visitOf(trace, { ...footprint, ...windowOf(own), accesses: own }, place, true);
  });
}

function windowOf(accesses: readonly FootprintAccess[]): Pick<Footprint, 'firstNs' | 'lastNs'> {
  const froms = accesses.map(({ statement, timestampNs }) =>
    BigInt(statement?.fromNs ?? timestampNs),
  );
  const ends = accesses.map(({ timestampNs }) => -BigInt(timestampNs));
  return { firstNs: String(smallest(froms)), lastNs: String(-smallest(ends)) };
}

function visitOf(
  trace: MetTrace,
  footprint: Footprint,
  place: string,
  isStatement: boolean,
): Visit {
  const accesses: Access[] = [];
  const { variable, signatures } = footprint;
  const isWhole = !signatures.some(({ undone }) => undone);
  const visit: { -readonly [Key in keyof Visit]: Visit[Key] } & { accesses: Access[] } = {
    trace,
    footprint,
    variable,
    place,
    isStatement,
    isOfUnknownRow: isStatement && rowCertaintyOf(variable) === 'unknown',
    accesses,
    window: null,
    widest: null,
    surest: null,
  };
  let errorNs = 0n;
  for (const source of footprint.accesses) {
    const signature = signatures[source.signature];
    if (signature === undefined) continue;
    const { undone } = signature;
    const ns = BigInt(source.timestampNs);
    const { statement } = source;
    const fromNs = statement === undefined ? ns : BigInt(statement.fromNs);
    const error = BigInt(signature.clockErrorNs);
    if (error > errorNs) errorNs = error;
    const writes = isWrite(signature);
    accesses.push({
      visit,
      signature,
      source,
      ns,
      fromNs,
      seenFromNs: statement?.seenFromNs === undefined ? fromNs : BigInt(statement.seenFromNs),
      isStatement: statement !== undefined,
      errorNs: error,
      writes,
      isUse: statement?.isUse === true,
      undone,
    });
  }
  const counted = accesses.filter(({ undone }) => !undone).map(({ ns }) => ns);
  if (isWhole) visit.window = [BigInt(footprint.firstNs), BigInt(footprint.lastNs)];
  else if (counted.length > 0) {
    visit.window = [smallest(counted), -smallest(counted.map((ns) => -ns))];
  }
  if (visit.window === null) return visit;
  const [from, to] = visit.window;
  visit.widest = [from - errorNs, to + errorNs];
  if (from + errorNs <= to - errorNs) visit.surest = [from + errorNs, to - errorNs];
  return visit;
}

function smallest(list: readonly bigint[]): bigint {
  return list.reduce((least, ns) => (ns < least ? ns : least));
}

/** Whether two traces belong to different causal groups, so that nothing orders them. */
export function areStrangers(a: MetTrace, b: MetTrace): boolean {
  return a.traceId !== b.traceId && !a.group.includes(b.traceId) && !b.group.includes(a.traceId);
}

/** Whether a branch is another one, or began in it, so that what that did before came before. */
export function isWithin(branch: string, other: string): boolean {
  if (!branch.startsWith(other)) return false;
  return branch.length === other.length || /[/:]/.test(branch.charAt(other.length));
}

/** Whether one access came before another by the clock of one process, however inexact it is. */
export function isSurelyBefore(a: Access, b: Access): boolean {
  return a.signature.process === b.signature.process && endsBefore(a, b);
}

/**
 * Whether one access surely ended before another began, if both were stamped by one clock. A clock that
 * cuts spans to milliseconds is late by nothing: of two statements only the end of the first is in doubt.
 */
export function endsBefore(a: Access, b: Access): boolean {
  const errorNs = a.isStatement && b.isStatement ? a.errorNs : a.errorNs + b.errorNs;
  return a.ns + errorNs < b.fromNs;
}

/**
 * Whether a read surely ended before others could see what was written, so that it saw none of it: a store
 * shows nothing of a transaction before it commits.
 */
export function isSurelyUnseen(write: Access, read: Access): boolean {
  if (write.signature.process !== read.signature.process) return false;
  const errorNs = write.isStatement && read.isStatement ? 0n : write.errorNs;
  return read.ns + read.errorNs + errorNs < write.seenFromNs;
}

/**
 * The accesses of a trace to a variable that count, one list per process. Inside a list, each
 * access knows what the one before it saw.
 */
export function chainsOf(visit: Visit): readonly (readonly Access[])[] {
  const chains = new Map<string, Access[]>();
  for (const access of visit.accesses) {
    if (access.undone) continue;
    const { process } = access.signature;
    const chain = chains.get(process);
    if (chain === undefined) chains.set(process, [access]);
    else chain.push(access);
  }
  return [...chains.values()];
}

/** Reads and writes in one step, so that nothing can come between. */
export function isAtomicUpdate({ signature }: Access): boolean {
  return isRead(signature) && isWrite(signature);
}

/** Whether the trace had read the variable before this access. */
export function hasReadBefore({ visit, source }: Access): boolean {
  return visit.accesses.some((other) => !other.writes && other.source.order < source.order);
}

/** By the beginning of the widest window, then trace id. */
export function compareVisits(a: Visit, b: Visit): number {
  const [left, right] = [a.widest?.[0] ?? 0n, b.widest?.[0] ?? 0n];
  if (left !== right) return left < right ? -1 : 1;
  return a.trace.traceId < b.trace.traceId ? -1 : a.trace.traceId > b.trace.traceId ? 1 : 0;
}

/** By time, trace, then causal order. */
export function compareAccesses(a: Access, b: Access): number {
  if (a.ns !== b.ns) return a.ns < b.ns ? -1 : 1;
  const [left, right] = [a.visit.trace.traceId, b.visit.trace.traceId];
  if (left !== right) return left < right ? -1 : 1;
  return a.source.order - b.source.order;
}

/** What statements can show at the most: of rows that only paths tell, and of calls, not all is known. */
export function mostEvidenceOf(visit: Visit): 'E1' | 'E2' | null {
  const { isStatement, variable, place } = visit;
  if (!isStatement) return null;
  if (variable.startsWith('http:') || visit.isOfUnknownRow) return 'E1';
  return place === variable ? null : 'E2';
}

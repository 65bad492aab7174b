import { clockErrorNs } from '../../domain/clock-error.ts';
import { type DerivedFacts, storedIdOf } from '../../domain/event/event.ts';
import { releaseOf } from '../../domain/event/release.ts';
import type {
  Footprint,
  FootprintAccess,
  FootprintSignature,
  FootprintTransaction,
  StatementFacts,
} from '../../domain/findings/footprint.ts';
import { ExactNumber } from '../../domain/json.ts';
import type { Cut, RecordLimit } from '../../domain/trace/trace-record.ts';
import { budgets } from '../budgets.ts';
import { sdkOf } from '../order/component.ts';
import type { CausalOrder } from '../order/order.ts';
import {
  findAccesses,
  type Signature,
  type StateChange,
  type VariableAccesses,
} from './accesses.ts';
import { crossLocksOf, findSharedLocks } from './cross-locks.ts';
import type { ExcludedEvents } from './excluded-events.ts';
import { Operations } from './operations.ts';
import { isOldValueTracked } from './sdk-location.ts';
import { findTransactions, type Transactions } from './transactions.ts';
import { keptValueText } from './value-text.ts';

/** The footprints of a causal group, and the traces whose footprints do not say all. */
export interface FootprintSearch {
  /** Sorted by trace and variable. */
  readonly footprints: readonly Footprint[];
  /** By trace id. */
  readonly cuts: ReadonlyMap<string, readonly Cut[]>;
}

/**
 * What each trace of a causal group did to each variable, sorted by trace and variable.
 *
 * @param group ids of all traces of the causal group
 */
export function footprintsOf(order: CausalOrder, group: readonly string[]): readonly Footprint[] {
  return searchFootprints(order, group).footprints;
}

/**
 * {@link footprintsOf}, for those who want to know by what limit they were truncated.
 *
 * @param excluded accesses among them leave nothing
 */
export function searchFootprints(
  order: CausalOrder,
  group: readonly string[],
  excluded: ExcludedEvents | null = null,
): FootprintSearch {
  const context: Context = {
    order,
    group: [...group].sort(),
    transactions: findTransactions(order),
    sharedLocks: findSharedLocks(order),
    operations: new Operations(order),
    placeInTrace: placesInTraces(order),
  };
  const drafts: Draft[][] = order.traces.map(() => []);
  const truncated = new Set<number>();
  const cuts = new Map<string, Cut[]>();
  const noteCut = (trace: number, cut: Cut) => {
    const id = order.traces[trace] as string;
    const known = cuts.get(id);
    if (known === undefined) cuts.set(id, [cut]);
    else known.push(cut);
  };
  for (const accesses of findAccesses(order, excluded)) {
    for (const draft of draftsOf(context, accesses)) {
      const known = drafts[draft.trace] as Draft[];
      const { trace, variable, truncatedBy: limit } = draft;
      if (limit !== null) noteCut(trace, { limit, variable });
      if (known.length < budgets.footprintVariables) known.push(draft);
      else truncated.add(trace);
    }
  }
  for (const trace of truncated) noteCut(trace, { limit: 'footprint_variables', variable: null });
  const footprints = drafts.flatMap((list, trace) =>
    list.map((draft) => finish(context, draft, truncated.has(trace))),
  );
  return { footprints, cuts };
}

interface Context {
  readonly order: CausalOrder;
  readonly group: readonly string[];
  readonly transactions: Transactions;
  readonly sharedLocks: ReadonlySet<string>;
  readonly operations: Operations;
  readonly placeInTrace: Int32Array;
}

/** A footprint that is being made. Event numbers are ranks in time. */
interface Draft {
  readonly trace: number;
  readonly variable: string;
  fromNs: bigint;
  last: number;
  readonly signatures: (FootprintSignature & { count: number })[];
  readonly accesses: FootprintAccess[];
  truncatedBy: RecordLimit | null;
  /**
   * Places in {@link signatures}, by twice the number of the signature; plus 1 for accesses that
   * were undone.
   */
  readonly places: Map<number, number>;
}

/** For each event how many events of its trace come before it in causal order. */
function placesInTraces({ sequence, traceOf, traces }: CausalOrder): Int32Array {
  const places = new Int32Array(sequence.length);
  const counts = traces.map(() => 0);
  for (const number of sequence) {
    const trace = traceOf[number] as number;
    places[number] = counts[trace] as number;
    counts[trace] = (counts[trace] as number) + 1;
  }
  return places;
}

function draftsOf(context: Context, accesses: VariableAccesses): Iterable<Draft> {
  const drafts = new Map<number, Draft>();
  accesses.events.forEach((number, place) => {
    const trace = context.order.traceOf[number] as number;
    let draft = drafts.get(trace);
    if (draft === undefined) {
      const { variable, truncatedBy } = accesses;
      draft = {
        trace,
        variable,
        fromNs: (context.order.events[number] as StateChange).timestampNs,
        last: number,
        signatures: [],
        accesses: [],
        truncatedBy,
        places: new Map(),
      };
      drafts.set(trace, draft);
    }
    addAccess(context, draft, number, accesses.signatureOf[place] as number, accesses.signatures);
  });
  return drafts.values();
}

function addAccess(
  context: Context,
  draft: Draft,
  number: number,
  signature: number,
  signatures: readonly Signature[],
): void {
  const event = context.order.events[number] as StateChange;
  draft.last = Math.max(draft.last, number);
  const fromNs = event.derived?.refusedFromNs ?? event.derived?.fromNs ?? event.timestampNs;
  if (fromNs < draft.fromNs) draft.fromNs = fromNs;
  const undone = context.transactions.undone[number] as number;
  const key = signature * 2 + undone;
  let place = draft.places.get(key);
  if (place === undefined) {
    if (draft.signatures.length === budgets.footprintSignatures) {
      draft.truncatedBy ??= 'footprint_signatures';
      return;
    }
    place = draft.signatures.length;
    draft.places.set(key, place);
    draft.signatures.push(
      footprintSignature(context, number, event, signatures[signature] as Signature, undone === 1),
    );
  }
  (draft.signatures[place] as Draft['signatures'][number]).count += 1;
  if (draft.accesses.length === budgets.footprintAccesses) {
    draft.truncatedBy ??= 'footprint_accesses';
    return;
  }
  draft.accesses.push({
    eventId: storedIdOf(event),
    timestampNs: String(event.timestampNs),
    timestamp: event.timestamp,
    thread: event.metadata.thread_id,
    signature: place,
    order: context.placeInTrace[number] as number,
    oldValue: valueAt(event, event.payload.old_value),
    newValue: valueAt(event, event.payload.new_value),
    ...(event.derived === undefined ? {} : { statement: statementFacts(event.derived) }),
  });
}

function statementFacts(facts: DerivedFacts): StatementFacts {
  const { fromNs, hint, isUse, isRefused, seenFromNs, refusedFromNs, branch } = facts;
  return {
    fromNs: String(fromNs),
    hint,
    ...(isUse ? { isUse } : {}),
    ...(isRefused ? { isRefused } : {}),
    ...(seenFromNs === null ? {} : { seenFromNs: String(seenFromNs) }),
    ...(refusedFromNs === null ? {} : { refusedFromNs: String(refusedFromNs) }),
    ...(branch === null ? {} : { branch: { ...branch, untilNs: String(branch.untilNs) } }),
  };
}

/**
 * A value as it stood at an access; null when that is not known: the TypeScript SDK writes objects
 * down when it sends them, and by then they may have changed.
 */
function valueAt(event: StateChange, value: unknown): string | null {
  const isObject = typeof value === 'object' && value !== null && !(value instanceof ExactNumber);
  return isObject && sdkOf(event) === 'typescript' ? null : keptValueText(value);
}

function footprintSignature(
  { sharedLocks, operations }: Context,
  number: number,
  event: StateChange,
  { service, location, access_type, locks, scope }: Signature,
  undone: boolean,
): FootprintSignature {
  const { environment, instance_id } = event.metadata;
  const release = releaseOf(event);
  return {
    service,
    location,
    access_type,
    locks,
    scope,
    process: JSON.stringify([service, instance_id ?? null]),
    crossLocks: crossLocksOf(event, locks, sharedLocks),
    environment,
    operation: operations.operationOf(number),
    functionName: operations.functionOf(number),
    ...(release === null ? {} : { release }),
    clockErrorNs: clockErrorNs(event.derived === undefined ? sdkOf(event) : event.derived.sdk),
    isOldValueTracked: isOldValueTracked(event.payload.location),
    undone,
    count: 0,
  };
}

function finish(context: Context, draft: Draft, isTruncated: boolean): Footprint {
  const { order, transactions, group } = context;
  const ns = (number: number) => String(order.events[number]?.timestampNs);
  const transaction: FootprintTransaction | null = transactions.ofTrace[draft.trace] ?? null;
  return {
    traceId: order.traces[draft.trace] as string,
    variable: draft.variable,
    firstNs: String(draft.fromNs),
    lastNs: ns(draft.last),
    signatures: draft.signatures,
    accesses: draft.accesses,
    complete: draft.truncatedBy === null && !isTruncated,
    transaction,
    group,
  };
}

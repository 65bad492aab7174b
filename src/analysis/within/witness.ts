import type { TraceEvent } from '../../domain/event/event.ts';
import type { AccessSite, HeldLock } from '../../domain/findings/footprint.ts';
import { budgets } from '../budgets.ts';
import type { CausalOrder } from '../order/order.ts';
import type { Strand } from '../order/strands.ts';

/** What a person needs to believe a race. Members are wire names. */
export interface RaceWitness {
  readonly event_ids: readonly [string, string];
  /** What each event knows: for each strand how many of its events happened before. */
  readonly clocks: readonly [readonly ClockEntry[], readonly ClockEntry[]];
  readonly locks: readonly [readonly HeldLock[], readonly HeldLock[]];
  readonly missing_edge: MissingEdge;
  /** Accesses to the variable and lock steps of both strands, in order; `column` is the strand. */
  readonly interleaving: readonly WitnessStep[];
}

export interface ClockEntry {
  readonly strand: string;
  readonly events: number;
}

/** The order that would have prevented the race: nothing leads from `from` to `to`. */
export interface MissingEdge {
  readonly from: string;
  readonly to: string;
  /** The last event of the first strand that `to` knows of; null when it knows none. */
  readonly last_known: string | null;
}

export interface WitnessStep {
  readonly column: 1 | 2;
  readonly event_id: string;
  readonly timestamp: string;
  readonly step: string;
  readonly old_value?: unknown;
  readonly new_value?: unknown;
}

/** Describes a race of two events, the earlier one first. */
export function witnessOf(
  order: CausalOrder,
  [first, second]: readonly [number, number],
  sites: readonly [AccessSite, AccessSite],
): RaceWitness {
  const one = order.events[first] as TraceEvent;
  const two = order.events[second] as TraceEvent;
  const strand = order.strands[order.strandOf[first] as number] as Strand;
  const known = Math.min(order.must.known(second, strand.number), order.placeOf[first] as number);
  const lastKnown = known > 0 ? order.events[strand.events[known - 1] as number] : undefined;
  return {
    event_ids: [one.id, two.id],
    clocks: [clockOf(order, first), clockOf(order, second)],
    locks: [sites[0].locks, sites[1].locks],
    missing_edge: { from: one.id, to: two.id, last_known: lastKnown?.id ?? null },
    interleaving: interleavedSteps(order, [first, second]).map(([column, step]) =>
      witnessStep(order.events[step] as TraceEvent, column),
    ),
  };
}

function clockOf(order: CausalOrder, event: number): ClockEntry[] {
  const own = order.strandOf[event] as number;
  const entries = order.must
    .knownStrands(event, budgets.witnessClockEntries)
    .filter(([strand]) => strand !== own);
  return [[own, order.must.known(event, own)] as const, ...entries].map(([strand, events]) => ({
    strand: strandLabel(order.strands[strand] as Strand),
    events,
  }));
}

function strandLabel({ service, instance, thread }: Strand): string {
  return [service, instance, thread].filter((part) => part !== null && part !== '').join(' ');
}

/**
 * The steps of both strands around two accesses of one variable that have to do with it or with a
 * lock: the column and the number of each event, in order.
 */
export function interleavedSteps(
  order: CausalOrder,
  [first, second]: readonly [number, number],
): (readonly [column: 1 | 2, event: number])[] {
  const strands = [order.strandOf[first] as number, order.strandOf[second] as number] as const;
  const event = order.events[first];
  const variable = event?.kind === 'StateChange' ? event.payload.variable : '';
  const around = [first, second].flatMap((center, column) =>
    column === 1 && strands[0] === strands[1]
      ? stepsAround(order, center, variable).filter((step) => step > first)
      : stepsAround(order, center, variable),
  );
  return [...new Set([...around, first, second])]
    .sort((a, b) => (order.positionOf[a] as number) - (order.positionOf[b] as number))
    .map((step) => [columnOf(order, strands, step, second), step] as const);
}

/**
 * The column of a step. When one strand made both events, the later half of its steps is the second
 * column.
 */
function columnOf(
  order: CausalOrder,
  strands: readonly [number, number],
  step: number,
  second: number,
): 1 | 2 {
  if (strands[0] !== strands[1]) return order.strandOf[step] === strands[0] ? 1 : 2;
  return (order.placeOf[step] as number) < (order.placeOf[second] as number) ? 1 : 2;
}

/**
 * The relevant events of one strand, those nearest to an event first, at most half of what a
 * witness may show.
 */
function stepsAround(order: CausalOrder, center: number, variable: string): number[] {
  const { events } = order.strands[order.strandOf[center] as number] as Strand;
  const place = order.placeOf[center] as number;
  const found = [center];
  const room = budgets.witnessSteps / 2;
  for (let distance = 1; distance <= SEARCH_DISTANCE && found.length < room; distance += 1) {
    for (const near of [events[place - distance], events[place + distance]]) {
      if (near === undefined || found.length >= room) continue;
      if (isRelevant(order.events[near] as TraceEvent, variable)) found.push(near);
    }
  }
  return found;
}

/** Events of a strand that are looked at on either side of an access. */
const SEARCH_DISTANCE = 64;

function isRelevant(event: TraceEvent, variable: string): boolean {
  if (event.kind === 'StateChange') return event.payload.variable === variable;
  return event.kind === 'LockAcquire' || event.kind === 'LockRelease';
}

function witnessStep(event: TraceEvent, column: 1 | 2): WitnessStep {
  const step = { column, event_id: event.id, timestamp: event.timestamp };
  if (event.kind === 'StateChange') {
    const { variable, access_type: type, old_value, new_value } = event.payload;
    return { ...step, step: `${type} ${variable}`, old_value, new_value };
  }
  if (event.kind === 'LockAcquire' || event.kind === 'LockRelease') {
    return { ...step, step: `${event.kind} ${event.payload.lock_id}` };
  }
  return { ...step, step: event.kind };
}

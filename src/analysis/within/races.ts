import { type Cut, firstLimit, type RecordLimit } from '../../domain/trace/trace-record.ts';
import {
  conflictScope,
  findAccesses,
  type Signature,
  type VariableAccesses,
} from '../accesses/accesses.ts';
import type { ExcludedEvents } from '../accesses/excluded-events.ts';
import { budgets } from '../budgets.ts';
import type { CausalOrder } from '../order/order.ts';
import { abortPlaces, findLostUpdates } from './lost-updates.ts';
import { type Race, rankRaces } from './race.ts';
import { type ScanStep, scanRaces } from './race-scan.ts';
import { type FoundRaces, RaceTable } from './race-table.ts';

/** The races of a causal group, and what they were found from. */
export interface RaceSearch {
  /** Those that deserve a look first in front, at most {@link budgets.raceDetails}. */
  readonly races: readonly Race[];
  /** Racing event pairs of any scope; a lower bound when the search was truncated. */
  readonly eventPairs: number;
  /** Pairs of access sites that race, listed or not. */
  readonly sitePairs: number;
  /** See {@link firstLimit}; null when the search is whole. */
  readonly truncatedBy: RecordLimit | null;
  /** All limits that were met, and where. */
  readonly cuts: readonly Cut[];
  /** Sorted by name. */
  readonly variables: readonly SearchedVariable[];
  /** By event number: 1 for an access that races with an earlier one along the sequence. */
  readonly racing: Uint8Array;
}

export interface SearchedVariable extends VariableAccesses {
  /** Every access was looked at, so that {@link RaceSearch.racing} is all there is. */
  readonly isWhole: boolean;
}

/**
 * Finds the races inside a causal group: one per pair of access sites.
 *
 * @param excluded accesses among them race with none
 */
export function searchRaces(
  order: CausalOrder,
  excluded: ExcludedEvents | null = null,
): RaceSearch {
  const cuts: Cut[] = [];
  const cut = (limit: RecordLimit, variable: string | null = null) =>
    cuts.push({ limit, variable });
  if (order.edges.isTruncated) cut('await_edges');
  if (order.must.isTruncated || order.observed.isTruncated) cut('clock_words');
  const table = new RaceTable();
  const meter = { comparisons: budgets.raceComparisons };
  const racing = new Uint8Array(order.events.length);
  const aborts = abortPlaces(order);
  const variables = findAccesses(order, excluded).map((accesses): SearchedVariable => {
    if (accesses.truncatedBy !== null) cut(accesses.truncatedBy, accesses.variable);
    const lost = findLostUpdates(order, aborts, accesses);
    if (!lost.isWhole) cut('stale_writers', accesses.variable);
    for (const found of lost.found) {
      racing[found.later] = 1;
      addLostUpdate(table, accesses, found);
    }
    let isCounted = true;
    const { signatures, variable } = accesses;
    const isScanned = scanRaces(
      order,
      accesses,
      meter,
      (found) => {
        racing[found.later] = 1;
        const step = countRaces(table, accesses, found);
        if (step !== 'continue') isCounted = false;
        return step;
      },
      (earlier, later) => {
        const [a, b] = [signatures[earlier], signatures[later]] as [Signature, Signature];
        const isSettled = table.isSettled(variable, a, b, conflictScope(a, b) ?? 'unknown');
        if (isSettled) isCounted = false;
        return isSettled;
      },
    );
    if (!isScanned) cut('race_comparisons');
    return { ...accesses, isWhole: isScanned && isCounted && lost.isWhole };
  });
  table.settle();
  if (table.isCapped) cut('race_pairs');
  const ranked = rankRaces(order, table.pairs);
  const races = fitting(ranked);
  if (races.length < ranked.length) cut('race_details');
  return {
    races,
    eventPairs: table.total,
    sitePairs: ranked.length,
    truncatedBy: firstLimit(new Set(cuts.map(({ limit }) => limit))),
    cuts,
    variables,
    racing,
  };
}

function countRaces(
  table: RaceTable,
  { signatures, variable }: VariableAccesses,
  found: FoundRaces,
): ScanStep {
  const a = signatures[found.earlierSignature] as Signature;
  const b = signatures[found.laterSignature] as Signature;
  const pair = table.pairOf(variable, a, b, conflictScope(a, b) ?? 'unknown');
  if (pair === null) return 'done';
  if (table.isSettled(variable, a, b, pair.scope)) return 'pair-done';
  table.add(pair, found);
  return 'continue';
}

function addLostUpdate(
  table: RaceTable,
  { signatures, variable }: VariableAccesses,
  found: FoundRaces,
): void {
  const a = signatures[found.earlierSignature] as Signature;
  const b = signatures[found.laterSignature] as Signature;
  const scope = conflictScope(a, b) ?? (a.scope === 'shared' ? 'shared' : 'process');
  const pair = table.pairOf(variable, a, b, scope);
  if (pair === null) return;
  if (found.count > 0) table.add(pair, found);
  table.prove(pair, found);
}

/** The races that may be listed, by number and by the length of their texts; always one. */
function fitting(ranked: readonly Race[]): readonly Race[] {
  let room: number = budgets.raceDetailCharacters;
  const kept: Race[] = [];
  for (const one of ranked) {
    room -= one.pair.variable.length + textLength(one.pair.a) + textLength(one.pair.b);
    if (kept.length === budgets.raceDetails || (room < 0 && kept.length > 0)) break;
    kept.push(one);
  }
  return kept;
}

function textLength({ service, location, locks }: Signature): number {
  return locks.reduce((sum, { name }) => sum + name.length, service.length + location.length);
}

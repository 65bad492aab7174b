import { firstLimit, type RecordLimit } from '../../domain/trace-record.ts';
import {
  conflictScope,
  findAccesses,
  type Signature,
  type VariableAccesses,
} from '../accesses/accesses.ts';
import { budgets } from '../budgets.ts';
import type { CausalOrder } from '../order/order.ts';
import { abortPlaces, findLostUpdates, type LostUpdate } from './lost-updates.ts';
import { raceDependences } from './race-dependence.ts';
import { type RaceDetail, raceDetail } from './race-detail.ts';
import { type RacingChain, type ScanStep, scanRaces } from './race-scan.ts';
import { RaceTable } from './race-table.ts';
import { type RankedPair, rankPairs } from './ranked-pair.ts';

/** What order and locks say of the accesses of one causal group. Members are wire names. */
export interface RaceFindings {
  /** Racing event pairs of any scope; a lower bound when not complete. */
  readonly potential_races: number;
  /** The same number. */
  readonly concurrent_events: number;
  /** By rank, at most {@link budgets.raceDetails}. */
  readonly race_details: readonly RaceDetail[];
  /** Pairs of access sites that race, listed or not. */
  readonly site_pairs: number;
  readonly complete: boolean;
  /** See {@link firstLimit}; null when complete. */
  readonly truncated_by: RecordLimit | null;
}

/** The races of a causal group, and what they were found from. */
export interface RaceSearch {
  readonly findings: RaceFindings;
  /** Sorted by name. */
  readonly variables: readonly SearchedVariable[];
  /** By event number: 1 for an access that races with an earlier one along the sequence. */
  readonly racing: Uint8Array;
}

export interface SearchedVariable extends VariableAccesses {
  /** Every access was looked at, so that {@link RaceSearch.racing} is all there is. */
  readonly isWhole: boolean;
}

/** Finds the races inside a causal group: one entry per pair of access sites, best rank first. */
export function findRaces(order: CausalOrder): RaceFindings {
  return searchRaces(order).findings;
}

/** {@link findRaces}, for those who want to know of each access whether it races. */
export function searchRaces(order: CausalOrder): RaceSearch {
  const limits = new Set<RecordLimit>();
  if (order.edges.isTruncated) limits.add('await_edges');
  if (order.must.isTruncated || order.observed.isTruncated) limits.add('clock_words');
  const table = new RaceTable();
  const meter = { comparisons: budgets.raceComparisons };
  const racing = new Uint8Array(order.events.length);
  const aborts = abortPlaces(order);
  const variables = findAccesses(order).map((accesses): SearchedVariable => {
    if (accesses.truncatedBy !== null) limits.add(accesses.truncatedBy);
    for (const found of findLostUpdates(order, aborts, accesses)) {
      racing[found.second] = 1;
      addLostUpdate(table, accesses, found);
    }
    let isCounted = true;
    const isScanned = scanRaces(order, accesses, meter, (race) => {
      racing[race.later] = 1;
      const step = countRace(table, accesses, race);
      if (step !== 'continue') isCounted = false;
      return step;
    });
    if (!isScanned) limits.add('race_comparisons');
    return { ...accesses, isWhole: isScanned && isCounted };
  });
  table.settle();
  if (table.isCapped) limits.add('race_pairs');
  const ranked = rankPairs(order, table.pairs);
  const listed = fitting(ranked);
  if (listed.length < ranked.length) limits.add('race_details');
  const truncatedBy = firstLimit(limits);
  const dependences = raceDependences(
    order,
    listed.map(({ pair }) => pair),
  );
  const details = listed.map((ranked, place) =>
    raceDetail(order, ranked, place < budgets.raceWitnesses),
  );
  const fingerprintOf = (place: number) => details[place]?.fingerprint as string;
  const findings: RaceFindings = {
    potential_races: table.total,
    concurrent_events: table.total,
    race_details: details.map((detail, place) => ({
      ...detail,
      depends_on: [...new Set(dependences[place]?.map(fingerprintOf))].filter(
        (fingerprint) => fingerprint !== detail.fingerprint,
      ),
    })),
    site_pairs: ranked.length,
    complete: truncatedBy === null,
    truncated_by: truncatedBy,
  };
  return { findings, variables, racing };
}

function countRace(table: RaceTable, accesses: VariableAccesses, race: RacingChain): ScanStep {
  const { signatures, variable } = accesses;
  const a = signatures[race.earlierSignature] as Signature;
  const b = signatures[race.laterSignature] as Signature;
  const pair = table.pairOf(variable, a, b, conflictScope(a, b) ?? 'unknown');
  if (pair === null) return 'done';
  // Beyond the cap a pair of sites is looked for, not counted.
  if (table.isCapped && pair.count > 0) return 'pair-done';
  const { chain, from, observedFrom, later } = race;
  const confirmed = observedFrom < chain.length;
  const witness = chain[confirmed ? observedFrom : from] as number;
  table.add(pair, chain.length - from, { earlier: witness, later, confirmed });
  return 'continue';
}

function addLostUpdate(
  table: RaceTable,
  { signatures, variable }: VariableAccesses,
  { first, second, firstSignature, secondSignature, sameStrand }: LostUpdate,
): void {
  const a = signatures[firstSignature] as Signature;
  const b = signatures[secondSignature] as Signature;
  const scope = conflictScope(a, b) ?? (a.scope === 'shared' ? 'shared' : 'process');
  const pair = table.pairOf(variable, a, b, scope);
  if (pair === null) return;
  const witness = { earlier: first, later: second, confirmed: false };
  if (sameStrand) table.add(pair, 1, witness);
  table.prove(pair, witness);
}

/** The entries that may be listed, by number and by the length of their texts; always one. */
function fitting(ranked: readonly RankedPair[]): readonly RankedPair[] {
  let room: number = budgets.raceDetailCharacters;
  const kept: RankedPair[] = [];
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

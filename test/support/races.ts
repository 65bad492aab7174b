import type { CausalOrder } from '../../src/analysis/order/order.ts';
import { raceDetails } from '../../src/analysis/within/race-detail.ts';
import { searchRaces } from '../../src/analysis/within/races.ts';

export type RaceFindings = ReturnType<typeof findRaces>;

/** The races of a group in the form of the API, as a trace report has them. */
export function findRaces(order: CausalOrder) {
  const { races, eventPairs, sitePairs, truncatedBy } = searchRaces(order);
  return {
    potential_races: eventPairs,
    concurrent_events: eventPairs,
    race_details: raceDetails(order, races, new Map()),
    site_pairs: sitePairs,
    complete: truncatedBy === null,
    truncated_by: truncatedBy,
  };
}

import { storedIdOf } from '../../domain/event/event.ts';
import type { AccessType } from '../../domain/event/event-kind.ts';
import type { NamedRaces } from '../../domain/findings/issue.ts';
import type { StateChange, VariableAccesses } from '../accesses/accesses.ts';
import { budgets } from '../budgets.ts';
import type { CausalOrder } from '../order/order.ts';
import { type ScanMeter, scanRaces } from './race-scan.ts';
import type { RaceSearch } from './races.ts';

/** One line of an audit trail. Members are wire names. */
export interface AuditedAccess {
  readonly event_id: string;
  readonly timestamp: string;
  readonly thread_id: string;
  readonly service_name: string;
  readonly access_type: AccessType;
  readonly old_value: unknown;
  readonly new_value: unknown;
  readonly location: string;
  /** The access before this one in the list happens before it; true for the first. */
  readonly has_causal_link_to_previous: boolean;
  /**
   * It races with an access earlier in the list, by the same rule as every other finding, or a witness
   * of an issue names it.
   */
  readonly is_race: boolean;
  /** Fingerprints of the issues whose witnesses name it, best rank first. */
  readonly issues: readonly string[];
}

/**
 * The accesses to each variable of a group, by variable name. Inside a list the order is that of
 * time, except where causality is known to differ.
 *
 * @param all what is shown, where the search left something out
 */
export function auditTrails(
  order: CausalOrder,
  { variables, racing }: RaceSearch,
  named: NamedRaces['byEvent'],
  all: readonly VariableAccesses[] | null = null,
): ReadonlyMap<string, readonly AuditedAccess[]> {
  const meter = { comparisons: budgets.raceComparisons };
  for (const accesses of variables) {
    // The search for pairs of sites ended early here.
    if (!accesses.isWhole) addRacing(order, accesses, racing, meter);
  }
  return new Map(
    (all ?? variables).map((accesses) => [
      accesses.variable,
      auditAccesses(order, accesses, racing, named),
    ]),
  );
}

function addRacing(
  order: CausalOrder,
  accesses: VariableAccesses,
  racing: Uint8Array,
  meter: ScanMeter,
): void {
  scanRaces(order, accesses, meter, ({ later }) => {
    racing[later] = 1;
    return 'access-done';
  });
}

function auditAccesses(
  order: CausalOrder,
  accesses: VariableAccesses,
  racing: Uint8Array,
  named: NamedRaces['byEvent'],
): readonly AuditedAccess[] {
  return accesses.events.map((number, place): AuditedAccess => {
    const event = order.events[number] as StateChange;
    const { timestamp, metadata, payload } = event;
    const id = storedIdOf(event);
    const previous = accesses.events[place - 1];
    const issues = named.get(id) ?? [];
    return {
      event_id: id,
      timestamp,
      thread_id: metadata.thread_id,
      service_name: metadata.service_name,
      access_type: payload.access_type,
      old_value: payload.old_value ?? null,
      new_value: payload.new_value ?? null,
      location: payload.location,
      has_causal_link_to_previous: previous === undefined || order.must.precedes(previous, number),
      is_race: racing[number] === 1 || issues.length > 0,
      issues,
    };
  });
}

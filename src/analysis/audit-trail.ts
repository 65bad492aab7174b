import type { AccessType } from '../domain/event-kind.ts';
import { findAccesses, type StateChange, type VariableAccesses } from './accesses.ts';
import { budgets } from './budgets.ts';
import { findLostUpdates } from './lost-updates.ts';
import type { CausalOrder } from './order.ts';
import { scanRaces } from './race-scan.ts';

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
  /** It races with an access earlier in the list, by the same rule as every other finding. */
  readonly is_race: boolean;
}

/**
 * The accesses to each variable of a group, by variable name. Inside a list the order is that of
 * time, except where causality is known to differ.
 */
export function auditTrails(order: CausalOrder): ReadonlyMap<string, readonly AuditedAccess[]> {
  return new Map(
    findAccesses(order).map((accesses) => [accesses.variable, auditAccesses(order, accesses)]),
  );
}

/** The accesses to one variable; an empty list when there are none. */
export function auditTrail(order: CausalOrder, variable: string): readonly AuditedAccess[] {
  const accesses = findAccesses(order).find((candidate) => candidate.variable === variable);
  return accesses === undefined ? [] : auditAccesses(order, accesses);
}

function auditAccesses(order: CausalOrder, accesses: VariableAccesses): readonly AuditedAccess[] {
  const racing = new Set<number>();
  const meter = { comparisons: budgets.raceComparisons };
  scanRaces(order, accesses, meter, ({ later }) => {
    racing.add(later);
    return 'access-done';
  });
  for (const { second } of findLostUpdates(order, accesses)) racing.add(second);
  return accesses.events.map((number, place): AuditedAccess => {
    const { id, timestamp, metadata, payload } = order.events[number] as StateChange;
    const previous = accesses.events[place - 1];
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
      is_race: racing.has(number),
    };
  });
}

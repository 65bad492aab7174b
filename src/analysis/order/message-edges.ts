import type { TraceEvent } from '../../domain/event/event.ts';
import type { EdgeList } from './edge-list.ts';
import type { EventIndex } from './event-index.ts';
import { Interner } from './interner.ts';
import type { Strand, StrandIndex } from './strands.ts';
import { lastWithCounter } from './strands.ts';

/**
 * Adds a message edge where a causality vector knows more of a foreign component (c, k) than the
 * event before. The edge comes from the last event of c's strand whose counter is at most k. One
 * strand of the trace alone must own c: SDKs start the counter of a `service#instance` anew in
 * every request.
 */
export function addMessageEdges(
  index: EventIndex,
  { strands }: StrandIndex,
  edges: EdgeList,
): void {
  const names = new Interner();
  const owners = componentOwners(strands, names);
  if (owners.size < 2) return;
  for (const strand of strands) {
    const component = strandComponent(strand);
    const own = component === null ? -1 : names.find(component);
    const known = new Map<number, number>();
    for (const event of strand.events) {
      for (const [name, counter] of (index.events[event] as TraceEvent).vector) {
        const foreign = names.find(`${strand.trace} ${name}`);
        if (foreign < 0 || foreign === own) continue;
        if (counter <= (known.get(foreign) ?? 0)) continue;
        known.set(foreign, counter);
        const owner = owners.get(foreign) ?? null;
        if (owner === null || !owner.countsAsComponent) continue;
        const sent = lastWithCounter(owner, counter);
        if (sent >= 0) edges.add(sent, event, 'message', 'high');
      }
    }
  }
}

/** The strand of each component with an instance; null where several strands share it. */
function componentOwners(
  strands: readonly Strand[],
  names: Interner,
): ReadonlyMap<number, Strand | null> {
  const owners = new Map<number, Strand | null>();
  for (const strand of strands) {
    const name = strandComponent(strand);
    if (name === null) continue;
    const component = names.intern(name);
    owners.set(component, owners.has(component) ? null : strand);
  }
  return owners;
}

/** A strand's `service#instance` inside its trace. */
function strandComponent({ trace, service, instance }: Strand): string | null {
  return instance === null ? null : `${trace} ${service}#${instance}`;
}

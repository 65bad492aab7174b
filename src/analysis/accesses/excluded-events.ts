import type { TraceEvent } from '../../domain/event/event.ts';
import { requestOperation } from '../../domain/event/operation.ts';
import { type Exclusion, userAgentOf } from '../../domain/exclusion.ts';
import { edgeSources } from '../order/edge-list.ts';
import type { CausalOrder } from '../order/order.ts';

/** Events that the configuration leaves out of the analysis. */
export interface ExcludedEvents {
  /** By event, 1 for those left out. */
  readonly isExcluded: Uint8Array;
  readonly count: number;
}

/** Edges along which a strand begins what another one is the cause of. */
const CAUSES = ['parent', 'spawn', 'call'].map((source) =>
  edgeSources.indexOf(source as (typeof edgeSources)[number]),
);

/**
 * The events of requests that are left out, with all that these cause: tasks that they spawn, and
 * requests to other services. Of a service that is left out as a whole, what others do for it stays.
 * Null when there is none.
 */
export function excludedEvents(order: CausalOrder, exclusion: Exclusion): ExcludedEvents | null {
  if (exclusion.isEmpty) return null;
  const causes = new Uint8Array(order.strands.length);
  const reached: number[] = [];
  for (const { number, service, events } of order.strands) {
    if (!isRequestExcluded(order, service, events, exclusion)) continue;
    causes[number] = 1;
    reached.push(number);
  }
  if (reached.length > 0) {
    const effects = effectsByStrand(order);
    for (const strand of reached) {
      for (const effect of effects.get(strand) ?? []) {
        if (causes[effect] === 1) continue;
        causes[effect] = 1;
        reached.push(effect);
      }
    }
  }
  const isExcluded = new Uint8Array(order.events.length);
  let count = 0;
  for (const { number, service, events } of order.strands) {
    if (causes[number] === 0 && !exclusion.leavesOutService(service)) continue;
    for (const event of events) isExcluded[event] = 1;
    count += events.length;
  }
  return count === 0 ? null : { isExcluded, count };
}

/** The request that a strand answers is its first; what follows from spans may know its route better. */
function isRequestExcluded(
  order: CausalOrder,
  service: string,
  events: Int32Array,
  exclusion: Exclusion,
): boolean {
  if (!exclusion.asksForRequests) return false;
  let request: TraceEvent | null = null;
  let derivedOperation: string | null = null;
  for (const number of events) {
    const event = order.events[number] as TraceEvent;
    if (request === null && event.kind === 'HttpRequest') request = event;
    derivedOperation ??= event.derived?.operation ?? null;
  }
  const userAgent =
    request?.kind === 'HttpRequest' ? userAgentOf(request.payload.headers, request.otel) : null;
  const operations = derivedOperation === null ? [] : [derivedOperation];
  if (request?.kind === 'HttpRequest') {
    operations.push(requestOperation(request.payload.method, request.payload.url));
  }
  return operations.some((operation) =>
    exclusion.leavesOutRequest(service, { operation, userAgent }),
  );
}

function effectsByStrand({
  edges,
  strandOf,
  placeOf,
}: CausalOrder): ReadonlyMap<number, readonly number[]> {
  const effects = new Map<number, number[]>();
  for (let edge = 0; edge < edges.count; edge += 1) {
    const to = edges.to[edge] as number;
    if (placeOf[to] !== 0 || !CAUSES.includes(edges.sources[edge] as number)) continue;
    const from = strandOf[edges.from[edge] as number] as number;
    const known = effects.get(from);
    if (known === undefined) effects.set(from, [strandOf[to] as number]);
    else known.push(strandOf[to] as number);
  }
  return effects;
}

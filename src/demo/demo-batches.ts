import type { JsonObject } from '../domain/json.ts';
import { openShop } from './shop.ts';
import { Simulation } from './simulation.ts';

/** As many as SDKs send at once, more or less. */
const batchEventsMax = 100;
/** The shop is open no longer than this. */
const shopMsMax = 10_000;

/**
 * The events of an example shop that races, in the batches in which its services would send them.
 *
 * @param endMs when all of it has happened, in milliseconds since 1970
 * @param newId gives a UUID of its own for each call
 */
export function demoBatches(endMs: number, newId: () => string): JsonObject[][] {
  const simulation = new Simulation();
  const events: JsonObject[] = [];
  openShop({
    simulation,
    store: new Map(),
    startMs: endMs - shopMsMax,
    newId,
    record: (event) => events.push(event),
  });
  simulation.run();
  return batched(events);
}

function batched(events: readonly JsonObject[]): JsonObject[][] {
  const batches: JsonObject[][] = [];
  for (let from = 0; from < events.length; from += batchEventsMax) {
    batches.push(events.slice(from, from + batchEventsMax));
  }
  return batches;
}

/** A stored trace that is kept, and what its events took as text when it was pinned. */
export interface PinnedTrace {
  readonly traceId: string;
  readonly bytes: number;
}

/** What is kept because somebody pinned an issue: traces of its witnesses, those of the best first. */
export interface Pin {
  readonly traces: readonly PinnedTrace[];
  /** Traces of its witnesses for which there was no room. */
  readonly leftOut: number;
}

/** How much the pins of a storage may hold together. */
export interface PinRoom {
  readonly traces: number;
  readonly bytes: number;
}

/** Enough for the witnesses of some dozens of races; more would be an archive, which exports are for. */
export const pinRoom: PinRoom = { traces: 100, bytes: 64 * 1024 * 1024 };

/** What a pin has to choose from. */
export interface PinOffer {
  /** The traces of each witness, best first. */
  readonly witnesses: readonly (readonly string[])[];
  /** Those that are stored, with the bytes of their events. */
  readonly sizes: ReadonlyMap<string, number>;
  /** The pins of other issues. */
  readonly others: readonly Pin[];
  readonly room: PinRoom;
}

/** The traces that pins hold, each once. */
export function tracesHeldBy(pins: readonly Pin[]): ReadonlyMap<string, number> {
  return new Map(pins.flatMap(({ traces }) => traces.map((one) => [one.traceId, one.bytes])));
}

/** What pins hold together. */
export function pinTotals(pins: readonly Pin[]): PinRoom {
  const held = tracesHeldBy(pins);
  return { traces: held.size, bytes: [...held.values()].reduce((sum, bytes) => sum + bytes, 0) };
}

/**
 * Pins the traces of witnesses, whole witnesses at a time, as far as there is room; a sentence when there
 * is none for the best of them. What another pin holds takes no room again.
 */
export function pinFor({ witnesses, sizes, others, room }: PinOffer): Pin | string {
  const stored = witnesses.filter((traceIds) => traceIds.every((id) => sizes.has(id)));
  if (stored.length === 0) {
    return 'pinned: no stored trace shows this race, so that there is nothing to keep';
  }
  const held = new Map(tracesHeldBy(others));
  const taken = pinTotals(others);
  const chosen = new Map<string, number>();
  let traces = taken.traces;
  let bytes = taken.bytes;
  for (const traceIds of stored) {
    const added = traceIds.filter((id) => !held.has(id));
    const addedBytes = added.reduce((sum, id) => sum + (sizes.get(id) ?? 0), 0);
    if (traces + added.length > room.traces || bytes + addedBytes > room.bytes) break;
    traces += added.length;
    bytes += addedBytes;
    for (const id of traceIds) {
      const size = held.get(id) ?? sizes.get(id) ?? 0;
      held.set(id, size);
      chosen.set(id, size);
    }
  }
  if (chosen.size === 0) {
    return (
      `pinned: there is no room for the traces of its best witness: ${inWords(room)} may be kept for ` +
      `pins, and ${inWords(taken)} are; unpin another race first, or export these traces`
    );
  }
  return {
    traces: [...chosen].map(([traceId, size]) => ({ traceId, bytes: size })),
    leftOut: new Set(witnesses.flat()).size - chosen.size,
  };
}

/** A pin without traces that are gone; null when nothing is left of it. */
export function pinWithout(pin: Pin, gone: ReadonlySet<string>): Pin | null {
  const traces = pin.traces.filter(({ traceId }) => !gone.has(traceId));
  return traces.length === 0 ? null : { ...pin, traces };
}

function inWords({ traces, bytes }: PinRoom): string {
  return `${traces} traces and ${Math.ceil(bytes / 1024)} KiB`;
}

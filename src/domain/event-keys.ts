import type { TraceEvent } from './event/event.ts';

/** Where some events are stored: 26 bytes each, where the events themselves take thousands. */
export interface EventKeys {
  /** The traces that they are of. */
  readonly traceIds: readonly string[];
  /** By event, the place of its trace in {@link traceIds}. */
  readonly traces: Uint16Array;
  readonly timestampsNs: BigInt64Array;
  /** Sixteen bytes an event. */
  readonly ids: Uint8Array;
}

export interface EventKey {
  readonly traceId: string;
  readonly timestampNs: bigint;
  readonly id: string;
}

const ID_BYTES = 16;

/** @param traceIds of all the events */
export function eventKeys(
  events: readonly Pick<TraceEvent, keyof EventKey>[],
  traceIds: readonly string[],
): EventKeys {
  const placeOf = new Map(traceIds.map((traceId, place) => [traceId, place]));
  const ids = Buffer.alloc(events.length * ID_BYTES);
  const traces = new Uint16Array(events.length);
  const timestampsNs = new BigInt64Array(events.length);
  for (const [place, { traceId, timestampNs, id }] of events.entries()) {
    traces[place] = placeOf.get(traceId) ?? 0;
    timestampsNs[place] = timestampNs;
    ids.write(hexOf(id), place * ID_BYTES, 'hex');
  }
  return { traceIds, traces, timestampsNs, ids: new Uint8Array(ids.buffer) };
}

/** The key of one of the events; null when there are fewer. */
export function keyAt(keys: EventKeys, place: number): EventKey | null {
  const timestampNs = keys.timestampsNs[place];
  const traceId = keys.traceIds[keys.traces[place] ?? -1];
  if (timestampNs === undefined || traceId === undefined) return null;
  return { traceId, timestampNs, id: idAt(keys, place) };
}

/** Places of events among others, by `eventName` of trace and id; those that are not there have none. */
export function placesOf(
  keys: EventKeys,
  wanted: readonly Pick<EventKey, 'traceId' | 'id'>[],
): ReadonlyMap<string, number> {
  const names = new Map(wanted.map((event) => [eventName(event), hexOf(event.id)]));
  const beginnings = new Set(
    [...names.values()].map((hex) => Number.parseInt(hex.slice(0, 8), 16)),
  );
  const found = new Map<string, number>();
  if (names.size === 0) return found;
  const starts = new DataView(keys.ids.buffer, keys.ids.byteOffset, keys.ids.byteLength);
  for (let place = 0; place < keys.traces.length; place += 1) {
    if (!beginnings.has(starts.getUint32(place * ID_BYTES))) continue;
    const traceId = keys.traceIds[keys.traces[place] as number] as string;
    const name = eventName({ traceId, id: idAt(keys, place) });
    if (names.has(name)) found.set(name, place);
  }
  return found;
}

/** Tells events of all traces apart. */
export function eventName({ traceId, id }: Pick<EventKey, 'traceId' | 'id'>): string {
  return `${id} ${traceId}`;
}

/** The last place before an event in the order of its trace, whatever is there. */
export function placeBefore({ timestampNs, id }: EventKey): { timestampNs: bigint; id: string } {
  const number = BigInt(`0x${hexOf(id)}`);
  if (number === 0n) return { timestampNs: timestampNs - 1n, id: uuidOf('f'.repeat(32)) };
  return { timestampNs, id: uuidOf((number - 1n).toString(16).padStart(32, '0')) };
}

function idAt({ ids }: EventKeys, place: number): string {
  const start = place * ID_BYTES;
  return uuidOf(Buffer.from(ids.buffer, ids.byteOffset + start, ID_BYTES).toString('hex'));
}

function hexOf(uuid: string): string {
  return uuid.replaceAll('-', '');
}

function uuidOf(hex: string): string {
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

import { type PinRoom, pinRoom } from '../../../domain/findings/pin.ts';

/** The part of a small memory that pins may hold. */
const PINNED_SHARE = 1 / 4;

/** Traces by their ids, with what they take. */
type Sizes = ReadonlyMap<string, { readonly bytes: number }>;

/** How much the pins of a memory of so many bytes may hold. */
export function pinRoomOf(maxBytes: number): PinRoom {
  return { ...pinRoom, bytes: Math.min(pinRoom.bytes, Math.floor(maxBytes * PINNED_SHARE)) };
}

/** What pinned traces take in memory now. */
export function pinnedBytes(pinned: ReadonlyMap<string, number>, traces: Sizes): number {
  let bytes = 0;
  for (const traceId of pinned.keys()) bytes += traces.get(traceId)?.bytes ?? 0;
  return bytes;
}

/** Pinned traces that stay when there is no room: all, unless they have grown beyond what pins may hold. */
export function keptFromEviction(
  pinned: ReadonlyMap<string, number>,
  traces: Sizes,
  { bytes }: PinRoom,
): ReadonlyMap<string, number> {
  return pinned.size === 0 || pinnedBytes(pinned, traces) > bytes ? new Map() : pinned;
}

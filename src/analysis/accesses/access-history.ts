import { compareCodePoints } from '../../domain/code-points.ts';
import type {
  Footprint,
  FootprintAccess,
  FootprintSignature,
} from '../../domain/findings/footprint.ts';

/**
 * What is known of the order of an access and the one before it: both are of one trace, or of traces
 * that call each other; both hold one lock; the other trace was done with the variable before; or
 * nothing.
 */
export const knownOrders = ['same_trace', 'same_group', 'lock', 'apart', 'none'] as const;
export type KnownOrder = (typeof knownOrders)[number];

/** One access of a variable's history. */
export interface HistoricAccess {
  readonly traceId: string;
  readonly access: FootprintAccess;
  readonly signature: FootprintSignature;
  /** Null: there is none before it. */
  readonly order: KnownOrder | null;
}

interface Placed {
  readonly footprint: Footprint;
  readonly access: FootprintAccess;
  /** Its time; of a trace whose clocks differ that of an earlier access, where this is later. */
  readonly atNs: bigint;
}

/** The accesses of footprints of one variable as one history: by time, each trace in its causal order. */
export function accessHistory(footprints: readonly Footprint[]): HistoricAccess[] {
  const placed = footprints.flatMap(placesOf).sort(comparePlaced);
  return placed.map((one, place) => {
    const before = placed[place - 1];
    return {
      traceId: one.footprint.traceId,
      access: one.access,
      signature: signatureOf(one),
      order: before === undefined ? null : knownOrder(before, one),
    };
  });
}

function placesOf(footprint: Footprint): Placed[] {
  let latestNs = 0n;
  return footprint.accesses.map((access) => {
    const ownNs = BigInt(access.timestampNs);
    if (ownNs > latestNs) latestNs = ownNs;
    return { footprint, access, atNs: latestNs };
  });
}

function comparePlaced(a: Placed, b: Placed): number {
  if (a.atNs !== b.atNs) return a.atNs < b.atNs ? -1 : 1;
  return (
    compareCodePoints(a.footprint.traceId, b.footprint.traceId) || a.access.order - b.access.order
  );
}

function knownOrder(before: Placed, after: Placed): KnownOrder {
  const [a, b] = [before.footprint, after.footprint];
  if (a.traceId === b.traceId) return 'same_trace';
  if (a.group.includes(b.traceId)) return 'same_group';
  if (excludeEachOther(signatureOf(before), signatureOf(after))) return 'lock';
  return BigInt(a.lastNs) < BigInt(b.firstNs) ? 'apart' : 'none';
}

function excludeEachOther(a: FootprintSignature, b: FootprintSignature): boolean {
  return a.crossLocks.some(({ name, mode }) =>
    b.crossLocks.some(
      (other) => other.name === name && (mode === 'exclusive' || other.mode === 'exclusive'),
    ),
  );
}

function signatureOf({ footprint, access }: Placed): FootprintSignature {
  return footprint.signatures[access.signature] as FootprintSignature;
}

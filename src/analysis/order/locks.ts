import type { TraceEvent } from '../../domain/event/event.ts';
import type { EventIndex } from './event-index.ts';
import { Interner } from './interner.ts';
import { isReadLock } from './lock-mode.ts';
import type { Strand, StrandIndex } from './strands.ts';
import type { Topology } from './topology.ts';

/** A lock held by one strand without a break. Inside a group a lock is its name. */
export interface Hold {
  readonly lock: number;
  readonly strand: number;
  readonly exclusive: boolean;
  /** Event from which on the lock is held. */
  readonly from: number;
  /** Event that gave it up; -1 when none did (see {@link end}). */
  readonly released: number;
  /**
   * Place in the topological sequence at which the hold is over. A hold without a release is over
   * when another strand gets the lock in a mode that excludes it, or with its own strand.
   */
  readonly end: number;
}

/** One step of lock order: at `event` a lock is granted, or given up. */
export interface LockStep {
  readonly event: number;
  readonly lock: number;
  readonly exclusive: boolean;
  readonly isGrant: boolean;
}

export interface LockHistory {
  /** Lock names; locks are places in this list. */
  readonly names: readonly string[];
  readonly holds: readonly Hold[];
  /** By place of the event in the topological sequence; at one event grants come first. */
  readonly steps: readonly LockStep[];
}

interface OpenHold {
  readonly number: number;
  count: number;
}

/** Who has one lock now, by strand, earliest first: exclusively, and for reading. */
type Holders = Readonly<Record<'exclusive' | 'read', Map<number, OpenHold>>>;

/**
 * Follows every lock of a group through the topological sequence. Locks are re-entrant; a release
 * by a strand that does not hold the lock takes it from the strand that has held it longest (as
 * with Go's semaphores). Linear.
 */
export function followLocks(
  index: EventIndex,
  strandIndex: StrandIndex,
  topology: Topology,
): LockHistory {
  const names = new Interner();
  const lists: Holders[] = [];
  const holds: { -readonly [Key in keyof Hold]: Hold[Key] }[] = [];
  const steps: LockStep[] = [];
  /** Acquires that hold from their strand's next event on, by strand. */
  const announced = new Map<number, { lock: number; exclusive: boolean }[]>();

  const grant = (event: number, lock: number, exclusive: boolean) => {
    const strand = strandIndex.strandOf[event] as number;
    const holders = (lists[lock] as Holders)[exclusive ? 'exclusive' : 'read'];
    const open = holders.get(strand);
    if (open !== undefined) {
      open.count += 1;
      return;
    }
    holders.set(strand, { number: holds.length, count: 1 });
    holds.push({ lock, strand, exclusive, from: event, released: -1, end: -1 });
    steps.push({ event, lock, exclusive, isGrant: true });
  };
  const release = (event: number, lock: number, exclusive: boolean) => {
    const found = findHolder(
      lists[lock] as Holders,
      strandIndex.strandOf[event] as number,
      exclusive,
    );
    if (found === null) {
      steps.push({ event, lock, exclusive, isGrant: false });
      return;
    }
    const { holders, strand, open } = found;
    open.count -= 1;
    if (open.count > 0) return;
    holders.delete(strand);
    const hold = holds[open.number] as (typeof holds)[number];
    hold.released = event;
    hold.end = topology.positionOf[event] as number;
    steps.push({ event, lock, exclusive: hold.exclusive, isGrant: false });
  };

  for (const number of topology.sequence) {
    const event = index.events[number] as TraceEvent;
    const strand = strandIndex.strandOf[number] as number;
    const due = announced.get(strand);
    if (due !== undefined) {
      announced.delete(strand);
      for (const { lock, exclusive } of due) grant(number, lock, exclusive);
    }
    if (event.kind !== 'LockAcquire' && event.kind !== 'LockRelease') continue;
    const lock = names.intern(event.payload.lock_id);
    if (lock === lists.length) lists.push({ exclusive: new Map(), read: new Map() });
    const exclusive = !isReadLock(event.payload.lock_type);
    if (event.kind === 'LockRelease') release(number, lock, exclusive);
    else if (announcesAcquires(strandIndex.strands[strand] as Strand)) {
      announced.set(strand, [{ lock, exclusive }]);
    } else grant(number, lock, exclusive);
  }
  endLostHolds(strandIndex, topology, holds);
  return { names: names.names, holds, steps };
}

/** The Go and Rust SDKs send the acquire before they wait for the lock, the others when they have it. */
function announcesAcquires({ sdk }: Strand): boolean {
  return sdk === 'go' || sdk === 'rust';
}

function findHolder(
  lists: Holders,
  strand: number,
  exclusive: boolean,
): { holders: Map<number, OpenHold>; strand: number; open: OpenHold } | null {
  const modes = exclusive ? [lists.exclusive, lists.read] : [lists.read, lists.exclusive];
  for (const holders of modes) {
    const open = holders.get(strand);
    if (open !== undefined) return { holders, strand, open };
  }
  for (const holders of modes) {
    for (const [longest, open] of holders) return { holders, strand: longest, open };
  }
  return null;
}

/** Ends the holds that were never released. */
function endLostHolds(
  { strands }: StrandIndex,
  { positionOf }: Topology,
  holds: { -readonly [Key in keyof Hold]: Hold[Key] }[],
): void {
  /** By lock, filled from the last hold to the first: the places of the next grants, by strand. */
  const next = new Map<number, NextGrants>();
  for (const hold of holds.toReversed()) {
    let grants = next.get(hold.lock);
    if (grants === undefined) {
      grants = { any: new NextGrant(), exclusive: new NextGrant() };
      next.set(hold.lock, grants);
    }
    if (hold.end < 0) {
      const events = (strands[hold.strand] as Strand).events;
      const last = positionOf[events[events.length - 1] as number] as number;
      const taken = (hold.exclusive ? grants.any : grants.exclusive).byOther(hold.strand);
      hold.end = Math.min(last + 1, taken);
    }
    const from = positionOf[hold.from] as number;
    grants.any.note(hold.strand, from);
    if (hold.exclusive) grants.exclusive.note(hold.strand, from);
  }
}

interface NextGrants {
  readonly any: NextGrant;
  readonly exclusive: NextGrant;
}

/**
 * The place of the next grant, and of the next grant to another strand than that one. Grants are
 * noted from the last to the first.
 */
class NextGrant {
  #strand = -1;
  #place = Number.POSITIVE_INFINITY;
  #otherPlace = Number.POSITIVE_INFINITY;

  note(strand: number, place: number): void {
    if (strand !== this.#strand) this.#otherPlace = this.#place;
    this.#strand = strand;
    this.#place = place;
  }

  byOther(strand: number): number {
    return strand === this.#strand ? this.#otherPlace : this.#place;
  }
}

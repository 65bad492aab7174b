import { decidingRead, isTracked } from './decisions.ts';
import { type Access, chainsOf, isAtomicUpdate, isWithin, type Visit } from './visits.ts';

/**
 * A write together with what its trace knew of the variable when it made it. On its `check` the trace
 * decided; from its `base` the written value follows. Where another value than the checked one stood
 * there in the end, somebody had written in between, and the trace acted on a `newer` value.
 */
export interface Act {
  readonly write: Access;
  /**
   * The first read since the trace's own write before, or the last one where the same place looked again;
   * null when it wrote without looking.
   */
  readonly check: Access | null;
  /** The access by which the trace last looked: the last read, else the write itself. */
  readonly basis: Access;
  /** The value that the written one follows from; null when nobody knows. */
  readonly base: string | null;
  /** The value that stood there when it was written, where that is another than the one checked. */
  readonly newer: string | null;
  /** The trace went by the checked value although another one stood there already. */
  readonly isBlind: boolean;
  /** It read and wrote in one step, so that nothing could come between these two. */
  readonly isAtomic: boolean;
}

/** Whether the site of a write is known to change numbers by so much where nothing came between. */
export type IsTypicalChange = (write: Access, change: number) => boolean;

/** The acts of a visit: in each process its first write, and every write that follows a read. */
export function actsOf(visit: Visit, isTypical: IsTypicalChange): readonly Act[] {
  const acts: Act[] = [];
  for (const chain of chainsOf(visit)) {
    let reads: Access[] = [];
    let isFirst = true;
    for (const access of chain) {
      if (access.isUse) continue;
      if (!access.writes) {
        reads.push(access);
        isFirst = true;
        continue;
      }
      const isAtomic = isAtomicUpdate(access);
      const known = reads.filter((read) => isBefore(read, access));
      if (isFirst && !isAtomic) acts.push(actOf(access, known, isTypical));
      else if (isFirst && known.length > 0) acts.push(atomicActOf(access, known));
      // What beside this ran on another branch may still be written by.
      reads = reads.filter((read) => !known.includes(read));
      isFirst = reads.length > 0;
    }
  }
  return acts;
}

/**
 * Whether a read surely came before a write of the same trace. Branches that ran beside each other have no
 * order: one has to have ended before.
 */
function isBefore(read: Access, write: Access): boolean {
  const [one, two] = [read.source.statement?.branch, write.source.statement?.branch];
  if (one === undefined || two === undefined || isWithin(two.name, one.name)) return true;
  return BigInt(one.untilNs) <= write.fromNs;
}

/** By how much an act changed a number that it had read just before; null for any other act. */
export function plainChange({ write, check, base, newer }: Act): number | null {
  if (check === null || newer !== null || write.source.oldValue !== base) return null;
  return difference(write.source.newValue, base);
}

function actOf(write: Access, reads: readonly Access[], isTypical: IsTypicalChange): Act {
  const check = decidingRead(write, reads);
  const last = reads.at(-1) ?? null;
  const [known, old] = [last?.source.newValue ?? null, write.source.oldValue];
  const stood = old ?? known;
  const checked = check?.source.newValue ?? null;
  const newer = checked !== null && stood !== null && stood !== checked ? stood : null;
  if (last === null) {
    const nothing = { check: null, newer: null, isBlind: false, isAtomic: false };
    return { write, basis: write, base: old, ...nothing };
  }
  // The code read the newer value itself, or its SDK wrote the old one down without its knowing.
  const isReread = old === null || old === known;
  const isBlind =
    newer !== null && !isReread && (isTracked(write) || goesByRead(write, known, old, isTypical));
  const base = isBlind ? known : stood;
  return { write, check, basis: last, base, newer, isBlind, isAtomic: false };
}

/** A read that decides on a change in one step: the change is right, the decision may not be. */
function atomicActOf(write: Access, reads: readonly Access[]): Act {
  const check = reads[0] ?? null;
  const checked = check?.source.newValue ?? null;
  const { oldValue } = write.source;
  const isNewer = checked !== null && oldValue !== null && oldValue !== checked;
  const newer = isNewer ? oldValue : null;
  return { write, check, basis: write, base: null, newer, isBlind: false, isAtomic: true };
}

/**
 * Whether a number was worked out from what was read and not from what stood there: the change from
 * the one is what such writes change, the change from the other is not; or nothing changed at all.
 */
function goesByRead(
  write: Access,
  read: string | null,
  old: string | null,
  isTypical: IsTypicalChange,
): boolean {
  const fromRead = difference(write.source.newValue, read);
  const fromOld = difference(write.source.newValue, old);
  if (fromRead === null || fromOld === null) return false;
  if (isTypical(write, fromOld)) return false;
  return fromOld === 0 || isTypical(write, fromRead);
}

/** The difference of two JSON numbers; null where one is none. */
function difference(a: string | null, b: string | null): number | null {
  return isNumber(a) && isNumber(b) ? Number(a) - Number(b) : null;
}

/** Whether the JSON text of a value is a number. */
export function isNumber(text: string | null): text is string {
  return text !== null && /^-?\d/.test(text);
}

/** Whether the JSON text of a value says that there is nothing: false, an empty text, list or object. */
export function saysNothingThere(text: string | null): boolean {
  return text === 'false' || text === '""' || text === '[]' || text === '{}';
}

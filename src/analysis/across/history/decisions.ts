import type { FootprintSignature } from '../../../domain/findings/footprint.ts';
import { isWrite } from '../../accesses/accesses.ts';
import type { Window } from './timeline.ts';
import type { Access, Visit } from './visits.ts';

/**
 * The read on which a write was decided: the first one since the trace's own write before. Code that looks
 * again at the same place, and then writes what follows from what it found, decides anew: it waits, or tries
 * once more. An SDK that records each access by itself has one place for all.
 */
export function decidingRead(write: Access, reads: readonly Access[]): Access | null {
  const [first, last] = [reads[0] ?? null, reads.at(-1) ?? null];
  if (first === null || last === null) return null;
  const isSamePlace = first.signature === last.signature && !isTracked(last);
  const { oldValue } = write.source;
  const followsFromLast = oldValue === null || oldValue === last.source.newValue;
  return isSamePlace && followsFromLast ? last : first;
}

export function isTracked({ signature }: Access): boolean {
  return signature.isOldValueTracked;
}

/**
 * The shortest time, as far as the clock tells, in which others may come between the accesses of a site
 * and what its trace knew: of a visit from its first access, of its writes from what decided on the first.
 */
export function surestFor(visit: Visit, signature: FootprintSignature): Window | null {
  const { surest } = visit;
  const again = surest === null || !isWrite(signature) ? null : decidedAgain(visit);
  if (surest === null || again === null) return surest;
  const from = again.ns + again.errorNs;
  return from <= surest[1] ? [from, surest[1]] : null;
}

/** The read on which the first write of a visit was decided, where that is not its first access. */
function decidedAgain({ accesses }: Visit): Access | null {
  const reads: Access[] = [];
  for (const access of accesses) {
    if (access.undone) continue;
    if (!access.writes) {
      reads.push(access);
      continue;
    }
    const check = decidingRead(access, reads);
    return check === reads[0] ? null : check;
  }
  return null;
}

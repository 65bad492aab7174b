import type { Pattern } from '../../domain/findings/finding.ts';
import { type Act, isNumber, saysNothingThere } from './history/acts.ts';
import type { Access } from './history/visits.ts';

/**
 * What two acts are, the later of which was decided without knowing of the other. Numbers that follow
 * from a number carry the update with them; anything else is put there whatever was there before.
 */
export function patternOf(
  act: Act,
  other: Access,
  knowsNewer = (act.newer !== null && !act.isBlind) || act.isAtomic,
  decidedOn = act.check?.source.newValue ?? act.base,
): Pattern {
  const { write, base } = act;
  if (write.visit.variable.endsWith('.exists') && write.isStatement) {
    return act.isAtomic ? 'check_then_act' : 'check_then_insert';
  }
  const [mine, theirs] = [write.source.newValue, other.source.newValue];
  const followsFromBase = isNumber(base) && isNumber(mine);
  if (followsFromBase && !knowsNewer) return 'lost_update';
  const isRepeated = mine !== null && mine === theirs && isSameOperation(write, other);
  // What a statement writes follows from what was read, which nobody knows: a number most likely.
  if (isRepeated && !(write.isStatement && isNumber(mine))) return 'double_submit';
  if (saysNothingThere(decidedOn) || foundNull(act)) return 'check_then_insert';
  return knowsNewer ? 'check_then_act' : 'lost_update';
}

/**
 * Whether the check gave null, the write replaces null, and puts something there that no number follows
 * from: most likely there was nothing. It names what the clock saw, and proves nothing.
 */
function foundNull({ write, check, base }: Act): boolean {
  if (write.isStatement || check === null || base !== null) return false;
  const { newValue } = write.source;
  return check.source.newValue === null && newValue !== null && !isNumber(newValue);
}

function isSameOperation(a: Access, b: Access): boolean {
  const [one, two] = [a.signature, b.signature];
  if (one.service !== two.service) return false;
  if (one.operation === null || two.operation === null) return one.location === two.location;
  return one.operation === two.operation;
}

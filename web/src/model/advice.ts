import type { Issue, Witness } from '../api/types.ts';
import { lockNames, siteOf } from './interleaving.ts';
import { shortPlace } from './words.ts';

/** One way to close a race: what to do, and what that means. */
export interface Advice {
  readonly act: string;
  readonly how: string;
}

/** What the locks of both sides say of how to close a race; the server adds what fits the store. */
export function lockAdvice(issue: Issue, witness: Witness): Advice {
  const [a, b] = [siteOf(issue, witness, 'A'), siteOf(issue, witness, 'B')];
  const [locksOfA, locksOfB] = [lockNames(a), lockNames(b)];
  const common = locksOfA.filter((name) => locksOfB.includes(name));
  if (common.length > 0) {
    return {
      act: `Hold ${common[0]} from the read to the write.`,
      how: 'Both sides take it, but not around the whole of what must not be divided.',
    };
  }
  const held = locksOfA.length > 0 ? locksOfA : locksOfB;
  const bare = locksOfA.length > 0 ? b : a;
  if (held.length > 0 && (locksOfA.length === 0 || locksOfB.length === 0)) {
    return {
      act: `Take ${held[0]} at ${shortPlace(bare.location)} too,`,
      how: 'from before the read to after the write. The other side already does.',
    };
  }
  if (held.length > 0) {
    return {
      act: 'Take the same lock on both sides.',
      how: `Now one holds ${locksOfA.join(', ')} and the other ${locksOfB.join(', ')}.`,
    };
  }
  return { act: 'Take one lock on both sides,', how: 'from before the read to after the write.' };
}

import type { Issue, Witness } from '../api/types.ts';
import { lockNames, siteOf } from './interleaving.ts';
import { shortPlace } from './words.ts';

/** One way to close a race: what to do, and what that means. */
export interface Advice {
  readonly act: string;
  readonly how: string;
}

/** Ways to close a race, likeliest first. They are options: the code knows more than its traces. */
export function adviceFor(issue: Issue, witness: Witness): Advice[] {
  const [a, b] = [siteOf(issue, witness, 'A'), siteOf(issue, witness, 'B')];
  const [locksOfA, locksOfB] = [lockNames(a), lockNames(b)];
  const common = locksOfA.filter((name) => locksOfB.includes(name));
  return [lockAdvice(), ...valueAdvice(issue.pattern)];

  function lockAdvice(): Advice {
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
    return {
      act: 'Take one lock on both sides,',
      how: 'from before the read to after the write.',
    };
  }
}

function valueAdvice(pattern: Issue['pattern']): Advice[] {
  if (pattern === 'lost_update' || pattern === 'write_write') {
    return [
      {
        act: 'Or let the store do it:',
        how: 'a change such as SET x = x + change needs no read, and none can come between.',
      },
      {
        act: 'Or check on writing:',
        how: 'write only if the value is still the one that was read, else start over.',
      },
    ];
  }
  if (pattern === 'check_then_act') {
    return [
      {
        act: 'Or let the act check again:',
        how: 'a change such as SET x = x − 1 WHERE x > 0 does nothing when the check holds no more.',
      },
      {
        act: 'Or lock what is checked:',
        how: 'SELECT … FOR UPDATE keeps others from changing it until the act is done.',
      },
    ];
  }
  if (pattern === 'double_submit' || pattern === 'check_then_insert') {
    return [
      {
        act: 'Or let the store refuse the second:',
        how: 'a unique index, or SET … NX: whoever comes second is told that it is there already.',
      },
      {
        act: 'Or name the request:',
        how: 'a key that the client sends with each attempt, stored with the result, makes a repeat harmless.',
      },
    ];
  }
  if (pattern === 'write_skew') {
    return [
      {
        act: 'Or run both as serializable transactions:',
        how: 'the database then refuses one of them, which starts over.',
      },
      { act: 'Or make them meet:', how: 'let both write one row that stands for the rule.' },
    ];
  }
  return [
    {
      act: 'Or read from one snapshot:',
      how: 'a transaction with repeatable reads sees each value once, as it was committed.',
    },
  ];
}

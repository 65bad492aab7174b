import type { AccessSite } from '../../domain/findings/footprint.ts';
import type { Remedy } from '../../domain/findings/remedy.ts';
import { shortPlace } from '../../domain/short-place.ts';

/**
 * What the locks of two sites say of how to close a race: one that a side holds and the other lacks is
 * the likeliest fault. Null where neither holds any.
 */
export function lockRemedy(one: AccessSite, other: AccessSite): Remedy | null {
  const [ofOne, ofOther] = [one, other].map(({ locks }) => locks.map(({ name }) => name));
  const [first] = ofOne ?? [];
  const [second] = ofOther ?? [];
  const shared = ofOne?.find((name) => ofOther?.includes(name) === true);
  if (shared !== undefined) {
    return advice(
      `Hold ${shared} from the read to the write.`,
      'Both sides take it, but not around the whole of what must not be divided.',
    );
  }
  if (first !== undefined && second !== undefined) {
    return advice(
      'Take the same lock on both sides.',
      `Now one holds ${first}, and the other ${second}.`,
    );
  }
  const held = first ?? second;
  if (held === undefined) return null;
  const bare = first === undefined ? one : other;
  return advice(
    `Take ${held} at ${shortPlace(bare.location)} too.`,
    'From before the read to after the write: the other side already does.',
  );
}

function advice(title: string, text: string): Remedy {
  return { kind: 'same_lock', title, text, example: '' };
}

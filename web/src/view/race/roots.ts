import type { Witness, WitnessView } from '../../api/types.ts';
import { shortId } from '../../model/words.ts';

/** What the two requests are called. */
export interface Roots {
  readonly A: string;
  readonly B: string;
}

/** The operations of a witness's traces; the beginning of an id where there is none. */
export function rootsOf({ events: [a, b] }: Witness, { sides }: WitnessView): Roots {
  // Inside one trace the sides are two of its threads.
  if (a.trace_id === b.trace_id) return { A: a.thread, B: b.thread };
  const [ofA, ofB] = sides.map(({ trace_id: id, root }) => root || `request ${shortId(id)}`);
  return { A: ofA ?? '', B: ofB ?? '' };
}

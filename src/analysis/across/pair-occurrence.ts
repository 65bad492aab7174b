import type { Access } from './history/visits.ts';
import { inSiteOrder, type Occurrence } from './occurrences.ts';
import { asSentence } from './wording.ts';

/** What an occurrence of two accesses says beside who takes part. */
export interface PairFacts
  extends Pick<Occurrence, 'scope' | 'evidence' | 'pattern' | 'provenPairs' | 'overlappingPairs'> {
  readonly anomalyClass?: Occurrence['anomalyClass'];
  readonly isRequestLocal?: boolean;
  readonly check?: Access | null;
  /** Tells what happened; given the two accesses as the issue sorts them. */
  readonly story: (one: Access, two: Access) => string;
}

/** An occurrence of two accesses to one variable. */
export function pairOccurrence(events: readonly [Access, Access], facts: PairFacts): Occurrence {
  const { story, anomalyClass = null, isRequestLocal = false, check = null, ...rest } = facts;
  const [one, two] = inSiteOrder(...events);
  return {
    ...rest,
    anomalyClass,
    isRequestLocal,
    check,
    explanation: asSentence(story(one, two)),
    events: [one, two],
    traces: [one.visit.trace, two.visit.trace],
    variables: [one.visit.place],
  };
}

import type { Access } from './history/visits.ts';
import { actorName, shownValue } from './wording.ts';

/** An act that came too late, the read that it went by, and the write that it did not know of. */
export interface LateAct {
  readonly write: Access;
  readonly check: Access;
  readonly other: Access;
}

/**
 * Says that an update was overwritten.
 *
 * @param first the access of the two that is told first
 */
export function overwrittenSentence({ write, check, other }: LateAct, first: Access): string {
  const { variable } = write.visit;
  const [late, early] = [actorName(write), actorName(other)];
  return first === write
    ? `${late} read ${shownValue(check)} in ${variable}, ${early} wrote ${shownValue(other)} there, ` +
        `and then the first wrote ${shownValue(write)} without knowing: the update of the second is lost.`
    : `${early} wrote ${shownValue(other)} in ${variable}, and ${late}, which had read ` +
        `${shownValue(check)} before that, wrote ${shownValue(write)} without knowing: ` +
        'the update of the first is lost.';
}

/** Says that two put something that they had looked for before, the later one without knowing. */
export function putTwiceSentence({ write, check, other }: LateAct, first: Access): string {
  const { variable } = write.visit;
  const [late, early] = [actorName(write), actorName(other)];
  const found = check.source.newValue === null ? '' : ` and found ${shownValue(check)}`;
  return first === write
    ? `${late} looked at ${variable}${found}, ${early} wrote ${shownValue(other)} there, and then the ` +
        `first wrote ${shownValue(write)} without knowing of it.`
    : `${early} wrote ${shownValue(other)} in ${variable}, and ${late}, which had looked there before ` +
        `that${found}, wrote ${shownValue(write)} without knowing of it.`;
}

/**
 * Says that an act was decided on a value that did not hold any more.
 *
 * @param loss what came of it, over all such acts; may be empty
 * @param first the access of the two that is told first
 */
export function outdatedSentence(act: LateAct, loss: string, first: Access): string {
  const { write, check, other } = act;
  const { variable } = write.visit;
  const [late, early] = [actorName(write), actorName(other)];
  return first === write
    ? `${late} decided on ${shownValue(check)} in ${variable}; when it wrote ${shownValue(write)}, ` +
        `${early} had already written ${shownValue(other)}${loss}.`
    : `${early} had already written ${shownValue(other)} in ${variable} when ${late}, which had ` +
        `decided on ${shownValue(check)}, wrote ${shownValue(write)}${loss}.`;
}

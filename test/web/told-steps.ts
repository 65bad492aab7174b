import { type WitnessStory, witnessStory } from '../../src/analysis/issues/witness-story.ts';
import type { Issue, Witness } from '../../web/src/api/types.ts';
import { type Step, stepsOf } from '../../web/src/model/race/interleaving.ts';

type Told = Pick<Issue, 'pattern'>;

/** What the server reads of the values of a witness. */
export function storyOf({ pattern }: Told, witness: Witness): WitnessStory {
  return witnessStory(pattern, witness);
}

/** The steps of a witness, with what the server reads of their values. */
export function toldSteps(issue: Told, witness: Witness): Step[] {
  return stepsOf(issue, witness, [...storyOf(issue, witness).effects]);
}

/** The serial outcomes of a witness, as the server reads them. */
export function serialOf(issue: Told, witness: Witness) {
  const { serial } = storyOf(issue, witness);
  return serial === null ? null : [...serial];
}

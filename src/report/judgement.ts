import type { Race } from './race.ts';

/**
 * What a race means for a build: `new` fails it, `known` is in the baseline, `weak` is below the
 * evidence that was asked for.
 */
export type Standing = 'new' | 'known' | 'weak';

export interface JudgedRace {
  readonly race: Race;
  readonly standing: Standing;
}

/** Everything that is told of a run, or of a while of a server. */
export interface Judgement {
  readonly judged: readonly JudgedRace[];
  /** The weakest evidence that fails a build. */
  readonly failOn: string;
  /** What keeps "no race" from meaning that there is none; a sentence each. */
  readonly reservations: readonly string[];
}

/** Levels of evidence sort as texts do: E0 to E4. */
export function judge(
  races: readonly Race[],
  failOn: string,
  isKnown: (race: Race) => boolean,
): JudgedRace[] {
  return races.map((race) => {
    if (race.evidence < failOn) return { race, standing: 'weak' };
    return { race, standing: isKnown(race) ? 'known' : 'new' };
  });
}

export function racesThat(standing: Standing, { judged }: Judgement): Race[] {
  return judged.filter((one) => one.standing === standing).map(({ race }) => race);
}

/** One sentence on all of it. */
export function summaryOf(judgement: Judgement): string {
  const [fresh, known, weak] = (['new', 'known', 'weak'] as const).map(
    (standing) => racesThat(standing, judgement).length,
  );
  const rest = [
    ...(known === 0 ? [] : [`${known} in the baseline`]),
    ...(weak === 0 ? [] : [`${weak} with weaker evidence`]),
  ];
  const main = `${fresh === 0 ? 'no new race' : plural(fresh ?? 0, 'new race')} at ${judgement.failOn} or above`;
  return rest.length === 0 ? main : `${main}; ${rest.join(', ')}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

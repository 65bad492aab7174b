import type { WitnessSide, WitnessView } from '../../api/types.ts';
import type { Side, Step } from './interleaving.ts';

/** Something beside the accesses of a race that tells how they came about. */
export interface Moment {
  readonly side: Side;
  /** From the first step of the race. */
  readonly atUs: number;
  readonly kind: 'takes' | 'releases' | 'calls' | 'returns' | 'others';
  /** The lock, the service that is called, or how many others there are. */
  readonly what: string;
  readonly place: string;
  /** Of a call: how far outside the caller is; 1 is next to the service that made the accesses. */
  readonly lane: number;
  /** Of a call or an answer: where it is known from, and how surely; null where nobody told. */
  readonly known: Known | null;
  /** Of others: those that are listed, with their places. */
  readonly listed?: readonly OtherStep[];
}

/** A step that has nothing to do with the race. */
export interface OtherStep {
  readonly name: string;
  readonly place: string;
}

/** Where it is known from that one thing came before another, and how surely. */
export interface Known {
  readonly source: string;
  readonly confidence: string;
}

/** What is known around the accesses of a race. */
export interface RaceScene {
  /** By time; runs of other steps of the service stand for as many as they are. */
  readonly moments: readonly Moment[];
  /** Services that called the one that made the accesses, the nearest first. */
  readonly callers: Readonly<Record<Side, readonly string[]>>;
}

/**
 * Reads the surroundings of a witness, as the server tells them of both sides.
 *
 * @param steps those of the race: what else a side did between them is folded
 */
export function raceScene(
  { sides: [ofA, ofB] }: Pick<WitnessView, 'sides'>,
  steps: readonly Step[] = [],
): RaceScene {
  const moments = [...momentsOf('A', ofA), ...momentsOf('B', ofB)];
  const others = [...othersOf('A', ofA, steps, moments), ...othersOf('B', ofB, steps, moments)];
  return {
    moments: [...moments, ...others].sort((a, b) => a.atUs - b.atUs),
    callers: { A: callersOf(ofA), B: callersOf(ofB) },
  };
}

/** Events that are shown as calls and locks, or at the edge of what is. */
const shownKinds = new Set(['HttpRequest', 'HttpResponse', 'LockAcquire', 'LockRelease']);

/** What a side did between what is shown of both, a moment for each run of it. */
function othersOf(
  side: Side,
  { events }: WitnessSide,
  steps: readonly Step[],
  moments: readonly Moment[],
): Moment[] {
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined) return [];
  const shown = [...steps, ...moments].map(({ atUs }) => atUs).sort((a, b) => a - b);
  const ids = new Set(steps.map(({ source }) => source.event_id));
  const runs = new Map<number, { atUs: number; count: number; listed: OtherStep[] }>();
  for (const { event_id: id, at_us: atUs, kind, name, location, folded } of events) {
    if (atUs < first.atUs || atUs > last.atUs) continue;
    const isStep = ids.has(id);
    const isOther = !isStep && !shownKinds.has(kind);
    // What is folded stands before its event.
    const place = shown.findLastIndex((at) => at < atUs || (at === atUs && !isStep));
    const run = runs.get(place) ?? { atUs, count: 0, listed: [] };
    if (isOther) run.listed.push({ name, place: location });
    run.count += folded + (isOther ? 1 : 0);
    if (run.count > 0) runs.set(place, run);
  }
  return [...runs.values()].map(({ atUs, count, listed }) => {
    const what = String(count);
    return { side, atUs, kind: 'others', what, place: '', lane: 0, known: null, listed };
  });
}

function callersOf({ calls }: WitnessSide): string[] {
  return calls.map(({ caller }) => caller);
}

function momentsOf(side: Side, { calls, locks }: WitnessSide): Moment[] {
  const moments: Moment[] = calls.flatMap(
    ({ callee, name, from_us: fromUs, until_us: untilUs, call, answer }, place) => {
      const shared = { side, what: callee, place: name, lane: place + 1 };
      return [
        { ...shared, kind: 'calls', atUs: fromUs, known: call } as const,
        { ...shared, kind: 'returns', atUs: untilUs, known: answer } as const,
      ];
    },
  );
  for (const { name, location, from_us: fromUs, until_us: untilUs } of locks.slice(0, locksMax)) {
    const lock = { side, what: name, place: location, lane: 0, known: null };
    moments.push({ ...lock, kind: 'takes', atUs: fromUs });
    if (untilUs !== null) moments.push({ ...lock, kind: 'releases', atUs: untilUs });
  }
  return moments;
}

/** Further locks are no picture any more. */
const locksMax = 4;

/** One line of what happened: an access of the race, or something around it. */
export type SceneLine =
  | { readonly step: Step; readonly place: number; readonly moment: null }
  | { readonly moment: Moment; readonly step: null };

/** Steps in their order, each moment before the first step that is later. */
export function sceneLines(steps: readonly Step[], moments: readonly Moment[]): SceneLine[] {
  const lines: SceneLine[] = [];
  let next = 0;
  steps.forEach((step, place) => {
    for (; next < moments.length; next += 1) {
      const moment = moments[next];
      if (moment === undefined || moment.atUs > step.atUs) break;
      lines.push({ moment, step: null });
    }
    lines.push({ step, place, moment: null });
  });
  for (const moment of moments.slice(next)) lines.push({ moment, step: null });
  return lines;
}

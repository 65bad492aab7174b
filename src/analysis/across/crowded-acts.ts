import { excludeEachOther } from '../accesses/lock-sets.ts';
import { patternOf } from './act-patterns.ts';
import { type Act, isNumber } from './history/acts.ts';
import { type Access, areStrangers, type Visit } from './history/visits.ts';
import type { Occurrence } from './occurrences.ts';
import { pairOccurrence } from './pair-occurrence.ts';
import { type Scene, surelyMeet } from './scene.ts';
import { lookOf } from './statement-conflicts.ts';
import { actorName } from './wording.ts';

/** Overlapping visits that are looked at for acts that crowd. */
const LOOKED_AT = 32;
/** So many acts have to be there before what they need one after the other is counted. */
const CROWD_LEAST = 4;
/** A store is not done with a statement before this part of the shortest time is over, nor when only this part is left. */
const SHARE_LEAST = 4n;
/** So many numbers, each one step after the one before, have to show that acts go on counting. */
const COUNTED_LEAST = 3;

/** An act by statements that looked before it wrote. */
interface LookedAct {
  readonly act: Act;
  readonly look: Access;
  /** The latest moment at which the look may have been answered. */
  readonly lookedNs: bigint;
}

/**
 * Acts of a visit that cannot all have known of each other, though no clock tells which of two came first:
 * there was no time for one after the other, or they count, and counted the same twice. Only acts that surely
 * met are held against each other; the one that looked last tells.
 */
export function crowdedActs(scene: Scene): readonly Occurrence[] {
  const { visit, history } = scene;
  if (!visit.isStatement || visit.surest === null) return [];
  const own = lookedActs(history.acts(visit));
  if (own.length === 0) return [];
  const met = [...history.overlapping(visit, LOOKED_AT)].filter((other) => surelyMet(visit, other));
  const others = met.flatMap((other) => lookedActs(history.acts(other)));
  return own.flatMap((act) => {
    const near = others.filter((other) => mayMiss(act, other));
    return [...withoutRoom(scene, act, near), ...countedTwice(scene, act, near)];
  });
}

function lookedActs(acts: readonly Act[]): readonly LookedAct[] {
  return acts.flatMap((act) => {
    const look = lookOf(act);
    return look === null ? [] : [{ act, look, lookedNs: look.ns + look.errorNs }];
  });
}

function surelyMet(one: Visit, two: Visit): boolean {
  if (one.surest === null || two.surest === null || !areStrangers(one.trace, two.trace))
    return false;
  return one.surest[0] <= two.surest[1] && two.surest[0] <= one.surest[1];
}

function mayMiss({ act: { write } }: LookedAct, { act: { write: other } }: LookedAct): boolean {
  const [one, two] = [write.signature, other.signature];
  return one.process === two.process && !excludeEachOther(one.crossLocks, two.crossLocks);
}

/**
 * Of acts one after the other each has to look after the one before it was there to be seen. The last one
 * had looked before so little time had passed since the first one wrote that the rest has no room between.
 */
function withoutRoom(
  scene: Scene,
  own: LookedAct,
  others: readonly LookedAct[],
): readonly Occurrence[] {
  const crowd = others
    .filter((other) => compareLooks(other, own) < 0)
    .sort((a, b) => compareMoments(b.act.write.seenFromNs, a.act.write.seenFromNs));
  crowd.unshift(own);
  let leastNs = timesOf(own);
  let firstNs = own.act.write.seenFromNs;
  for (const [place, member] of crowd.entries()) {
    const { seenFromNs } = member.act.write;
    if (seenFromNs < firstNs) firstNs = seenFromNs;
    leastNs = leastOf(leastNs, timesOf(member));
    const between = BigInt(place - 1);
    const neededNs = (between * (leastNs.look + leastNs.write)) / SHARE_LEAST;
    if (place + 1 < CROWD_LEAST || own.lookedNs - firstNs >= neededNs) continue;
    const other = crowd
      .slice(1, place + 1)
      .sort(compareLooks)
      .at(-1);
    return other === undefined
      ? []
      : occurrenceOf(scene, own.act, other.act, crowdStory(place + 1));
  }
  return [];
}

interface Times {
  readonly look: bigint;
  readonly write: bigint;
}

function timesOf({ look, act: { write } }: LookedAct): Times {
  return { look: look.ns - look.fromNs, write: write.ns - write.fromNs };
}

function leastOf(one: Times, two: Times): Times {
  return {
    look: one.look < two.look ? one.look : two.look,
    write: one.write < two.write ? one.write : two.write,
  };
}

/**
 * Acts that write one number after another count: each goes on from one that was there. Two of them that
 * wrote the same number went on from the same one.
 */
function countedTwice(
  scene: Scene,
  own: LookedAct,
  others: readonly LookedAct[],
): readonly Occurrence[] {
  const value = own.act.write.source.newValue;
  if (!isNumber(value)) return [];
  const counting = [own, ...others].filter((each) => isCounted(own, each));
  const same = counting.filter(
    (each) => each.act.write.source.newValue === value && compareLooks(each, own) < 0,
  );
  const other = same.sort(compareLooks).at(-1);
  if (other === undefined || !isCounting(counting)) return [];
  return occurrenceOf(scene, own.act, other.act, countStory(value));
}

function isCounted({ act: { write: own } }: LookedAct, { act }: LookedAct): boolean {
  return !act.isAtomic && act.write.signature.location === own.signature.location;
}

/** Whether the numbers that acts wrote follow each other by one step, in the order in which they first appear. */
function isCounting(acts: readonly LookedAct[]): boolean {
  const firsts = new Map<number, Access>();
  for (const { write } of acts.map(({ act }) => act)) {
    const value = write.source.newValue;
    if (!isNumber(value)) return false;
    const first = firsts.get(Number(value));
    if (first === undefined || write.fromNs < first.fromNs) firsts.set(Number(value), write);
  }
  const values = [...firsts.keys()].sort((a, b) => a - b);
  const steps = values.slice(1).map((value, place) => value - (values[place] as number));
  if (values.length < COUNTED_LEAST || steps.some((step) => step !== steps[0])) return false;
  const writes = values.map((value) => firsts.get(value) as Access);
  return isInOrder(writes) || isInOrder(writes.reverse());
}

function isInOrder(writes: readonly Access[]): boolean {
  return writes.every((write, place) => {
    const before = writes[place - 1];
    return before === undefined || before.fromNs < write.fromNs + write.errorNs;
  });
}

function occurrenceOf(
  scene: Scene,
  act: Act,
  { write: other }: Act,
  story: (one: Access, two: Access) => string,
): readonly Occurrence[] {
  const scope = surelyMeet(scene, other, act.write);
  if (scope === null) return [];
  return [
    pairOccurrence([other, act.write], {
      scope,
      evidence: 'E2',
      pattern: patternOf(act, other),
      check: act.check,
      provenPairs: 0,
      overlappingPairs: 1,
      story,
    }),
  ];
}

function crowdStory(count: number) {
  return (one: Access, two: Access) =>
    `${actorName(one)} and ${actorName(two)} were among ${count} that read ${one.visit.variable} and ` +
    'then wrote there in less time than they need one after the other: at least one of them did not ' +
    'know of another.';
}

function countStory(value: string) {
  return (one: Access, two: Access) =>
    `${actorName(one)} and ${actorName(two)} were among those that count in ${one.visit.variable}, and ` +
    `both wrote ${value} there: they went on from one value, and one of the two updates is lost.`;
}

/** By the end of the look, then trace id. */
function compareLooks(a: LookedAct, b: LookedAct): number {
  const [one, two] = [a.act.write.visit.trace.traceId, b.act.write.visit.trace.traceId];
  return compareMoments(a.lookedNs, b.lookedNs) || (one < two ? -1 : one > two ? 1 : 0);
}

function compareMoments(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

import type { Witness, WitnessStep } from '../../api/types.ts';
import { microsecondsBetween } from '../time.ts';
import { rowsAround } from '../trace/lines.ts';
import { flag, type Timeline, wordsOf } from '../trace/timeline.ts';
import type { Side, Step } from './interleaving.ts';

/** Something beside the accesses of a race that tells how they came about. */
export interface Moment {
  readonly side: Side;
  /** From the first step of the race. */
  readonly atUs: number;
  readonly kind: 'takes' | 'releases' | 'calls' | 'returns';
  /** The lock, or the service that is called. */
  readonly what: string;
  readonly place: string;
  /** Of a call: how far outside the caller is; 1 is next to the service that made the accesses. */
  readonly lane: number;
  /** Of a call or an answer: where it is known from, and how surely; null where nobody told. */
  readonly known: Known | null;
}

/** Where it is known from that one thing came before another, and how surely. */
export interface Known {
  readonly source: string;
  readonly confidence: string;
}

/** What is known around the accesses of a race. */
export interface RaceScene {
  /** By time. */
  readonly moments: readonly Moment[];
  /** Services that called the one that made the accesses, the nearest first. */
  readonly callers: Readonly<Record<Side, readonly string[]>>;
}

export const emptyScene: RaceScene = { moments: [], callers: { A: [], B: [] } };

/** Further callers, and further locks, are no picture any more. */
const callersMax = 3;
const locksMax = 4;

/** Reads the surroundings of a witness from its two traces; null: one is not known yet, or too long. */
export function raceScene(
  witness: Witness,
  timelines: Readonly<Record<Side, Timeline | null>>,
): RaceScene {
  const origin = witness.steps[0]?.timestamp ?? '';
  const ofA = sideScene(witness, 'A', timelines.A, origin);
  const ofB = sideScene(witness, 'B', timelines.B, origin);
  return {
    moments: [...ofA.moments, ...ofB.moments].sort((a, b) => a.atUs - b.atUs),
    callers: { A: ofA.callers, B: ofB.callers },
  };
}

interface SideScene {
  readonly moments: readonly Moment[];
  readonly callers: readonly string[];
}

function sideScene(
  { steps, events }: Witness,
  side: Side,
  timeline: Timeline | null,
  origin: string,
): SideScene {
  const racing = events[side === 'A' ? 0 : 1];
  const own = steps.filter(({ column }) => (column === 1) === (side === 'A'));
  const row = timeline === null ? -1 : rowOf(timeline, racing);
  if (timeline === null || row < 0) return { moments: [], callers: [] };
  const base = microsecondsBetween(origin, timeline.base) + timeline.startUs;
  const { callers, moments } = callsTo(timeline, row, side, base);
  return { callers, moments: [...moments, ...locksAt(timeline, own, side, base)] };
}

/** The row of an access; -1 where there is none. */
function rowOf(timeline: Timeline, event: Omit<WitnessStep, 'column' | 'variable'>): number {
  const at = microsecondsBetween(timeline.base, event.timestamp) - timeline.startUs;
  let found = -1;
  for (let row = 0; row < timeline.rows; row += 1) {
    // Rows are whole microseconds, and clocks that are told to differ are shifted.
    if (((timeline.flags[row] ?? 0) & (flag.reads | flag.writes)) === 0) continue;
    const { thread, service, place, startUs } = wordsOf(timeline, row);
    if (thread !== event.thread || service !== event.service || place !== event.location) continue;
    const isNearer =
      found < 0 || Math.abs(startUs - at) < Math.abs((timeline.start[found] ?? 0) - at);
    if (isNearer) found = row;
  }
  return found;
}

/** The services around a row, and when each called the next. */
function callsTo(timeline: Timeline, row: number, side: Side, base: number): SideScene {
  const callers: string[] = [];
  const moments: Moment[] = [];
  let inner = wordsOf(timeline, row);
  let within = row;
  for (const above of rowsAround(timeline, row)) {
    const words = wordsOf(timeline, above);
    if ((words.flags & flag.lock) !== 0) continue;
    if (words.service !== inner.service) {
      if (callers.length === callersMax) break;
      callers.push(words.service);
      const call = { side, what: inner.service, place: inner.name, lane: callers.length };
      const known = knownEdges(timeline, within, above);
      moments.push({ ...call, kind: 'calls', atUs: base + inner.startUs, known: known.calls });
      moments.push({
        ...call,
        kind: 'returns',
        atUs: base + inner.startUs + (inner.tookUs ?? 0),
        known: known.returns,
      });
    }
    inner = words;
    within = above;
  }
  return { callers, moments };
}

/** What is known of a call to a row from another service, and of its answer. */
function knownEdges({ edgesTo, service }: Timeline, callee: number, caller: number) {
  const isCaller = (row: number) => service[row] === service[caller];
  const into = edgesTo.get(callee)?.find(({ from }) => isCaller(from));
  const back = [...edgesTo.values()].flat().find(({ from, to }) => from === callee && isCaller(to));
  return { calls: into ?? null, returns: back ?? null };
}

/** Locks that were held at one of the accesses, as long as they were. */
function locksAt(
  timeline: Timeline,
  own: readonly WitnessStep[],
  side: Side,
  base: number,
): Moment[] {
  const times = own.map(
    ({ timestamp }) => microsecondsBetween(timeline.base, timestamp) - timeline.startUs,
  );
  const threads = new Set(own.map(({ thread }) => thread));
  const moments: Moment[] = [];
  for (let row = 0; row < timeline.rows && moments.length < locksMax * 2; row += 1) {
    if (((timeline.flags[row] ?? 0) & flag.lock) === 0) continue;
    const { name, place, thread, startUs, tookUs } = wordsOf(timeline, row);
    const until = tookUs === null ? Number.POSITIVE_INFINITY : startUs + tookUs;
    if (!threads.has(thread) || !times.some((at) => at >= startUs - 1 && at <= until + 1)) continue;
    const lock = { side, what: name, place, lane: 0, known: null };
    moments.push({ ...lock, kind: 'takes', atUs: base + startUs });
    if (tookUs !== null) moments.push({ ...lock, kind: 'releases', atUs: base + until });
  }
  return moments;
}

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

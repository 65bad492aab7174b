import { toldText } from '../value-text.ts';
import type { Side, Step } from './interleaving.ts';
import { type Moment, sceneLines } from './race-scene.ts';

/** A stretch of a variable's life between two writes. */
export interface Segment {
  /** Which of the variables: its place among their names. */
  readonly lane: number;
  readonly top: number;
  readonly bottom: number;
  /** Null: nobody knows what was stored. */
  readonly value: string | null;
  readonly writer: 'A' | 'B' | null;
  readonly isLost: boolean;
}

/** Where everything of the diagram lies; time goes down. */
export interface SpaceTimeLayout {
  readonly height: number;
  /** Of each step. */
  readonly y: readonly number[];
  /** Of each moment around them. */
  readonly momentY: readonly number[];
  /** Stretches in which a lock was held; empty where nobody tells when. */
  readonly held: readonly LockStretch[];
  readonly segments: readonly Segment[];
  /** First and last step of each request; null for one without any. */
  readonly spans: Readonly<
    Record<'A' | 'B', { readonly top: number; readonly bottom: number } | null>
  >;
  /** The bracket between the two accesses that nothing orders; null without both. */
  readonly missing: { readonly a: number; readonly b: number; readonly at: number } | null;
  /** Two reads of one variable by one side, which found different values; null for none. */
  readonly twice: { readonly side: Side; readonly from: number; readonly to: number } | null;
}

/** How long a lock was held. */
export interface LockStretch {
  readonly side: Side;
  readonly lock: string;
  readonly top: number;
  readonly bottom: number;
}

const top = 66;
/** Between what is no access. */
const momentGap = 24;
const gap = 58;
/** On the scale of time two steps are never closer than their labels are high. */
const gapMin = 26;
const after = 34;

/** Lays out the steps of a witness with what is around them: evenly, or as far apart as they were in time. */
export function layOut(
  steps: readonly Step[],
  isToScale: boolean,
  moments: readonly Moment[] = [],
  variables: readonly string[] = [steps[0]?.source.variable ?? ''],
): SpaceTimeLayout {
  const { y, momentY } = placesOf(steps, moments, isToScale);
  const last = Math.max(y.at(-1) ?? top, ...momentY);
  const missing = bracketOf(steps, y, last);
  const height = Math.max(last, missing?.at ?? 0) + after;
  return {
    height,
    y,
    momentY,
    held: heldOf(moments, momentY, last),
    segments: variables.flatMap((variable, lane) =>
      segmentsOf(
        steps.flatMap((step, place) =>
          step.source.variable === variable ? [{ step, at: y[place] ?? top }] : [],
        ),
        lane,
        missing === null ? height - after / 2 : missing.at - 18,
      ),
    ),
    spans: { A: spanOf(steps, y, 'A'), B: spanOf(steps, y, 'B') },
    missing,
    twice: twiceOf(steps, y),
  };
}

/** The two reads of one side that found different values, with a write of the other in between. */
function twiceOf(steps: readonly Step[], y: readonly number[]): SpaceTimeLayout['twice'] {
  for (const side of ['A', 'B'] as const) {
    const own = steps.flatMap((step, place) =>
      step.side === side && step.reads && !step.writes ? [{ step, at: y[place] ?? top }] : [],
    );
    const [first, last] = [own[0], own.at(-1)];
    if (first === undefined || last === undefined || first === last) continue;
    const isOne = first.step.source.variable === last.step.source.variable;
    if (isOne && toldText(first.step.value) !== toldText(last.step.value)) {
      return { side, from: first.at, to: last.at };
    }
  }
  return null;
}

function placesOf(steps: readonly Step[], moments: readonly Moment[], isToScale: boolean) {
  const lines = sceneLines(steps, moments);
  const timeOf = ({ step, moment }: (typeof lines)[number]) => step?.atUs ?? moment?.atUs ?? 0;
  const begin = Math.min(0, ...lines.map(timeOf));
  const total = Math.max(1, ...lines.map(timeOf)) - begin;
  const room = Math.max(1, steps.length - 1) * gap + moments.length * momentGap;
  const y: number[] = [];
  const momentY: number[] = [];
  let before: number | null = null;
  let wasStep = false;
  for (const line of lines) {
    const isStep = line.step !== null;
    const even = isStep && wasStep ? gap : isStep || wasStep ? (gap + momentGap) / 2 : momentGap;
    const least = isStep || wasStep ? gapMin : momentGap;
    const next: number = before === null ? top : before + (isToScale ? least : even);
    before = isToScale ? Math.max(next, top + ((timeOf(line) - begin) / total) * room) : next;
    wasStep = isStep;
    (isStep ? y : momentY).push(before);
  }
  return { y, momentY };
}

/** From where a lock is taken to where the same side gives it back. */
function heldOf(
  moments: readonly Moment[],
  momentY: readonly number[],
  last: number,
): LockStretch[] {
  return moments.flatMap((moment, place) => {
    if (moment.kind !== 'takes') return [];
    const end = moments.findIndex(
      ({ kind, side, what }, at) =>
        at > place && kind === 'releases' && side === moment.side && what === moment.what,
    );
    const { side, what: lock } = moment;
    return [{ side, lock, top: momentY[place] ?? top, bottom: momentY[end] ?? last }];
  });
}

function segmentsOf(
  own: readonly { readonly step: Step; readonly at: number }[],
  lane: number,
  end: number,
): Segment[] {
  const writes = own.filter(({ step }) => step.writes);
  const before = own.find(({ step }) => step.stored !== null)?.step;
  const begin: Segment = {
    lane,
    top: top - 26,
    bottom: writes[0]?.at ?? end,
    value: before?.writes === false && own[0]?.step === before ? before.stored : null,
    writer: null,
    isLost: false,
  };
  const written = writes.map(({ step, at }, place): Segment => {
    const next = writes[place + 1];
    return {
      lane,
      top: at,
      bottom: next?.at ?? end,
      value: step.stored,
      writer: step.side,
      isLost: step.isTakenBack || next?.step.isOverwriting === true,
    };
  });
  return [begin, ...written];
}

function spanOf(steps: readonly Step[], y: readonly number[], side: 'A' | 'B') {
  const own = y.filter((_, place) => steps[place]?.side === side);
  const [first] = own;
  const last = own.at(-1);
  return first === undefined || last === undefined ? null : { top: first - 16, bottom: last + 16 };
}

function bracketOf(steps: readonly Step[], y: readonly number[], last: number) {
  const at = (side: 'A' | 'B') =>
    y[steps.findIndex((step) => step.isRacing && step.side === side)] ?? null;
  const [a, b] = [at('A'), at('B')];
  return a === null || b === null ? null : { a, b, at: last + 40 };
}

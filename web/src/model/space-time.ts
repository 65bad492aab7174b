import type { Step } from './interleaving.ts';

/** A stretch of the variable's life between two writes. */
export interface Segment {
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
  readonly segments: readonly Segment[];
  /** First and last step of each request; null for one without any. */
  readonly spans: Readonly<
    Record<'A' | 'B', { readonly top: number; readonly bottom: number } | null>
  >;
  /** The bracket between the two accesses that nothing orders; null without both. */
  readonly missing: { readonly a: number; readonly b: number; readonly at: number } | null;
}

const top = 66;
const gap = 58;
/** On the scale of time two steps are never closer than their labels are high. */
const gapMin = 26;
const after = 34;

/** Lays out the steps of a witness: evenly, or as far apart as they were in time. */
export function layOut(steps: readonly Step[], isToScale: boolean): SpaceTimeLayout {
  const y = isToScale ? scaled(steps) : steps.map((_, place) => top + place * gap);
  const last = y.at(-1) ?? top;
  const missing = bracketOf(steps, y);
  const height = Math.max(last, missing?.at ?? 0) + after;
  return {
    height,
    y,
    segments: segmentsOf(steps, y, missing === null ? height - after / 2 : missing.at - 18),
    spans: { A: spanOf(steps, y, 'A'), B: spanOf(steps, y, 'B') },
    missing,
  };
}

function scaled(steps: readonly Step[]): number[] {
  const total = Math.max(1, steps.at(-1)?.atUs ?? 0);
  const room = Math.max(1, steps.length - 1) * gap;
  let before = Number.NEGATIVE_INFINITY;
  return steps.map(({ atUs }) => {
    before = Math.max(top + (atUs / total) * room, before + gapMin);
    return before;
  });
}

function segmentsOf(steps: readonly Step[], y: readonly number[], end: number): Segment[] {
  const writes = steps.flatMap((step, place) =>
    step.writes && step.stored !== null ? [{ step, at: y[place] ?? top }] : [],
  );
  const first = steps.find(({ stored }) => stored !== null);
  const begin: Segment = {
    top: top - 26,
    bottom: writes[0]?.at ?? end,
    value: first?.writes === false ? first.stored : null,
    writer: null,
    isLost: false,
  };
  const written = writes.map(({ step, at }, place): Segment => {
    const next = writes[place + 1];
    return {
      top: at,
      bottom: next?.at ?? end,
      value: step.stored,
      writer: step.side,
      isLost: next !== undefined && next.step.lost !== null,
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

function bracketOf(steps: readonly Step[], y: readonly number[]) {
  const at = (side: 'A' | 'B') =>
    y[steps.findIndex((step) => step.isRacing && step.side === side)] ?? null;
  const [a, b] = [at('A'), at('B')];
  return a === null || b === null ? null : { a, b, at: Math.max(...y) + 62 };
}

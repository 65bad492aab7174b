import type { Folding } from '../model/trace/lines.ts';
import type { OtherRequest } from '../model/trace/meanwhile.ts';
import type { Span } from '../model/trace/timeline.ts';

/** Room for what a step took, at the right. */
export const tookWidth = 74;
const indent = 14;
/** Deeper steps are not moved further to the right: their names would be gone. */
const indentsMax = 12;

/** Which part of a timeline is drawn, and how. */
export interface WaterfallView {
  readonly width: number;
  readonly height: number;
  /** What stands on each line, as `linesOf` numbers it. */
  readonly lines: Int32Array;
  readonly lineHeight: number;
  readonly folding: Folding;
  /** What other requests did meanwhile, by their numbers. */
  readonly others: readonly OtherRequest[];
  /** Pixels of lines above the first that is seen. */
  readonly top: number;
  readonly span: Span;
  readonly selected: number;
  /** The row that times are measured from; -1: none. */
  readonly marked: number;
  readonly showsCritical: boolean;
  /** Rows that hold what is looked for. */
  readonly hits: ReadonlySet<number>;
}

/** Where the bars begin. */
export function nameWidth(width: number): number {
  return Math.round(Math.min(340, width * 0.36));
}

/** Where the name of a step begins. */
export function nameStart(depth: number): number {
  return 18 + Math.min(depth, indentsMax) * indent;
}

/** The type of a picture. */
export function font(size: number, isCode = false): string {
  return `${size}px ${isCode ? 'ui-monospace, Menlo, Consolas, monospace' : 'system-ui, sans-serif'}`;
}

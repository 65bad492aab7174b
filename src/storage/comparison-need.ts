/** What the last analysis, and the last comparison, left of a trace. */
export interface LeftOfTrace {
  readonly hasFootprints: boolean;
  /** Findings of the comparison. */
  readonly hasAcrossFindings: boolean;
  readonly hasComparisonCuts: boolean;
}

/**
 * Whether a trace that was just analysed is to be compared with others. They meet on variables alone: one without
 * footprints has nothing to be compared, but for what an earlier comparison left, which another one takes
 * back. Those that met it where it was before are marked for their own sake (src/storage/left-places.ts).
 */
export function isToCompare(left: LeftOfTrace): boolean {
  return left.hasFootprints || left.hasAcrossFindings || left.hasComparisonCuts;
}

import { z } from 'zod';
import type { DerivedStore } from '../storage/derived.ts';
import { httpLimits } from './limits.ts';

/** Whether what is told of findings is whole, and what budgets kept out of it. */
export const completeness = {
  complete: z
    .boolean()
    .describe(
      'Whether the analyses of all stored traces are whole, those that the filters leave out too. A ' +
        'trace with too many accesses to one variable is named in `cut`, and leaves the rest whole.',
    ),
  truncated_by: z
    .string()
    .nullable()
    .describe('Name of the limit when not; of several the first by name.'),
  cut: z
    .array(
      z.object({
        trace_id: z.string(),
        variable: z.string().nullable().describe('Null where any variable may be less than whole.'),
        limit: z.string(),
      }),
    )
    .readonly()
    .describe('What limits kept out of analyses: the first twenty, by trace.'),
  cut_count: z.int().describe('All cuts, listed or not.'),
};

const completenessSchema = z.object(completeness);

/** {@link completeness} of what is stored now. */
export async function readCompleteness(
  derived: DerivedStore,
): Promise<z.infer<typeof completenessSchema>> {
  const { cuts, count, truncatedBy } = await derived.cuts(httpLimits.cutsShownMax);
  return {
    complete: truncatedBy === null,
    truncated_by: truncatedBy,
    cut: cuts.map(({ traceId, variable, limit }) => ({ trace_id: traceId, variable, limit })),
    cut_count: count,
  };
}

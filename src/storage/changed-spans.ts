import type { TraceRecord } from '../domain/trace/trace-record.ts';
import type { ChangedSpan } from './derived.ts';

/** The spans that a trace has, and those it looks for in others. */
type Spans = Pick<TraceRecord, 'ownSpans' | 'missingSpans'>;

/** What is said of the spans of a trace that left nothing yet, or nothing any more. */
export const noSpans: Spans = { ownSpans: [], missingSpans: [] };

/** The spans that a trace has, or looks for, since now or no more: those it has first, each by span id. */
export function changedSpans(traceId: string, before: Spans, after: Spans): readonly ChangedSpan[] {
  const changed = (old: readonly string[], young: readonly string[], isMissing: boolean) => {
    const [known, kept] = [new Set(old), new Set(young)];
    const differing = [
      ...old.filter((spanId) => !kept.has(spanId)),
      ...young.filter((spanId) => !known.has(spanId)),
    ];
    return differing.sort().map((spanId) => ({ traceId, spanId, isMissing }));
  };
  return [
    ...changed(before.ownSpans, after.ownSpans, false),
    ...changed(before.missingSpans, after.missingSpans, true),
  ];
}

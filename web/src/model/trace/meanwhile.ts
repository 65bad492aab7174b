import type { Meanwhile } from '../../api/types.ts';
import { microsecondsBetween } from '../time.ts';
import { accessWords } from '../value-text.ts';
import type { Timeline } from './timeline.ts';

/** What another request did to a variable of a trace while that ran. */
export interface OtherRequest {
  /** The row of the trace that it stands below. */
  readonly row: number;
  readonly variable: string;
  readonly traceId: string;
  readonly name: string;
  readonly place: string;
  readonly fingerprints: readonly string[];
  readonly marks: readonly OtherMark[];
}

/** One of its accesses. */
export interface OtherMark {
  /** On the scale of the timeline. */
  readonly atUs: number;
  readonly writes: boolean;
  readonly text: string;
  readonly isUndone: boolean;
}

/** Reads what the server tells of others, by the rows that they stand below. */
export function readMeanwhile(
  wire: Meanwhile,
  timeline: Pick<Timeline, 'rows' | 'base' | 'startUs'>,
): OtherRequest[] {
  return wire.others
    .filter(({ row }) => row < timeline.rows)
    .map(({ row, variable, trace_id: traceId, service, operation, races, accesses }) => ({
      ...{ row, variable, traceId },
      name: operation ?? service,
      place: accesses.at(-1)?.location ?? '',
      fingerprints: races,
      marks: accesses.map((access) => {
        const writes = /Write|RMW/.test(access.access_type);
        return {
          atUs: microsecondsBetween(timeline.base, access.timestamp) - timeline.startUs,
          writes,
          text: accessWords(writes, access.new_value, 60),
          isUndone: access.undone,
        };
      }),
    }));
}

/** What they did, as a person says it. */
export function otherText({ marks }: OtherRequest): string {
  return marks.map(({ text, isUndone }) => (isUndone ? `${text} (undone)` : text)).join(', ');
}
